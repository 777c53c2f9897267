"""Statuses of the dates of a backfill."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DateState(StrEnum):
    """State of a logical date in a backfill."""

    DONE = "done"
    NOT_RUN = "not run"
    UNFINISHED = "unfinished"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class RunFailure:
    """Why a run failed.

    Args:
        error: Name of the task, if it is known, and message of the error.
        hint: Next step; may be empty.
        log: File or page with details.
    """

    error: str
    hint: str
    log: str


@dataclass(frozen=True)
class DateStatus:
    """Status of a logical date.

    Args:
        date: Logical date.
        run_id: Id of its run, or name of its execution.
        state: Its state; `done` is a date whose run had succeeded before.
        rows: Number of rows read for all output tables by a run that succeeded; None if unknown.
        seconds: Duration of a run that ended.
        failures: The failed tasks of a local run, or the failure of an execution.
    """

    date: str
    run_id: str
    state: DateState
    rows: int | None = None
    seconds: float | None = None
    failures: tuple[RunFailure, ...] = ()
