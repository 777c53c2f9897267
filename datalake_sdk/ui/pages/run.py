"""One run, and the execution that it belongs to as a timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from datalake_sdk.ledger.model import EventKey, time_prefix
from datalake_sdk.ledger.reading import RecordedRun, RunState, list_runs
from datalake_sdk.ui.page import Page
from datalake_sdk.ui.pages.cost import run_dollars
from datalake_sdk.ui.reader import LakeReader
from datalake_sdk.ui.recent_runs import position_of

_MAX_RUNS_OF_EXECUTION = 500
_AFTER_POSITION = "~"
"""Follows all names of events that start with a position."""
_MIN_PERCENT = 0.4


@dataclass(frozen=True)
class Bar:
    """A run in the timeline of its execution; start and width are percentages of the whole duration."""

    position: str
    label: str
    state: RunState
    start: float
    width: float
    seconds: float
    is_current: bool


@dataclass(frozen=True)
class RunModel:
    """A run.

    Args:
        recorded: The run and its events.
        seconds: Duration, until now for a run that has not ended.
        attempt: Number of the attempt of its job in the execution, from 1.
        bars: Runs of its execution in the order of their start.
        span: Duration of the execution in seconds.
        dollars: Estimated cost; None for a run on this machine, or that is running.
        existing: Names of the tables that exist.
    """

    recorded: RecordedRun
    seconds: float
    attempt: int
    bars: tuple[Bar, ...]
    span: float
    dollars: float | None
    existing: frozenset[str]


def run_page(reader: LakeReader, position: str) -> Page | None:
    """Returns the page of a run.

    Args:
        reader: Reads the lake.
        position: Position of the run.

    Returns:
        The page; None if there is no such run.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    key = EventKey.parse(f"{position}_START.json")
    runs = _execution(reader, key) if key else []
    recorded = next((run for run in runs if key and run.run.id == key.run_id), None)
    if recorded is None:
        return None
    now = datetime.now(UTC)
    start = min(run.run.started for run in runs)
    span = max(_seconds(start, run.ended or now) for run in runs)
    same_job = [run.run.id for run in runs if run.run.job == recorded.run.job]
    model = RunModel(
        recorded,
        _seconds(recorded.run.started, recorded.ended or now),
        same_job.index(recorded.run.id) + 1,
        _bars(runs, recorded, start, span, now),
        span,
        run_dollars(recorded.cost) if recorded.cost and reader.platform.capabilities.remote else None,
        reader.existing(),
    )
    return Page(("runs", position), "run", recorded.run.job.name, "runs", model)


def _execution(reader: LakeReader, key: EventKey) -> list[RecordedRun]:
    """Returns the runs of an execution, which have the same group time, in the order of their start."""
    before = f"{time_prefix(key.group_time)}_{_AFTER_POSITION}"
    page = list_runs(reader.platform.run_events, limit=_MAX_RUNS_OF_EXECUTION, before=before, since=key.group_time)
    runs = [run for run in page.runs if run.run.group_time == key.group_time]
    return sorted(runs, key=lambda run: (run.run.started, run.run.parent is not None, UUID(run.run.id).int))


def _bars(
    runs: Sequence[RecordedRun], current: RecordedRun, start: datetime, span: float, now: datetime
) -> tuple[Bar, ...]:
    counts = Counter(run.run.job.name for run in runs)
    attempts: Counter[str] = Counter()
    bars = []
    for run in runs:
        job = run.run.job
        attempts[job.name] += 1
        tries = f" (try {attempts[job.name]})" if counts[job.name] > 1 else ""
        seconds = _seconds(run.run.started, run.ended or now)
        width = max(100 * seconds / span if span else 100, _MIN_PERCENT)
        offset = 100 * _seconds(start, run.run.started) / span if span else 0
        label = f"{job.task or job.name}{tries}"
        shown = run.run.id == current.run.id
        start_percent = round(min(offset, 100 - width), 2)
        bars.append(Bar(position_of(run), label, run.state, start_percent, round(width, 2), seconds, shown))
    return tuple(bars)


def _seconds(start: datetime, end: datetime) -> float:
    return max((end - start) / timedelta(seconds=1), 0.0)
