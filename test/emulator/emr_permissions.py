"""EMR Serverless: permissions of a job run for its image and for the key that encrypts its logs, and its capacity."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.emrserverless.responses import EMRServerlessResponse

from test.emulator import access
from test.emulator.access import AccessDeniedError, Principal
from test.emulator.iam import require_permission
from test.emulator.patching import ServicePatches
from test.emulator.processes import CannotStartError

PATCHES = ServicePatches("emr_permissions")

Settings = Mapping[str, Any]

_SERVICE = "emr-serverless.amazonaws.com"
_PULL = ("ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer")
_USE_KEY = ("kms:GenerateDataKey", "kms:Decrypt")
_DEFAULT_CORES, _DEFAULT_MEMORY_GB = 4, 14.0
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html#spark-defaults"""


@PATCHES.replace(EMRServerlessResponse, "start_job_run", "1e60954d3ab4")
def _start_job_run(stock: Callable[..., ActionResult], self: EMRServerlessResponse) -> ActionResult:
    """Rejects a job run if its caller may not use the key that encrypts the logs.

    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-log-encryption.html
    """
    overrides = self._get_param("configurationOverrides") or {}
    for key in _keys(overrides.get("monitoringConfiguration") or {}):
        for action in _USE_KEY:
            require_permission(self, action, key)
    return stock(self)


def check_image(image: str, application_arn: str) -> None:
    """Checks that the policy of the image's repository allows EMR Serverless to pull the image.

    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/application-custom-image.html

    Raises:
        CannotStartError: It does not.
    """
    parts = re.fullmatch(r"(\d{12})\.dkr\.ecr\.([\w-]+)\.amazonaws\.com/([^:@]+).*", image)
    if parts:
        repository = f"arn:aws:ecr:{parts[2]}:{parts[1]}:repository/{parts[3]}"
        _require(Principal.service(_SERVICE, application_arn), _PULL, repository)


def check_log_keys(role_arn: str, log_group_arn: str, monitoring: Settings) -> None:
    """Checks that the role of a job run may use the keys that encrypt its logs.

    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-log-encryption.html

    Raises:
        CannotStartError: It may not.
    """
    role = Principal.role(role_arn)
    if _key(monitoring.get("cloudWatchLoggingConfiguration")):
        _require(role, ("logs:AssociateKmsKey",), log_group_arn)
    for destination in ("s3MonitoringConfiguration", "managedPersistenceMonitoringConfiguration"):
        key = _key(monitoring.get(destination))
        if key:
            _require(role, _USE_KEY, key)


def check_capacity(maximum: Settings | None, properties: Mapping[str, str]) -> None:
    """Checks that the driver fits into the application's maximum capacity.

    https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/troubleshooting.html

    Raises:
        CannotStartError: It does not.
    """
    if not maximum:
        return
    cores = int(properties.get("spark.driver.cores", _DEFAULT_CORES))
    memory = _gigabytes(properties.get("spark.driver.memory"))
    if cores > _number(maximum["cpu"]) or memory > _number(maximum["memory"]):
        raise CannotStartError("Job failed as the application has exceeded maximumCapacity settings.")


def _require(principal: Principal, actions: tuple[str, ...], resource: str) -> None:
    try:
        for action in actions:
            access.require(principal, action, resource)
    except AccessDeniedError as error:
        raise CannotStartError(str(error)) from error


def _keys(monitoring: Settings) -> Iterator[str]:
    return (key for settings in monitoring.values() if (key := _key(settings)))


def _key(settings: Any) -> str | None:
    return settings.get("encryptionKeyArn") if isinstance(settings, dict) else None


def _number(text: str) -> float:
    return float(text.split()[0].lower().removesuffix("vcpu").removesuffix("gb"))


def _gigabytes(memory: str | None) -> float:
    """Returns the size of a Spark property such as `4g` or `4096m`."""
    if memory is None:
        return _DEFAULT_MEMORY_GB
    number, unit = float(memory[:-1]), memory[-1].lower()
    return number / 1024 if unit == "m" else number
