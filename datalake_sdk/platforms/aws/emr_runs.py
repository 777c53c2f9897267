"""A task on EMR Serverless, outside of its pipeline: started, watched, stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.state_machines import TaskState
from datalake_sdk.platforms.aws.task_logs import TaskLog
from datalake_sdk.platforms.aws.task_requests import emr_request
from datalake_sdk.platforms.base import TaskCall, TaskOutcome

_SUCCEEDED = "SUCCESS"
_ENDED = (_SUCCEEDED, "FAILED", "CANCELLED")
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/job-states.html"""
_DEFAULT_GROUP = "/aws/emr-serverless"
_DRIVER_STREAMS = ("stdout", "stderr")
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/logging.html"""


def start_on_emr(session: AwsSession, state: TaskState, call: TaskCall) -> EmrRun:
    """Starts a job run.

    Raises:
        ComputedValuesError: Only an execution has some of the values.
    """
    request = emr_request(state, call)
    # Whatever may be refused comes first: a job run that was started needs somebody who can stop it.
    monitoring = _monitoring(session, request)
    started = session.client("emr-serverless").start_job_run(**request)
    return EmrRun(session, started, monitoring)


class EmrRun:
    """A job run that was started.

    Args:
        session: Account and region.
        started: As StartJobRun gives it.
        monitoring: Where its logs go.
    """

    def __init__(self, session: AwsSession, started: dict[str, Any], monitoring: Mapping[str, Any]) -> None:
        self.identifier = str(started["arn"])
        self._emr = session.client("emr-serverless")
        self._ids = {"applicationId": started["applicationId"], "jobRunId": started["jobRunId"]}
        self._log = _log(session, self._ids, monitoring.get("cloudWatchLoggingConfiguration") or {})

    @property
    def log(self) -> str | None:
        return str(self._log) if self._log else None

    def new_lines(self) -> list[str]:
        return self._log.new_lines() if self._log else []

    def outcome(self) -> TaskOutcome | None:
        with aws_errors():
            run = self._emr.get_job_run(**self._ids)["jobRun"]
        if run["state"] not in _ENDED:
            return None
        return TaskOutcome(run["state"] == _SUCCEEDED, started=True, exit_code=None, reason=run.get("stateDetails", ""))

    def stop(self) -> None:
        with aws_errors():
            self._emr.cancel_job_run(**self._ids)


def _monitoring(session: AwsSession, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The job's own settings, else those of its application."""
    own = (request.get("configurationOverrides") or {}).get("monitoringConfiguration")
    if own:
        return dict(own)
    application = session.client("emr-serverless").get_application(applicationId=request["applicationId"])
    return dict(application["application"].get("monitoringConfiguration") or {})


def _log(session: AwsSession, ids: Mapping[str, str], settings: Mapping[str, Any]) -> TaskLog | None:
    if not settings.get("enabled"):
        return None
    folder = f"applications/{ids['applicationId']}/jobs/{ids['jobRunId']}/SPARK_DRIVER"
    prefix = settings.get("logStreamNamePrefix")
    wanted = (settings.get("logTypes") or {}).get("SPARK_DRIVER", _DRIVER_STREAMS)
    streams = ["/".join(part for part in (prefix, folder, name.lower()) if part) for name in wanted]
    return TaskLog(session, None, settings.get("logGroupName") or _DEFAULT_GROUP, streams)
