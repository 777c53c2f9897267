"""Runs of tasks on ECS outside of a pipeline execution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datalake_sdk.errors import AwsRequestError, AwsServiceError, TaskCapacityError, TaskNotStartedError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.published_tasks import PublishedTask
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.task_logs import CloudWatchLog
from datalake_sdk.platforms.deployments import TaskOutcome

_STOPPED = "STOPPED"
_FAILED_TO_START = "TaskFailedToStart"
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html"""
_MAX_POLLS_FOR_NEW_TASK = 60
"""DescribeTasks may not return a new task yet: ECS is eventually consistent.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html"""
_NO_FARGATE_CAPACITY = "Capacity is unavailable"
_NO_CAPACITY = ("RESOURCE:", _NO_FARGATE_CAPACITY)
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html"""
_REJECTED = ("ClientException", "ClusterNotFoundException", "InvalidParameterException")
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html#API_RunTask_Errors"""


def start_on_ecs(session: AwsSession, task: PublishedTask, variables: Mapping[str, str]) -> EcsRun:
    """Starts a task.

    Args:
        session: Account and region.
        task: The task as its pipeline publishes it.
        variables: Environment variables that override those of its task definition.

    Raises:
        TaskNotStartedError: ECS rejects the request.
        TaskCapacityError: ECS has no capacity for the task at the moment.
    """
    override = {"name": task.container, "environment": [{"name": n, "value": v} for n, v in variables.items()]}
    try:
        with aws_errors():
            response = session.client("ecs").run_task(**task.request, overrides={"containerOverrides": [override]})
    except (AwsRequestError, AwsServiceError) as error:
        if _NO_FARGATE_CAPACITY in error.message:
            raise TaskCapacityError(task.name, error.message) from error
        if error.code in _REJECTED:
            raise TaskNotStartedError(task.name, error.message) from error
        raise
    if not response["tasks"]:
        raise _start_error(task.name, response["failures"])
    return EcsRun(session, response["tasks"][0], task)


class EcsRun:
    """A run of a task on ECS.

    Args:
        session: Account and region.
        task: Task as RunTask returns it.
        published: The task as its pipeline publishes it.
    """

    def __init__(self, session: AwsSession, task: dict[str, Any], published: PublishedTask) -> None:
        self.identifier = str(task["taskArn"])
        self._ecs = session.client("ecs")
        self._cluster = task["clusterArn"]
        self._polls_left = _MAX_POLLS_FOR_NEW_TASK
        self._container = published.container
        task_id = self.identifier.split("/")[-1]
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html
        self.log = CloudWatchLog(session, published.log["group"], [f"{published.log['stream_prefix']}/{task_id}"])

    def outcome(self) -> TaskOutcome | None:
        with aws_errors():
            tasks = self._ecs.describe_tasks(cluster=self._cluster, tasks=[self.identifier])["tasks"]
        if not tasks:
            self._polls_left -= 1
            return None if self._polls_left > 0 else _GONE
        self._polls_left = 0
        return _outcome(tasks[0], self._container) if tasks[0]["lastStatus"] == _STOPPED else None

    def stop(self) -> None:
        with aws_errors():
            self._ecs.stop_task(cluster=self._cluster, task=self.identifier, reason="run_task was interrupted")


_GONE = TaskOutcome(succeeded=False, started=True, exit_code=None, reason="ECS no longer returns the task")


def _start_error(task: str, failures: list[dict[str, Any]]) -> TaskNotStartedError | TaskCapacityError:
    reason = "; ".join(" ".join(filter(None, (each.get("reason"), each.get("detail")))) for each in failures)
    error_class = TaskCapacityError if reason.startswith(_NO_CAPACITY) else TaskNotStartedError
    return error_class(task, reason or "ECS returned no reason")


def _outcome(task: dict[str, Any], container_name: str) -> TaskOutcome:
    container = next(each for each in task["containers"] if each["name"] == container_name)
    code = container.get("exitCode")
    reasons = [task.get("stoppedReason"), container.get("reason")]
    return TaskOutcome(
        succeeded=code == 0,
        started=task.get("stopCode") != _FAILED_TO_START,
        exit_code=code,
        reason="; ".join(dict.fromkeys(filter(None, reasons))),
    )
