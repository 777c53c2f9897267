"""EMR Serverless applications: their configuration and tags, and what each state permits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.emrserverless import urls
from moto.emrserverless.exceptions import ResourceNotFoundException, ValidationException
from moto.emrserverless.models import Application, EMRServerlessBackend
from moto.emrserverless.responses import EMRServerlessResponse

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("emr_applications")

_CONFIGURED = {
    "architecture": "architecture",
    "imageConfiguration": "image_configuration",
    "interactiveConfiguration": "interactive_configuration",
    "maximumCapacity": "maximum_capacity",
    "monitoringConfiguration": "monitoring_configuration",
    "releaseLabel": "release_label",
    "runtimeConfiguration": "runtime_configuration",
    "schedulerConfiguration": "scheduler_configuration",
}
"""Parameters of CreateApplication and UpdateApplication, and the attributes that hold them."""

_CONFIGURED_WHILE_STARTED = {
    "schedulerConfiguration": "schedulerConfiguration.maxConcurrentRuns",
    "extendedSupportConfiguration": "extendedSupportConfiguration",
    "imageConfiguration": "imageConfiguration",
    "workerTypeSpecifications": "workerTypeSpecifications.imageConfiguration",
    "maximumCapacity": "maximumCapacity",
}

_ENDED = ("SUCCESS", "FAILED", "CANCELLED")

_RELEASE = r"emr-(spark-)?\d+\.\d+\.\d+(-(latest|\d{8}))?"
_RELEASE_SUPPORTED_BY_MOTO = "emr-7.0.0"


@PATCHES.on_start
def _serve_tags() -> None:
    urls.url_paths["{0}/tags/(?P<resourceArn>.+)$"] = EMRServerlessResponse.dispatch


@PATCHES.replace(EMRServerlessBackend, "create_application", "bff8e3c3f8d2")
def _create_application(
    stock: Callable[..., Application],
    self: EMRServerlessBackend,
    name: str,
    release_label: str,
    application_type: str,
    *arguments: Any,
    **named: Any,
) -> Application:
    """Accepts the type in any letter case.

    https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_CreateApplication.html
    """
    if not re.fullmatch(_RELEASE, release_label):
        raise ValidationException(f"Release label '{release_label}' does not exist")
    application = stock(self, name, _RELEASE_SUPPORTED_BY_MOTO, application_type.upper(), *arguments, **named)
    application.state = "CREATED"
    return application


@PATCHES.replace(EMRServerlessResponse, "create_application", "0ba15473b6bc")
def _configure_new(stock: Callable[..., ActionResult], self: EMRServerlessResponse) -> ActionResult:
    answer = stock(self)
    application = self.emrserverless_backend.get_application(answer.result["applicationId"])
    _configure(application, {"architecture": "X86_64", **self.params})
    return answer


@PATCHES.replace(EMRServerlessResponse, "update_application", "4ab0cd65ed3b")
def _configure_existing(stock: Callable[..., ActionResult], self: EMRServerlessResponse) -> ActionResult:
    application = self.emrserverless_backend.get_application(self._get_param("applicationId"))
    if application.state == "STARTED":
        _update_started(application, self.params)
        return ActionResult({"application": application})
    stock(self)
    _configure(application, self.params)
    return ActionResult({"application": application})


def _update_started(application: Application, given: Mapping[str, Any]) -> None:
    """https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/updating-running-applications.html.

    The message is reported in https://github.com/hashicorp/terraform-provider-aws/issues/49109.
    """
    changed = {name for name in given if name not in ("applicationId", "clientToken")}
    changes_image = "imageConfiguration" in changed and application.initial_capacity
    if changes_image or not changed <= _CONFIGURED_WHILE_STARTED.keys():
        raise ValidationException(
            "Only the following configurations can be updated when an application is in STARTED state: "
            f"{', '.join(_CONFIGURED_WHILE_STARTED.values())}."
        )
    _configure(application, given)


@PATCHES.replace(EMRServerlessBackend, "stop_application", "38bab4469a2a")
def _stop_application(stock: Callable[..., None], self: EMRServerlessBackend, application_id: str) -> None:
    """https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_StopApplication.html."""
    if any(run.state not in _ENDED for run in self.job_runs.get(application_id, [])):
        raise ValidationException(
            "All scheduled and running jobs must be completed or cancelled before stopping an application."
        )
    stock(self, application_id)


@PATCHES.add(EMRServerlessResponse, "tag_resource")
def _tag_resource(self: EMRServerlessResponse) -> ActionResult:
    _tags(self).update(self._get_param("tags"))
    return EmptyResult()


@PATCHES.add(EMRServerlessResponse, "untag_resource")
def _untag_resource(self: EMRServerlessResponse) -> ActionResult:
    for key in self._get_param("tagKeys"):
        _tags(self).pop(key, None)
    return EmptyResult()


@PATCHES.add(EMRServerlessResponse, "list_tags_for_resource")
def _list_tags_for_resource(self: EMRServerlessResponse) -> ActionResult:
    return ActionResult({"tags": _tags(self)})


def _configure(application: Application, given: Mapping[str, Any]) -> None:
    for parameter, attribute in _CONFIGURED.items():
        if given.get(parameter) is not None:
            setattr(application, attribute, given[parameter])


def _tags(request: EMRServerlessResponse) -> dict[str, str]:
    arn = request._get_param("resourceArn")
    backend = request.emrserverless_backend
    runs = [run for runs in backend.job_runs.values() for run in runs]
    for resource in (*backend.applications.values(), *runs):
        if resource.arn == arn:
            resource.tags = resource.tags if resource.tags is not None else {}
            return resource.tags
    raise ResourceNotFoundException(arn)
