"""Runs of tasks on Glue outside of a pipeline execution."""

from __future__ import annotations

import json
from collections.abc import Mapping

from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.published_tasks import PublishedTask
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.task_logs import CloudWatchLog
from datalake_sdk.platforms.deployments import TaskOutcome

EXECUTION_ARGUMENT = "--task_execution"
"""Argument of `datalake_sdk.glue_job` with the environment variables of a run."""
_SUCCEEDED = "SUCCEEDED"
_END_STATES = (_SUCCEEDED, "ERROR", "EXPIRED", "FAILED", "STOPPED", "TIMEOUT")
"""https://docs.aws.amazon.com/glue/latest/dg/job-run-statuses.html"""


def start_on_glue(session: AwsSession, task: PublishedTask, variables: Mapping[str, str]) -> GlueRun:
    """Starts a job run.

    Args:
        session: Account and region.
        task: The task as its pipeline publishes it.
        variables: Environment variables that override those of the job.
    """
    job = task.request["jobName"]
    arguments = {EXECUTION_ARGUMENT: json.dumps(dict(variables))}
    started = session.client("glue").start_job_run(JobName=job, Arguments=arguments)
    return GlueRun(session, job, started["JobRunId"], task.log["group"])


class GlueRun:
    """A job run of a task on Glue.

    Args:
        session: Account and region.
        job: Name of the job.
        run: Id of the job run.
        log_group: Log group of the standard output.
    """

    def __init__(self, session: AwsSession, job: str, run: str, log_group: str) -> None:
        self.identifier = f"{job}, job run {run}"
        self.log = CloudWatchLog(session, log_group, [run])
        self._glue = session.client("glue")
        self._job, self._run = job, run

    def outcome(self) -> TaskOutcome | None:
        with aws_errors():
            run = self._glue.get_job_run(JobName=self._job, RunId=self._run)["JobRun"]
        if run["JobRunState"] not in _END_STATES:
            return None
        reason = run.get("ErrorMessage") or run["JobRunState"]
        has_succeeded = run["JobRunState"] == _SUCCEEDED
        return TaskOutcome(has_succeeded, started=True, exit_code=None, reason="" if has_succeeded else reason)

    def stop(self) -> None:
        with aws_errors():
            self._glue.batch_stop_job_run(JobName=self._job, JobRunIds=[self._run])
