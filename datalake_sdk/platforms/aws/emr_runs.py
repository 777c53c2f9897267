"""Runs of tasks on EMR Serverless outside of a pipeline execution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.published_tasks import PublishedTask
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.task_logs import CloudWatchLog, driver_streams
from datalake_sdk.platforms.deployments import TaskOutcome

_SUCCEEDED = "SUCCESS"
_END_STATES = (_SUCCEEDED, "FAILED", "CANCELLED")
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/job-states.html"""
DRIVER_VARIABLE = "spark.emr-serverless.driverEnv."
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html"""
EXECUTOR_VARIABLE = "spark.executorEnv."
"""https://spark.apache.org/docs/4.0.2/configuration.html#runtime-environment"""


def start_on_emr(session: AwsSession, task: PublishedTask, variables: Mapping[str, str]) -> EmrRun:
    """Starts a job run.

    Args:
        session: Account and region.
        task: The task as its pipeline publishes it.
        variables: Environment variables that override those of the task.
    """
    submit = {
        **task.request["jobDriver"]["sparkSubmit"],
        "sparkSubmitParameters": spark_submit_parameters(task, variables),
    }
    response = session.client("emr-serverless").start_job_run(**{**task.request, "jobDriver": {"sparkSubmit": submit}})
    monitoring = task.request["configurationOverrides"]["monitoringConfiguration"]
    return EmrRun(session, response, monitoring["cloudWatchLoggingConfiguration"])


def spark_submit_parameters(task: PublishedTask, variables: Mapping[str, str]) -> str:
    """Returns the options of spark-submit, in the same format as the task's state in the state machine.

    EMR Serverless splits the parameters like a shell, so the settings are quoted.
    """
    environment = {**task.environment, **variables}
    settings = {
        **task.spark_settings,
        **{f"{DRIVER_VARIABLE}{name}": value for name, value in environment.items()},
        **{f"{EXECUTOR_VARIABLE}{name}": value for name, value in environment.items()},
    }
    quoted = {name: value.replace("'", "'\\''") for name, value in sorted(settings.items())}
    return " ".join(f"--conf '{name}={value}'" for name, value in quoted.items())


class EmrRun:
    """A job run of a task on EMR Serverless.

    Args:
        session: Account and region.
        started: Job run as StartJobRun returns it.
        log: CloudWatch logging configuration of the job run.
    """

    def __init__(self, session: AwsSession, started: dict[str, Any], log: Mapping[str, Any]) -> None:
        self.identifier = str(started["arn"])
        self._emr = session.client("emr-serverless")
        self._ids = {"applicationId": started["applicationId"], "jobRunId": started["jobRunId"]}
        streams = driver_streams(started["applicationId"], started["jobRunId"], log["logTypes"]["SPARK_DRIVER"])
        self.log = CloudWatchLog(session, log["logGroupName"], streams)

    def outcome(self) -> TaskOutcome | None:
        with aws_errors():
            run = self._emr.get_job_run(**self._ids)["jobRun"]
        if run["state"] not in _END_STATES:
            return None
        return TaskOutcome(run["state"] == _SUCCEEDED, started=True, exit_code=None, reason=run.get("stateDetails", ""))

    def stop(self) -> None:
        with aws_errors():
            self._emr.cancel_job_run(**self._ids)
