"""ECS: a task is a local process with the container's command and environment and the task role's credentials."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Task, TaskDefinition

from test.emulator import events
from test.emulator.access import ServiceRole
from test.emulator.ecs_execution_role import check_log, check_pull, check_trust
from test.emulator.logs import LogStream
from test.emulator.patching import ServicePatches
from test.emulator.processes import (
    CannotStartError,
    LocalProcess,
    OnLine,
    container_environment,
    image_of,
    in_background,
    runs_in_container,
)

PATCHES = ServicePatches("ecs")

_DEFAULT_STOP_TIMEOUT = (
    30  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
)
_SPOT = "FARGATE_SPOT"
_runs: dict[str, TaskRun] = {}
_lock = threading.Lock()
_interrupt_next_spot_task = threading.Event()


@PATCHES.on_start
def _disable_status_transitions() -> None:
    """Without this, moto advances the status of a task when the task is described."""
    from moto.moto_api import state_manager

    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 10**12})


@PATCHES.replace(EC2ContainerServiceBackend, "_calculate_task_resource_requirements", "4c4587f8d68d")
def _allow_a_container_without_memory(stock: Callable[..., Any], task_definition: TaskDefinition) -> Any:
    given = {"memory", "memoryReservation", "Memory", "MemoryReservation"}
    containers = [
        container if given & container.keys() else {"memory": 0, **container}
        for container in task_definition.container_definitions
    ]
    return stock(SimpleNamespace(container_definitions=containers))


@PATCHES.replace(EC2ContainerServiceBackend, "run_task", "9876e846f622")
def _run_task(stock: Callable[..., list[Task]], self: Any, *arguments: Any, **named: Any) -> list[Task]:
    with _lock:
        tasks = stock(self, *arguments, **named)
    for task in tasks:
        task.launch_type = task.launch_type or "FARGATE"
        run = _runs[task.task_arn] = TaskRun(self, task)
        in_background(run.run)
    return tasks


@PATCHES.replace(EC2ContainerServiceBackend, "stop_task", "a654973f4a4d")
def _stop_task(_: Any, self: Any, cluster_str: str, task_str: str, reason: str | None) -> Task:
    cluster = self._get_cluster(cluster_str)
    with _lock:
        tasks = list(self.tasks.get(cluster.name, {}).values())
    for task in tasks:
        if task.task_arn.split("/")[-1] == task_str.split("/")[-1]:
            _runs[task.task_arn].stop(reason or "Task stopped by user")
            return task
    raise InvalidParameterException("The referenced task was not found.")


@PATCHES.replace(EC2ContainerServiceBackend, "describe_tasks", "80f85973d07a")
@PATCHES.replace(EC2ContainerServiceBackend, "list_tasks", "05b36e0ec5c9")
def _read_tasks(stock: Callable[..., list[Any]], self: Any, *arguments: Any, **named: Any) -> list[Any]:
    """Holds the lock: moto's loop fails if another request starts a task at the same time."""
    with _lock:
        return stock(self, *arguments, **named)


@PATCHES.command
def exhaust_memory(task: str) -> None:
    """Kills a running task, given its ARN, as Fargate does if it uses more memory than its definition allows."""
    _runs[task].exhaust_memory()


@PATCHES.command
def kill_task(task: str) -> None:
    """Kills the processes of a running task, given its ARN, with SIGKILL."""
    _runs[task].kill()


@PATCHES.command
def interrupt_next_spot_task() -> None:
    """Makes AWS reclaim the capacity of the next task on Fargate Spot, as soon as its container runs."""
    _interrupt_next_spot_task.set()


@PATCHES.on_reset
def _clear() -> None:
    _runs.clear()
    _interrupt_next_spot_task.clear()


class TaskRun:
    """The lifecycle of one task, from PROVISIONING to STOPPED."""

    def __init__(self, backend: Any, task: Task) -> None:
        self._task: Any = task
        self._account, self._region = backend.account_id, backend.region_name
        self._definition = backend.describe_task_definition(task.task_definition_arn)
        self._container = self._definition.container_definitions[0]
        self._process: LocalProcess | None = None
        self._stop_asked = False
        self._lock = threading.Lock()
        task.version, task.created_at, task.connectivity = 0, _now(), "CONNECTED"  # type: ignore[attr-defined]
        task.cpu, task.memory = self._definition.cpu, self._definition.memory  # type: ignore[attr-defined]
        container: Any = task.containers[0]
        container.exitCode, container.task_arn = None, task.task_arn
        container.container_arn = f"{task.task_arn.replace(':task/', ':container/')}/{uuid.uuid4()}"
        self._change("PROVISIONING", "PENDING")

    def run(self) -> None:
        """Starts the container, waits until it exits and reports its status changes as ECS does."""
        self._change("PENDING", "PENDING")
        try:
            with self._lock:
                if not self._stop_asked:
                    self._process = self._start()
        except CannotStartError as error:
            return self._stopped("TaskFailedToStart", str(error), None)
        if self._process is None:
            return self._stopped(self._task.stop_code, self._task.stopped_reason, None)
        self._task.started_at = _now()
        self._change("RUNNING", "RUNNING")
        self._interrupt_if_asked()
        code = self._process.wait()
        with self._lock:
            asked, self._stop_asked = self._stop_asked, True
        if asked:
            return self._stopped(self._task.stop_code, self._task.stopped_reason, code)
        return self._stopped("EssentialContainerExited", "Essential container in task exited", code)

    def _interrupt_if_asked(self) -> None:
        """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html."""
        if self._task.capacity_provider_name == _SPOT and _interrupt_next_spot_task.is_set():
            _interrupt_next_spot_task.clear()
            self.stop("Your Spot Task was interrupted.", "SpotInterruption")

    def stop(self, reason: str, code: str = "UserInitiated") -> None:
        """Sends SIGTERM now, and SIGKILL after the container's stop timeout."""
        with self._lock:
            if self._stop_asked or self._task.last_status == "STOPPED":
                return
            self._stop_asked = True
            self._task.desired_status = "STOPPED"
            self._task.stop_code, self._task.stopped_reason = code, reason
            self._task.stopping_at = _now()
            if self._process:
                self._process.stop(self._container.get("stopTimeout", _DEFAULT_STOP_TIMEOUT))

    def exhaust_memory(self) -> None:
        """See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html."""
        self._task.containers[0].reason = "OutOfMemoryError: Container killed due to memory usage"
        self.kill()

    def kill(self) -> None:
        """Sends SIGKILL, which a program cannot handle."""
        if self._process:
            self._process.kill()

    def _start(self) -> LocalProcess:
        if self._container.get("secrets"):
            raise CannotStartError("ResourceInitializationError: the emulator does not support container secrets")
        override = self._override()
        role, execution_role = self._role("task_role_arn"), self._role("execution_role_arn")
        if execution_role:
            check_trust(execution_role, self._task.task_arn)
            check_pull(execution_role, self._container["image"])
        image = image_of(self._container["image"])
        variables = [*self._container.get("environment", []), *override.get("environment", [])]
        in_container = runs_in_container(image)
        environment = {
            **self._credentials(role),
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            **({} if in_container else image.environment),
            **{variable["name"]: variable["value"] for variable in variables},
        }
        entry_point = self._container.get("entryPoint") or image.entry_point
        command = override.get("command") or self._container.get("command") or image.command
        words = [*(image.launcher if in_container else ()), *entry_point, *command]
        return LocalProcess(words, environment, image.folder, self._log(execution_role))

    def _role(self, attribute: str) -> str | None:
        """Returns the role of the overrides or of the task definition."""
        name = {"task_role_arn": "taskRoleArn", "execution_role_arn": "executionRoleArn"}[attribute]
        role: str | None = self._task.overrides.get(name) or getattr(self._definition, attribute, None)
        return role

    def _credentials(self, role_arn: str | None) -> dict[str, str]:
        if role_arn:
            check_trust(role_arn, self._task.task_arn)
        role = ServiceRole(role_arn, "ecs-tasks.amazonaws.com", self._task.task_arn) if role_arn else None
        return container_environment(role, self._task.id.replace("-", ""), self._region)

    def _override(self) -> dict[str, Any]:
        overrides = self._task.overrides.get("containerOverrides", [])
        return next((each for each in overrides if each.get("name") == self._container["name"]), {})

    def _log(self, execution_role: str | None) -> OnLine:
        configuration = self._container.get("logConfiguration") or {}
        if configuration.get("logDriver") != "awslogs":
            return lambda _, line: print(line, flush=True)  # noqa: T201 - the emulator's own log, shown by a failed test
        options = configuration["options"]
        stream = f"{options['awslogs-stream-prefix']}/{self._container['name']}/{self._task.id}"
        region, create = options.get("awslogs-region", self._region), options.get("awslogs-create-group") == "true"
        if execution_role:
            group = f"arn:aws:logs:{region}:{self._account}:log-group:{options['awslogs-group']}"
            check_log(execution_role, group, stream)
        try:
            log = LogStream(self._account, region, options["awslogs-group"], stream, create)
        except KeyError as error:
            raise CannotStartError(
                "ResourceInitializationError: failed to validate logger args: The task cannot find the Amazon "
                f"CloudWatch log group {error} defined in the task definition. The specified log group does not exist."
            ) from error
        return lambda _, line: log.write(line)

    def _stopped(self, code: str, reason: str, exit_code: int | None) -> None:
        self._task.containers[0].exitCode = exit_code
        if code == "TaskFailedToStart":
            self._task.containers[0].reason = reason
        self._task.stop_code, self._task.stopped_reason = code, reason
        self._task.desired_status, self._task.stopped_at = "STOPPED", _now()
        self._change("STOPPED", "STOPPED")

    def _change(self, task_status: str, container_status: str) -> None:
        self._task.version += 1
        self._task.containers[0].last_status = container_status
        self._task.last_status = task_status
        events.emit(
            (self._account, self._region),
            "aws.ecs",
            "ECS Task State Change",
            [self._task.task_arn],
            _detail(self._task, self._definition),
        )


def _detail(task: Any, definition: TaskDefinition) -> dict[str, Any]:
    """Returns an event's detail: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html."""
    container = task.containers[0]
    known = {
        "taskArn": task.task_arn,
        "clusterArn": task.cluster_arn,
        "taskDefinitionArn": definition.arn,
        "group": task.group,
        "launchType": task.launch_type,
        "capacityProviderName": task.capacity_provider_name,
        "startedBy": task.started_by or None,
        "lastStatus": task.last_status,
        "desiredStatus": task.desired_status,
        "stopCode": getattr(task, "stop_code", None),
        "stoppedReason": task.stopped_reason or None,
        "overrides": {"containerOverrides": [], **task.overrides},
        "cpu": task.cpu,
        "memory": task.memory,
        "version": task.version,
        "createdAt": _time(task.created_at),
        "startedAt": _time(getattr(task, "started_at", None)),
        "stoppingAt": _time(getattr(task, "stopping_at", None)),
        "stoppedAt": _time(getattr(task, "stopped_at", None)),
        "updatedAt": _time(_now()),
        "containers": [
            _without_none(
                {
                    "containerArn": container.container_arn,
                    "taskArn": task.task_arn,
                    "name": container.name,
                    "image": container.image,
                    "lastStatus": container.last_status,
                    "exitCode": container.exitCode,
                    "reason": getattr(container, "reason", None),
                }
            )
        ],
    }
    return _without_none(known)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def _time(moment: datetime.datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if moment else None
