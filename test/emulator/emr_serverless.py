"""EMR Serverless: a job run is a local process with the driver's environment and the job role's credentials.

Releases with the locally installed Spark version run spark-submit; for others, only the driver runs, as a Python
program.
"""

from __future__ import annotations

import gzip
import re
import shlex
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from moto.core.utils import utcnow
from moto.emrserverless.models import Application, EMRServerlessBackend, JobRun

from test.emulator import events
from test.emulator.access import RoleNotAssumableError, ServiceRole
from test.emulator.clients import client
from test.emulator.emr_permissions import check_capacity, check_image, check_log_keys
from test.emulator.logs import LogStream
from test.emulator.patching import ServicePatches
from test.emulator.processes import (
    CannotStartError,
    Image,
    LocalProcess,
    container_environment,
    image_of,
    in_background,
    scratch_folder,
)
from test.emulator.spark_submit import RELEASE, spark_command, spark_environment

PATCHES = ServicePatches("emr_serverless")

_DRIVER_VARIABLE = "spark.emr-serverless.driverEnv."
_DEFAULT_LOG_GROUP = "/aws/emr-serverless"
_SECONDS_TO_STOP = 30
_FAILURE = "Job failed, please check complete logs in configured logging destination."
_ENDED = ("SUCCESS", "FAILED", "CANCELLED")
_EXCEPTION = re.compile(r"[\w.$]+(Error|Exception)\b")
_runs: dict[str, Run] = {}


@PATCHES.replace(EMRServerlessBackend, "start_job_run", "77a21b1a16d2")
def _start_job_run(stock: Callable[..., Any], self: EMRServerlessBackend, *arguments: Any, **named: Any) -> Any:
    job = stock(self, *arguments, **named)
    application = self.get_application(job.application_id)
    application.state = "STARTED"
    run = _runs[job.id] = Run(self, application, job)
    in_background(run.run)
    return job


@PATCHES.replace(EMRServerlessBackend, "cancel_job_run", "48f3ee0bc4c6")
def _cancel_job_run(_: Any, self: EMRServerlessBackend, application_id: str, job_run_id: str) -> tuple[str, str]:
    self.get_job_run(application_id, job_run_id)
    _runs[job_run_id].cancel()
    return application_id, job_run_id


@PATCHES.replace(EMRServerlessBackend, "list_job_runs", "ca50e7231f7d")
def _list_job_runs(stock: Callable[..., Any], self: EMRServerlessBackend, application_id: str, **named: Any) -> Any:
    self.get_application(application_id)
    return stock(self, application_id, **named) if application_id in self.job_runs else []


@PATCHES.on_reset
def _clear() -> None:
    _runs.clear()


class Run:
    """The lifecycle of one job run, from SUBMITTED to SUCCESS, FAILED or CANCELLED."""

    def __init__(self, backend: EMRServerlessBackend, application: Application, job: JobRun) -> None:
        self._job: Any = job
        self._application: Any = application
        self._account, self._region = backend.account_id, backend.region_name
        self._process: LocalProcess | None = None
        self._lines: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self._lock = threading.Lock()
        job.created_at = job.updated_at = utcnow()
        job.state = ""
        self._change("SUBMITTED")

    def run(self) -> None:
        """Starts the driver, waits until it exits, uploads its logs and reports the state."""
        for state in ("PENDING", "SCHEDULED"):
            with self._lock:
                if self._job.state != "CANCELLING":
                    self._change(state)
        try:
            with self._lock:
                if self._job.state == "CANCELLING":
                    self._change("CANCELLED", "Job run was cancelled.")
                    return
                self._process = self._start()
                self._change("RUNNING")
        except CannotStartError as error:
            self._change("FAILED", f"{_FAILURE} {error}")
        else:
            self._end(self._process)

    def cancel(self) -> None:
        """Sends SIGTERM now, and SIGKILL after a grace period; does nothing if the run has ended."""
        with self._lock:
            if self._job.state in _ENDED:
                return
            self._change("CANCELLING")
            if self._process:
                self._process.stop(_SECONDS_TO_STOP)

    def _end(self, process: LocalProcess) -> None:
        try:
            code = process.wait(self._job.execution_timeout_minutes * 60)
        except TimeoutError:
            code = None
        self._ship_to_s3()
        self._job.total_execution_duration_seconds = int((utcnow() - self._job.created_at).total_seconds())
        with self._lock:
            cancelled = self._job.state == "CANCELLING"
        if cancelled:
            self._change("CANCELLED", "Job run was cancelled.")
        elif code is None:
            self._change("FAILED", f"Job run exceeded its timeout of {self._job.execution_timeout_minutes} minutes.")
        elif code == 0:
            self._change("SUCCESS", "")
        else:
            self._change("FAILED", f"{_FAILURE} ExitCode: {code}. Last few exceptions: {self._last_exception()}")

    def _last_exception(self) -> str:
        # spark-submit redirects Python's stderr to its own stdout.
        # https://github.com/apache/spark/blob/v4.0.2/core/src/main/scala/org/apache/spark/deploy/PythonRunner.scala
        lines = [line for name in ("stdout", "stderr") for line in self._lines[name] if line]
        return next((line for line in reversed(lines) if _EXCEPTION.match(line)), lines[-1] if lines else "")

    def _start(self) -> LocalProcess:
        submit = self._job.job_driver["sparkSubmit"]
        properties = {**self._defaults(), **_properties(submit.get("sparkSubmitParameters") or "")}
        check_capacity(getattr(self._application, "maximum_capacity", None), properties)
        check_log_keys(self._job.execution_role_arn, self._log_group_arn(), self._monitoring())
        image = self._image()
        program = _entry_point(submit["entryPoint"], image, self._s3())
        has_spark = self._job.release_label.startswith(RELEASE)
        environment = {
            **container_environment(self._role(), self._job.id, self._region),
            **image.environment,
            **(spark_environment() if has_spark else {}),
            **driver_environment(properties),
        }
        log = self._log()

        def on_line(name: str, line: str) -> None:
            self._lines[name].append(line)
            if name in log:
                log[name].write(line)

        python = ["python3", str(program), *submit.get("entryPointArguments", [])]
        command = spark_command(program, submit, self._defaults()) if has_spark else python
        return LocalProcess(command, environment, image.folder, on_line)

    def _role(self) -> ServiceRole:
        return ServiceRole(self._job.execution_role_arn, "emr-serverless.amazonaws.com", self._application.arn)

    def _s3(self) -> Any:
        """Returns a client with the job's role.

        https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/security-iam-troubleshoot.html
        """
        try:
            return client("s3", self._region, self._role())
        except RoleNotAssumableError as error:
            raise CannotStartError(
                f"Could not assume runtime role {self._job.execution_role_arn} because it does not exist or is not "
                "set up with the required trust relationship."
            ) from error

    def _image(self) -> Image:
        reference = (getattr(self._application, "image_configuration", None) or {}).get("imageUri")
        if reference:
            check_image(reference, self._application.arn)
        return image_of(reference) if reference else Image(scratch_folder())

    def _log_group_arn(self) -> str:
        settings = self._monitoring().get("cloudWatchLoggingConfiguration") or {}
        group = settings.get("logGroupName") or _DEFAULT_LOG_GROUP
        return f"arn:aws:logs:{self._region}:{self._account}:log-group:{group}:*"

    def _log(self) -> dict[str, LogStream]:
        """Log streams of the driver: https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html."""
        settings = self._monitoring().get("cloudWatchLoggingConfiguration") or {}
        if not settings.get("enabled"):
            return {}
        wanted = (settings.get("logTypes") or {}).get("SPARK_DRIVER", ["STDOUT", "STDERR"])
        group = settings.get("logGroupName") or _DEFAULT_LOG_GROUP
        prefix = settings.get("logStreamNamePrefix")
        folder = "/".join(part for part in (prefix, self._folder()) if part)
        names = [name.lower() for name in wanted]
        return {name: LogStream(self._account, self._region, group, f"{folder}/{name}", True) for name in names}

    def _ship_to_s3(self) -> None:
        uri = (self._monitoring().get("s3MonitoringConfiguration") or {}).get("logUri")
        if not uri:
            return
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        for name, lines in self._lines.items():
            key = "/".join(part for part in (prefix.strip("/"), self._folder(), f"{name}.gz") if part)
            body = gzip.compress("".join(f"{line}\n" for line in lines).encode())
            self._s3().put_object(Bucket=bucket, Key=key, Body=body)

    def _defaults(self) -> dict[str, str]:
        configured = (self._job.configuration_overrides or {}).get("applicationConfiguration") or []
        return {
            name: value
            for each in configured
            if each["classification"] == "spark-defaults"
            for name, value in each.get("properties", {}).items()
        }

    def _folder(self) -> str:
        return f"applications/{self._job.application_id}/jobs/{self._job.id}/SPARK_DRIVER"

    def _monitoring(self) -> dict[str, Any]:
        configured: dict[str, Any] = (self._job.configuration_overrides or {}).get("monitoringConfiguration") or {}
        return configured

    def _change(self, state: str, details: str | None = None) -> None:
        before, self._job.state = self._job.state, state
        self._job.state_details = details
        self._job.updated_at = utcnow()
        events.emit(
            (self._account, self._region),
            "aws.emr-serverless",
            "EMR Serverless Job Run State Change",
            [self._job.arn],
            {
                "jobRunId": self._job.id,
                "jobRunName": self._job.name,
                "applicationId": self._job.application_id,
                "arn": self._job.arn,
                "releaseLabel": self._job.release_label,
                "state": state,
                "previousState": before or None,
                "createdBy": self._job.execution_role_arn,
                "createdAt": events.iso(self._job.created_at),
                "updatedAt": events.iso(self._job.updated_at),
                "stateDetails": details,
            },
        )


def driver_environment(properties: Mapping[str, str]) -> dict[str, str]:
    """Returns the environment variables that Spark properties set for the driver."""
    return {
        name.removeprefix(_DRIVER_VARIABLE): value
        for name, value in properties.items()
        if name.startswith(_DRIVER_VARIABLE)
    }


def _properties(parameters: str) -> dict[str, str]:
    words = shlex.split(parameters)
    given = [words[index + 1] for index, word in enumerate(words[:-1]) if word in ("--conf", "-c")]
    given += [word.removeprefix("--conf=") for word in words if word.startswith("--conf=")]
    return {name: value for name, _, value in (text.partition("=") for text in given)}


def _entry_point(uri: str, image: Image, s3: Any) -> Path:
    if uri.startswith("s3://"):
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        program = scratch_folder() / Path(key).name
        try:
            program.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except s3.exceptions.ClientError as error:
            raise CannotStartError(f"Cannot read the entry point {uri}: {error}") from error
        return program
    name = uri.removeprefix("local://")
    parts = Path(name).parts
    inside = [image.folder.joinpath(*parts[skipped:]) for skipped in range(1, len(parts))]
    inside += [folder.joinpath(*parts[1:]) for folder in image.folder.parents]
    found = next((path for path in inside if path.is_file()), None)
    if found is None:
        raise CannotStartError(f"The entry point {uri} is not in {image.folder}")
    return found
