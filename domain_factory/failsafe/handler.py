"""The failsafe: fails the waiting states of tasks that exited without calling back, and stops overdue tasks."""

from __future__ import annotations

import json
import logging
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import boto3

logger = logging.getLogger(__name__)
logger.setLevel(logging.INFO)

_TASK_TOKEN = "step_function_task_token"
_DRIVER_TOKEN = f"spark.emr-serverless.driverEnv.{_TASK_TOKEN}"
_ERROR = "TransientError"
_MESSAGE_LIMIT = 10_000
"""In characters; the limit of a cause is 32,768: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html"""
_MAX_DESCRIBED_TASKS = 100
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"""
_UNFINISHED_STATES = ["SUBMITTED", "QUEUED", "PENDING", "SCHEDULED", "RUNNING"]


@dataclass(frozen=True)
class Failure:
    """Why a task ended, and the state that waits for it.

    Args:
        token: Task token of the state.
        kind: Stop code or state, as the service reports it.
        message: Explanation of the service.
        resource: ARN of the ECS task or the job run.
    """

    token: str
    kind: str
    message: str
    resource: str

    @property
    def cause(self) -> str:
        """JSON with the same fields as the cause that a task reports."""
        hint = f"The task exited without calling back. See the end of its log, and {self.resource}."
        return json.dumps({"error": self.kind, "message": self.message[:_MESSAGE_LIMIT], "hint": hint, "traceback": ""})


def handler(event: Mapping[str, Any], context: object) -> None:
    """Handles an event of EventBridge.

    Args:
        event: A state change of a task or a job run, or a scheduled event.
        context: Context of the Lambda invocation.
    """
    detail = event["detail"]
    match event["detail-type"]:
        case "ECS Task State Change" if detail["lastStatus"] == "STOPPED":
            report(failure_of_task(detail))
        case "EMR Serverless Job Run State Change" if detail["state"] in ("FAILED", "CANCELLED"):
            if belongs_to_domain(detail["applicationId"]):
                ids = {"applicationId": detail["applicationId"], "jobRunId": detail["jobRunId"]}
                report(failure_of_job_run(_client("emr-serverless").get_job_run(**ids)["jobRun"]))
        case "Scheduled Event":
            latest = datetime.now(UTC) - timedelta(minutes=float(os.environ["MAX_TASK_AGE_MINUTES"]))
            stop_tasks(os.environ["ECS_CLUSTER_ARN"], latest)
            if application := os.environ.get("EMR_APPLICATION_ID"):
                stop_job_runs(application, latest)


def belongs_to_domain(application: str) -> bool:
    """Returns whether an EMR Serverless application has the tags of this domain.

    The event of a job run contains no tags, so the failsafe of each domain receives the events of all applications.
    """
    tags = _client("emr-serverless").get_application(applicationId=application)["application"].get("tags", {})
    return all(tags.get(name) == os.environ[name.upper()] for name in ("project_name", "domain_name", "stage_name"))


def failure_of_task(task: Mapping[str, Any]) -> Failure | None:
    """Returns why an ECS task stopped, or None if no state waits for it.

    Args:
        task: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
    """
    overrides = task.get("overrides", {}).get("containerOverrides", [])
    variables = [variable for override in overrides for variable in override.get("environment", [])]
    tokens = [variable["value"] for variable in variables if variable["name"] == _TASK_TOKEN]
    if not tokens:
        return None
    reasons = [task.get("stoppedReason", ""), *map(_container_exit, task.get("containers", []))]
    return Failure(tokens[0], task.get("stopCode", "TaskStopped"), "; ".join(filter(None, reasons)), task["taskArn"])


def failure_of_job_run(job_run: Mapping[str, Any]) -> Failure | None:
    """Returns why a job run of EMR Serverless ended, or None if no state waits for it.

    Args:
        job_run: https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_JobRun.html
    """
    token = dict(_spark_settings(job_run)).get(_DRIVER_TOKEN)
    return Failure(token, f"JobRun{job_run['state']}", job_run["stateDetails"], job_run["arn"]) if token else None


def report(failure: Failure | None) -> None:
    """Fails the waiting state, unless it is no longer waiting."""
    if failure is None:
        return
    states = _client("stepfunctions")
    gone = states.exceptions.TaskTimedOut, states.exceptions.TaskDoesNotExist, states.exceptions.InvalidToken
    try:
        states.send_task_failure(taskToken=failure.token, error=_ERROR, cause=failure.cause)
        logger.info("%s reported: %s: %s", failure.resource, failure.kind, failure.message)
    except gone as error:
        logger.info("%s already called back, or its execution has ended: %s", failure.resource, error)


def stop_tasks(cluster: str, latest: datetime) -> None:
    """Stops the ECS tasks of a cluster that were created before `latest`."""
    ecs = _client("ecs")
    for page in ecs.get_paginator("list_tasks").paginate(cluster=cluster, maxResults=_MAX_DESCRIBED_TASKS):
        tasks = ecs.describe_tasks(cluster=cluster, tasks=page["taskArns"])["tasks"] if page["taskArns"] else []
        for task in tasks:
            if task["createdAt"] < latest:
                ecs.stop_task(cluster=cluster, task=task["taskArn"], reason=_too_old(task["createdAt"]))
                logger.warning("%s stopped: %s", task["taskArn"], _too_old(task["createdAt"]))


def stop_job_runs(application: str, latest: datetime) -> None:
    """Cancels the job runs of an EMR Serverless application that were created before `latest`."""
    emr = _client("emr-serverless")
    for page in emr.get_paginator("list_job_runs").paginate(applicationId=application, states=_UNFINISHED_STATES):
        for job_run in page["jobRuns"]:
            if job_run["createdAt"] < latest:
                emr.cancel_job_run(applicationId=application, jobRunId=job_run["id"])
                logger.warning("%s cancelled: %s", job_run["arn"], _too_old(job_run["createdAt"]))


def _container_exit(container: Mapping[str, Any]) -> str:
    reasons = [f"exit code {container['exitCode']}"] if "exitCode" in container else []
    reasons += [container["reason"]] if container.get("reason") else []
    return f"container {container['name']}: {', '.join(reasons)}" if reasons else ""


def _spark_settings(job_run: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Spark settings: the defaults, then the parameters of the job, which override them."""
    for configuration in job_run.get("configurationOverrides", {}).get("applicationConfiguration", []):
        yield from configuration.get("properties", {}).items()
    for word in shlex.split(job_run["jobDriver"].get("sparkSubmit", {}).get("sparkSubmitParameters", "")):
        name, equals, value = word.partition("=")
        if equals:
            yield name, value


def _too_old(created: datetime) -> str:
    return f"Running since {created:%Y-%m-%d %H:%M} UTC, longer than {os.environ['MAX_TASK_AGE_MINUTES']} minutes"


@cache
def _client(service: str) -> Any:
    return boto3.client(service)
