"""Facts about an unsuccessful execution, which a platform reads from its services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class LogTail:
    """End of the log of a task.

    Args:
        location: Location of the log.
        lines: Last lines, oldest first.
        link: URL of the log in the console; empty if it is a file.
        problem: Reason why lines are missing; empty if none are missing.
    """

    location: str
    lines: tuple[str, ...] = ()
    link: str = ""
    problem: str = ""


@dataclass(frozen=True)
class UnsuccessfulTask:
    """A task that did not succeed, in an execution.

    Args:
        state: Name of its state.
        task: Name of the task; the name of the state if it runs something else.
        error: Name of the error; empty if the task was still running when the execution ended.
        cause: Cause of the error, as the task or the service reported it.
        attempts: Number of attempts; None if unknown.
        entered: When its state was entered.
        ended: When its last attempt failed; None if it was still running.
        given: Input of the state as JSON; empty if unknown.
        resource: Identifier of its last attempt in the service that ran it; empty if it was not started.
        log: End of its log; None if it has none.
    """

    state: str
    task: str
    error: str
    cause: str
    attempts: int | None
    entered: datetime | None
    ended: datetime | None
    given: str = ""
    resource: str = ""
    log: LogTail | None = None


@dataclass(frozen=True)
class UnsuccessfulExecution:
    """An execution that failed, timed out or was stopped.

    Args:
        pipeline: Name of the pipeline.
        name: Name of the execution.
        identifier: Identifier in the service, for example an ARN.
        status: Status, for example `FAILED`.
        started: When it started.
        ended: When it ended; None if unknown.
        error: Name of the error; may be empty.
        cause: Cause of the error; may be empty.
        given: Its input as JSON.
        tasks: Tasks that did not succeed, failed ones first.
        link: URL of the execution in the console; empty if it has none.
    """

    pipeline: str
    name: str
    identifier: str
    status: str
    started: datetime
    ended: datetime | None
    error: str
    cause: str
    given: str
    tasks: tuple[UnsuccessfulTask, ...]
    link: str = ""


class Investigations(Protocol):
    """Unsuccessful executions of the deployed pipelines of an environment."""

    def execution(self, pipeline: str | None, execution: str | None) -> UnsuccessfulExecution:
        """Reads the facts about an execution.

        Args:
            pipeline: Name of the pipeline; None searches all pipelines of the environment.
            execution: Name or identifier of the execution; None is the unsuccessful one that ended last.

        Raises:
            NoSuchPipelineError: The pipeline does not exist.
            NoSuchExecutionError: The execution does not exist.
            NotUnsuccessfulError: The execution is running or has succeeded.
            NothingToInvestigateError: No execution was unsuccessful.
        """
