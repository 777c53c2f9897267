"""Glue jobs: a run is spark-submit of the job's script, with the credentials of the job's role; moto's runs succeed.

Driver and executors are one process of Spark 3.5, and PyPI's packages are those of its environment.
"""

from __future__ import annotations

import json
import os
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.models import FakeJob, FakeJobRun
from moto.glue.responses import GlueResponse
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_glue
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import ResourceCondition
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_glue import (
    StateTaskServiceGlue,
)

from datalake_sdk.spark_engine.settings import packages
from datalake_sdk.spark_engine.versions import SPARK_3_5
from test.emulator import access, events
from test.emulator.access import AccessDeniedError, Principal, RoleNotAssumableError, ServiceRole
from test.emulator.clients import client
from test.emulator.logs import LogStream
from test.emulator.patching import ServicePatches
from test.emulator.processes import (
    CannotStartError,
    LocalProcess,
    container_environment,
    in_background,
    scratch_folder,
)
from test.emulator.spark_submit import LOCAL_SETTINGS, java_environment
from test.spark_3_5 import python_with_spark_3_5

PATCHES = ServicePatches("glue_jobs")

_SERVICE = "glue.amazonaws.com"
_DEFAULT_LOG_GROUP = "/aws-glue/jobs"
_SPARK_3_5 = re.compile(r"5\.[01]")
"""Glue versions with Spark 3.5: https://docs.aws.amazon.com/glue/latest/dg/release-notes.html"""
_ERROR = re.compile(r"(?:\w+\.)*(\w+(?:Error|Exception): .*)")
_SECONDS_TO_STOP = 10
_FOR_GLUE = {
    "--additional-python-modules",
    "--conf",
    "--custom-logGroup-prefix",
    "--datalake-formats",
    "--enable-auto-scaling",
    "--enable-continuous-cloudwatch-log",
    "--enable-metrics",
    "--extra-jars",
    "--job-language",
    "--TempDir",
}
"""Arguments that Glue uses itself: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html"""
_runs: dict[str, Run] = {}


@PATCHES.on_start
def _set_up() -> None:
    # moto creates what a state waits for only where it supports callbacks.
    state_task_service_glue._SUPPORTED_INTEGRATION_PATTERNS.add(ResourceCondition.WaitForTaskToken)
    # A stopped job run fails the state: https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html
    state_task_service_glue._JOB_RUN_STATE_ABNORMAL_TERMINAL_VALUE.add("STOPPED")


@PATCHES.on_reset
def _clear() -> None:
    _runs.clear()


@PATCHES.replace(FakeJob, "start_job_run", "eacd4b77429e")
def _start_job_run(stock: Callable[..., str], self: FakeJob, **given: Any) -> str:
    run_id = stock(self, **given)
    run = _runs[run_id] = Run(self, self.job_runs[-1])
    in_background(run.run)
    return run_id


@PATCHES.replace(FakeJobRun, "status", "9b1d0ea5bd92")
def _status(_: Any, self: FakeJobRun) -> str:
    run = _runs.get(self.job_run_id)
    return run.state if run else "STARTING"


@PATCHES.replace(StateTaskServiceGlue, "_sync_to_start_job_run", "82d1956dae21")
def _job_run(stock: Callable[..., Callable[[], Any]], *arguments: Any) -> Callable[[], Any]:
    """Returns times as Step Functions does, in milliseconds: https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html."""
    poll = stock(*arguments)
    return lambda: json.loads(json.dumps(poll(), default=lambda time: int(time.timestamp() * 1000)))


@PATCHES.replace(FakeJobRun, "as_dict", "5d9d7de3c586")
def _as_dict(stock: Callable[..., dict[str, Any]], self: FakeJobRun) -> dict[str, Any]:
    """https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-runs.html."""
    run = _runs[self.job_run_id]
    described = stock(self) | {"GlueVersion": run.job.glue_version, "LogGroupName": run.log_group}
    if run.error_message:
        described["ErrorMessage"] = run.error_message
    return described


@PATCHES.add(GlueResponse, "batch_stop_job_run")
def _batch_stop_job_run(self: GlueResponse) -> ActionResult:
    """https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-jobs-runs.html#aws-glue-api-jobs-runs-BatchStopJobRun."""
    name, stopped = self.parameters["JobName"], []
    for run_id in self.parameters["JobRunIds"]:
        self.glue_backend.get_job_run(name, run_id)
        _runs[run_id].stop()
        stopped.append({"JobName": name, "JobRunId": run_id})
    return ActionResult({"SuccessfulSubmissions": stopped, "Errors": []})


class Run:
    """The lifecycle of one job run, from STARTING to SUCCEEDED, FAILED, TIMEOUT or STOPPED.

    Attributes:
        job: The job.
        error_message: Reason of the failure.
        state: State of the run.
    """

    def __init__(self, job: Any, run: Any) -> None:
        self.job = job
        self.error_message = ""
        self.state = "STARTING"
        self._run = run
        self._account, self._region = job.backend.account_id, job.backend.region_name
        self._arguments: dict[str, str] = run.arguments or {}
        self._lines: list[str] = []
        self._process: LocalProcess | None = None
        self._is_stopped = False
        name = job.role if job.role.startswith("arn:") else f"arn:aws:iam::{self._account}:role/{job.role}"
        self._role = ServiceRole(name, _SERVICE, job.arn)

    @property
    def log_group(self) -> str:
        """Prefix of the log groups of the run."""
        return self._arguments.get("--custom-logGroup-prefix", _DEFAULT_LOG_GROUP)

    def run(self) -> None:
        """Starts the driver, waits until it exits and reports the state."""
        try:
            process = self._start()
        except CannotStartError as error:
            self._end("FAILED", str(error))
            return
        self._process = process
        self._change("RUNNING")
        try:
            code = process.wait((self._run.timeout or 480) * 60)
        except TimeoutError:
            self._end("TIMEOUT", "")
            return
        if self._is_stopped:
            self._end("STOPPED", "")
        else:
            self._end("SUCCEEDED" if code == 0 else "FAILED", "" if code == 0 else self._reason(code))

    def stop(self) -> None:
        """Stops the process of a run; does nothing before it starts or after it ended."""
        if self._process and self.state == "RUNNING":
            self._is_stopped = True
            self._process.stop(_SECONDS_TO_STOP)

    def _start(self) -> LocalProcess:
        if self.job.command["Name"] != "glueetl" or not _SPARK_3_5.fullmatch(self.job.glue_version or ""):
            raise CannotStartError(
                f"The emulator runs glueetl on Glue 5.0 and 5.1, not {self.job.command['Name']} on "
                f"{self.job.glue_version}"
            )
        folder = scratch_folder()
        modules = self._modules(folder)
        script = self._download(self.job.command["ScriptLocation"], folder)
        python = python_with_spark_3_5()
        home = python.parents[1] / "lib/python3.11/site-packages/pyspark"
        environment = {
            **self._environment(),
            **java_environment(),
            "PYSPARK_PYTHON": str(python),
            "PYSPARK_DRIVER_PYTHON": str(python),
            "PYTHONPATH": os.pathsep.join(map(str, modules)),
            "SPARK_HOME": str(home),
        }
        streams = self._streams()
        return LocalProcess(self._command(home, script, folder), environment, folder, self._writer(streams))

    def _environment(self) -> Mapping[str, str]:
        try:
            return container_environment(self._role, self._run.job_run_id, self._region)
        except RoleNotAssumableError as error:
            raise CannotStartError(
                f"Failed to assume role {self._role.arn}: it must trust the service principal {_SERVICE}"
            ) from error

    def _command(self, home: Path, script: Path, folder: Path) -> list[str]:
        settings = [f"{name}={value}" for name, value in LOCAL_SETTINGS.items()]
        settings += self._arguments.get("--conf", "").split(" --conf ") if "--conf" in self._arguments else []
        if "iceberg" in self._arguments.get("--datalake-formats", "").split(","):
            settings.append(f"spark.jars.packages={','.join(packages(SPARK_3_5, on_aws=True))}")
        jars = [str(self._download(uri, folder)) for uri in self._listed("--extra-jars")]
        options = [word for setting in settings for word in ("--conf", setting)]
        options += ["--jars", ",".join(jars)] if jars else []
        own = {name: value for name, value in self._arguments.items() if name not in _FOR_GLUE}
        given = {"--JOB_NAME": self.job.name, "--JOB_RUN_ID": self._run.job_run_id, **own}
        return [
            str(home / "bin/spark-submit"),
            *options,
            str(script),
            *(word for argument in given.items() for word in argument),
        ]

    def _modules(self, folder: Path) -> list[Path]:
        """Wheels in S3 are unpacked; other modules are installed in the environment of Spark 3.5."""
        modules = []
        for number, uri in enumerate(self._listed("--additional-python-modules")):
            if uri.startswith("s3://"):
                unpacked = folder / f"module-{number}"
                with zipfile.ZipFile(self._download(uri, folder)) as wheel:
                    wheel.extractall(unpacked)
                modules.append(unpacked)
        return modules

    def _listed(self, argument: str) -> list[str]:
        return [each.strip() for each in self._arguments.get(argument, "").split(",") if each.strip()]

    def _download(self, uri: str, folder: Path) -> Path:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        file = folder / Path(key).name
        try:
            s3 = client("s3", self._region, self._role)
        except RoleNotAssumableError as error:
            raise CannotStartError(f"Failed to assume role {self._role.arn}: {error}") from error
        try:
            file.write_bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except s3.exceptions.ClientError as error:
            raise CannotStartError(f"LAUNCH ERROR | Unable to download {uri}: {error}") from error
        return file

    def _streams(self) -> dict[str, LogStream]:
        """The role writes the logs: https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html."""
        groups = {"stdout": f"{self.log_group}/output", "stderr": f"{self.log_group}/error"}
        try:
            for group in groups.values():
                arn = f"arn:aws:logs:{self._region}:{self._account}:log-group:{group}:log-stream:{self._run.job_run_id}"
                for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
                    access.require(Principal.role(self._role.arn), action, arn)
        except AccessDeniedError as error:
            raise CannotStartError(str(error)) from error
        return {
            name: LogStream(self._account, self._region, group, self._run.job_run_id, create_group=True)
            for name, group in groups.items()
        }

    def _writer(self, streams: Mapping[str, LogStream]) -> Callable[[str, str], None]:
        def on_line(name: str, line: str) -> None:
            self._lines.append(line)
            streams[name].write(line)

        return on_line

    def _reason(self, code: int) -> str:
        found = [match[1] for line in self._lines if (match := _ERROR.fullmatch(line))]
        return found[-1] if found else f"Command failed with exit code {code}"

    def _end(self, state: str, message: str) -> None:
        self.error_message = message
        self._run.completed_on = utcnow()
        self._change(state)

    def _change(self, state: str) -> None:
        """https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html."""
        self.state, self._run.modified_on = state, utcnow()
        if state in ("SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"):
            detail = {"jobName": self.job.name, "jobRunId": self._run.job_run_id, "state": state}
            where = (self._account, self._region)
            events.emit(where, "aws.glue", "Glue Job State Change", [], detail | {"message": self.error_message})
