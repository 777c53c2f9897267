"""A task on ECS, outside of its pipeline: started, watched, stopped."""

from __future__ import annotations

from typing import Any

from datalake_sdk.errors import AwsRequestError, AwsServiceError, TaskCapacityError, TaskNotStartedError
from datalake_sdk.platforms.aws.ecs_requests import container_name
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.state_machines import TaskState
from datalake_sdk.platforms.aws.task_logs import TaskLog
from datalake_sdk.platforms.aws.task_requests import ecs_request
from datalake_sdk.platforms.base import TaskCall, TaskOutcome

_STOPPED = "STOPPED"
_FAILED_TO_START = "TaskFailedToStart"
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html"""
_LOOKS_FOR_A_NEW_TASK = 60
"""ECS may not know a task yet that it has just started.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html"""
_NO_FARGATE = "Capacity is unavailable"
_NO_ROOM = ("RESOURCE:", _NO_FARGATE)
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html"""


def start_on_ecs(session: AwsSession, state: TaskState, call: TaskCall) -> EcsRun:
    """Starts a task.

    Raises:
        ComputedValuesError: Only an execution has some of the values.
        TaskNotStartedError: ECS refuses to start it.
        TaskCapacityError: ECS has no room for it now.
    """
    ecs = session.client("ecs")
    definition = _definition(ecs, state, call)
    container = container_name(state.request, definition)
    request = ecs_request(state, container, call)
    try:
        with aws_errors():
            answer = ecs.run_task(**request)
    except (AwsRequestError, AwsServiceError) as error:
        if _NO_FARGATE in error.message:
            raise TaskCapacityError(call.task, error.message) from error
        raise
    if not answer["tasks"]:
        raise _refusal(call.task, answer["failures"])
    return EcsRun(session, answer["tasks"][0], container, definition)


class EcsRun:
    """A task that was started.

    Args:
        session: Account and region.
        task: As RunTask gives it.
        container: The container that runs the task's code.
        definition: The task's definition.
    """

    def __init__(self, session: AwsSession, task: dict[str, Any], container: str, definition: dict[str, Any]) -> None:
        self.identifier = str(task["taskArn"])
        self._ecs = session.client("ecs")
        self._cluster = task["clusterArn"]
        self._looks_left = _LOOKS_FOR_A_NEW_TASK
        self._container = container
        self._log = _log(session, definition, container, self.identifier.split("/")[-1])

    @property
    def log(self) -> str | None:
        return str(self._log) if self._log else None

    def new_lines(self) -> list[str]:
        return self._log.new_lines() if self._log else []

    def outcome(self) -> TaskOutcome | None:
        with aws_errors():
            tasks = self._ecs.describe_tasks(cluster=self._cluster, tasks=[self.identifier])["tasks"]
        if not tasks:
            self._looks_left -= 1
            return None if self._looks_left > 0 else _GONE
        self._looks_left = 0
        return _outcome(tasks[0], self._container) if tasks[0]["lastStatus"] == _STOPPED else None

    def stop(self) -> None:
        with aws_errors():
            self._ecs.stop_task(cluster=self._cluster, task=self.identifier, reason="run_task was interrupted")


_GONE = TaskOutcome(succeeded=False, started=True, exit_code=None, reason="ECS does not know the task any more")


def _definition(ecs: Any, state: TaskState, call: TaskCall) -> dict[str, Any]:
    name = state.request.get("taskDefinition")
    if not isinstance(name, str):
        # The request cannot be built either, and says so.
        ecs_request(state, "", call)
        raise TaskNotStartedError(call.task, f"state '{state.name}' names no task definition")
    try:
        with aws_errors():
            return dict(ecs.describe_task_definition(taskDefinition=name)["taskDefinition"])
    except AwsRequestError as error:
        if error.code == "ClientException":
            raise TaskNotStartedError(call.task, f"ECS has no task definition '{name}'") from error
        raise


def _refusal(task: str, failures: list[dict[str, Any]]) -> TaskNotStartedError | TaskCapacityError:
    reason = "; ".join(" ".join(filter(None, (each.get("reason"), each.get("detail")))) for each in failures)
    kind = TaskCapacityError if reason.startswith(_NO_ROOM) else TaskNotStartedError
    return kind(task, reason or "ECS gives no reason")


def _outcome(task: dict[str, Any], name: str) -> TaskOutcome:
    container = next(each for each in task["containers"] if each["name"] == name)
    code = container.get("exitCode")
    reasons = [task.get("stoppedReason"), container.get("reason")]
    return TaskOutcome(
        succeeded=code == 0,
        started=task.get("stopCode") != _FAILED_TO_START,
        exit_code=code,
        reason="; ".join(dict.fromkeys(filter(None, reasons))),
    )


def _log(session: AwsSession, definition: dict[str, Any], name: str, task_id: str) -> TaskLog | None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html."""
    container = next(each for each in definition["containerDefinitions"] if each["name"] == name)
    configuration = container.get("logConfiguration") or {}
    options = configuration.get("options", {})
    if configuration.get("logDriver") != "awslogs" or "awslogs-stream-prefix" not in options:
        return None
    stream = f"{options['awslogs-stream-prefix']}/{name}/{task_id}"
    return TaskLog(session, options.get("awslogs-region"), options["awslogs-group"], [stream])
