"""Interfaces of deployed pipelines and of their tasks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class TaskOutcome:
    """Outcome of a task run.

    Args:
        succeeded: Whether the task succeeded.
        started: Whether its code was started.
        exit_code: Exit code of its container; None if unknown.
        reason: Reason that the service returned; may be empty.
    """

    succeeded: bool
    started: bool
    exit_code: int | None
    reason: str


class TaskLog(Protocol):
    """The log of a task; `str()` returns its location."""

    def new_lines(self) -> list[str]:
        """Returns the lines logged since the last call; after many, the rest is returned by the next calls.

        Raises:
            DatalakeError: The log cannot be read.
        """


class TaskRun(Protocol):
    """A task that was started."""

    @property
    def identifier(self) -> str:
        """Identifier in the service, for example an ARN."""

    @property
    def log(self) -> TaskLog:
        """Its log."""

    def outcome(self) -> TaskOutcome | None:
        """Returns the outcome; None while the task runs."""

    def stop(self) -> None:
        """Requests the service to stop the task."""


class DeployedTasks(Protocol):
    """Tasks of the deployed pipelines of an environment."""

    def start(self, pipeline: str, task: str, variables: Mapping[str, str]) -> TaskRun:
        """Starts a task as its pipeline would, outside of an execution.

        Args:
            pipeline: Name of the pipeline.
            task: Name of the task.
            variables: Environment variables that override those of the task.

        Raises:
            NoSuchPipelineError: The pipeline does not exist.
            NoSuchTaskError: The pipeline has no such task.
            ComputedValuesError: A variable that the pipeline computes is missing.
            TaskNotStartedError: The service rejects the request.
            TaskCapacityError: The service has no capacity for the task at the moment.
        """


@dataclass(frozen=True)
class PipelineExecution:
    """An execution of a deployed pipeline.

    Args:
        identifier: Identifier in the service, for example an ARN.
        name: Name of the execution.
        status: Status, for example `FAILED`.
        ended: When it ended; None while it runs.
        error: Name of the error; may be empty.
        cause: Cause of the error; may be empty.
        failed_tasks: Names of the states that did not succeed.
        obstacle: Reason why the execution cannot be redriven; empty if it can.
        is_outdated: Whether the pipeline has changed since the execution was started.
        link: URL of its page; may be empty.
    """

    identifier: str
    name: str
    status: str
    ended: datetime | None
    error: str
    cause: str
    failed_tasks: tuple[str, ...]
    obstacle: str
    is_outdated: bool
    link: str


@dataclass(frozen=True)
class StartedExecution:
    """An execution of a deployed pipeline that was started.

    Args:
        identifier: Identifier in the service, for example an ARN.
        name: Name of the execution.
        link: URL of its page; may be empty.
    """

    identifier: str
    name: str
    link: str


@dataclass(frozen=True)
class LogStreams:
    """Where an attempt of a task logs.

    Args:
        group: Name of the log group.
        streams: Names of its streams; empty on Lambda, where invocations share streams.
        run: Identifier of the invocation; Lambda only.
        since: When it was started; Lambda only.
    """

    group: str
    streams: tuple[str, ...] = ()
    run: str = ""
    since: datetime | None = None


@dataclass(frozen=True)
class Loop:
    """A Map state of an execution.

    Args:
        identifier: Distinguishes the Map state from others.
        count: Number of iterations.
    """

    identifier: int
    count: int


@dataclass(frozen=True)
class ExecutionState:
    """A task state of an execution, or a skipped task.

    Args:
        name: Name of the state, or of the task that was skipped.
        status: `running`, `retrying`, `succeeded`, `skipped` or `failed`.
        entered: When it was entered.
        ended: When its last attempt ended; None while it runs.
        output: Result of the task as JSON; None if it did not succeed.
        logs: The logs of its attempts that were started, in order; states that run no task of the SDK have none.
        loop: The Map state that it is an iteration of; None outside of one.
    """

    name: str
    status: str
    entered: datetime
    ended: datetime | None = None
    output: str | None = None
    logs: tuple[LogStreams, ...] = ()
    loop: Loop | None = None


@dataclass(frozen=True)
class ExecutionProgress:
    """Progress of an execution.

    Args:
        status: For example `RUNNING`.
        error: Name of the error; may be empty.
        cause: Cause of the error; may be empty.
        states: Task states that were entered, in order.
    """

    status: str
    error: str
    cause: str
    states: tuple[ExecutionState, ...]


@dataclass(frozen=True)
class RedrivenMessage:
    """A dead letter that was sent to its destination again.

    Args:
        identifier: Identifier of the message.
        destination: Name of the execution or of the queue.
        error: Reason of the rejection; empty if the message was accepted. A rejected message stays in its queue.
    """

    identifier: str
    destination: str
    error: str = ""


class DeployedPipelines(Protocol):
    """Deployed pipelines of an environment.

    Every method raises `NoSuchPipelineError` if the pipeline does not exist.
    """

    def start(self, pipeline: str, name: str, execution_input: str) -> StartedExecution:
        """Starts an execution.

        Args:
            pipeline: Name of the pipeline.
            name: Name of the execution.
            execution_input: Its input as JSON.
        """

    def executions(self, pipeline: str, prefix: str) -> Iterator[tuple[StartedExecution, str]]:
        """Lists the executions whose names start with a prefix, and their statuses, latest first."""

    def progress(self, execution: StartedExecution) -> ExecutionProgress:
        """Returns the progress of an execution.

        Raises:
            DatalakeError: The progress cannot be read.
        """

    def log(self, streams: LogStreams) -> TaskLog:
        """Opens the log of an attempt of a task."""

    def execution(self, pipeline: str, name: str | None) -> PipelineExecution:
        """Returns an execution.

        Args:
            pipeline: Name of the pipeline.
            name: Name of the execution; None is the last unsuccessful one.

        Raises:
            NoSuchExecutionError: The execution does not exist.
            NothingToRedriveError: No execution was unsuccessful.
        """

    def redrive(self, execution: PipelineExecution) -> None:
        """Continues an execution from the tasks that failed.

        Raises:
            NotRedrivableError: The execution cannot be redriven.
        """

    def dead_letters(self, pipeline: str) -> int:
        """Returns the approximate number of events that started no execution."""

    def redrive_dead_letters(self, pipeline: str) -> Iterator[RedrivenMessage]:
        """Starts executions for the events that started none, or returns them to the queue they come from."""
