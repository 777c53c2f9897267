"""The report of an unsuccessful execution: its facts without secrets, the likely cause and the next steps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class TaskReport:
    """A task that did not succeed.

    Args:
        task: Name of the task.
        state: Name of its state.
        error: Name of the error; empty if the task was still running when the execution ended.
        message: Message of the error, without its traceback.
        where: Line of the task's code that raised the error; empty if unknown.
        hint: Hint of the task or of the failsafe; may be empty.
        attempts: Number of attempts; None if unknown.
        started: Start of its first attempt; None if unknown.
        ended: End of its last attempt; None if it was still running.
        given: Input of its state, truncated; empty if unknown.
        resource: Identifier of its last attempt; may be empty.
        log: Location of its log; empty if it has none.
        log_link: URL of the log; may be empty.
        log_problem: Reason why lines of the log are missing; empty if none are missing.
        log_lines: Last lines of the log, oldest first.
    """

    task: str
    state: str
    error: str
    message: str
    where: str
    hint: str
    attempts: int | None
    started: datetime | None
    ended: datetime | None
    given: str
    resource: str
    log: str
    log_link: str
    log_problem: str
    log_lines: tuple[str, ...]


@dataclass(frozen=True)
class TableCommit:
    """A commit of a table that the task writes.

    Args:
        table: Name of the table, without the stage's prefix.
        committed_at: Time of the commit, ISO 8601.
        operation: Operation in the summary of the snapshot, for example `append`.
        added_rows: Number of rows added.
        deleted_rows: Number of rows deleted.
        by_this_execution: Whether the execution under investigation made it.
    """

    table: str
    committed_at: str
    operation: str | None
    added_rows: int
    deleted_rows: int
    by_this_execution: bool


@dataclass(frozen=True)
class FailureReport:
    """Report of an unsuccessful execution.

    Args:
        environment: Name of the environment.
        pipeline: Name of the pipeline.
        execution: Name of the execution, or id of the run.
        identifier: Identifier of the execution in its service.
        status: Status, for example `FAILED`.
        started: Start of the execution.
        ended: End of the execution; None if unknown.
        error: Name of the error; may be empty.
        message: Message of the error, without its traceback; may be empty.
        given: Input of the execution, truncated.
        likely_cause: Most likely cause of the failure.
        next_steps: Next steps, in order.
        tasks: Tasks that did not succeed, failed ones first.
        link: URL of the execution in the console; may be empty.
        commits: Recent commits of the tables that these tasks write, newest first.
        commits_problem: Reason why commits are missing; empty if none are missing.
        explanation: Explanation written by a model; empty if there is none.
    """

    environment: str
    pipeline: str
    execution: str
    identifier: str
    status: str
    started: datetime
    ended: datetime | None
    error: str
    message: str
    given: str
    likely_cause: str
    next_steps: tuple[str, ...]
    tasks: tuple[TaskReport, ...]
    link: str
    commits: tuple[TableCommit, ...] = ()
    commits_problem: str = ""
    explanation: str = ""

    @property
    def title(self) -> str:
        """One line: the pipeline, its environment and the outcome."""
        outcome = {"TIMED_OUT": "timed out", "ABORTED": "was stopped"}.get(self.status, "failed")
        return f"Pipeline {self.pipeline} of {self.environment} {outcome}"

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields; times are in ISO 8601."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value
