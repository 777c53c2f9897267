"""One run, and the execution that it belongs to as a timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from datalake_sdk.ledger.model import EventKey, Run
from datalake_sdk.ledger.reading import RecordedRun, RunState, runs_of_execution
from datalake_sdk.operations.runs import run_log
from datalake_sdk.redaction import redacted
from datalake_sdk.ui.page import Page
from datalake_sdk.ui.pages.cost import run_dollars
from datalake_sdk.ui.reader import LakeReader
from datalake_sdk.ui.recent_runs import find_run, position_of

_MAX_LINES = 1_000
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


@dataclass(frozen=True)
class LogModel:
    """The log of a run.

    Args:
        run: The run.
        position: Its position.
        text: Its last lines.
        omitted: Number of lines before them.
    """

    run: Run
    position: str
    text: str
    omitted: int


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
    recorded = _found(reader, position)
    if recorded is None:
        return None
    related = runs_of_execution(reader.platform.run_events, recorded.run)
    runs = sorted(related, key=lambda run: (run.run.started, run.run.parent is not None))
    now = datetime.now(UTC)
    start = min(run.run.started for run in runs)
    span = max(_seconds(start, run.ended or now) for run in runs)
    same_job = [run.run.id for run in runs if run.run.job.name == recorded.run.job.name]
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


def log_page(reader: LakeReader, position: str) -> Page | None:
    """Returns the page with the end of the log of a run; secrets in it are masked.

    Args:
        reader: Reads the lake.
        position: Position of the run.

    Returns:
        The page; None if there is no such run.

    Raises:
        UnknownLogError: The log is unknown.
        DatalakeError: The log cannot be read.
    """
    recorded = _found(reader, position)
    if recorded is None:
        return None
    lines = run_log(reader.platform, recorded.run)
    text = redacted("\n".join(lines[-_MAX_LINES:]))
    model = LogModel(recorded.run, position, text, max(len(lines) - _MAX_LINES, 0))
    return Page(("runs", position, "log"), "log", f"Log of {recorded.run.job.name}", "runs", model)


def _found(reader: LakeReader, position: str) -> RecordedRun | None:
    if EventKey.parse(f"{position}_START.json") is None:
        return None
    return find_run(reader.platform.run_events, position)


def _bars(
    runs: Sequence[RecordedRun], current: RecordedRun, start: datetime, span: float, now: datetime
) -> tuple[Bar, ...]:
    counts = Counter(run.run.job.name for run in runs)
    attempts: Counter[str] = Counter()
    bars = []
    for run in runs:
        job = run.run.job
        attempts[job.name] += 1
        tries = f" (attempt {attempts[job.name]})" if counts[job.name] > 1 else ""
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
