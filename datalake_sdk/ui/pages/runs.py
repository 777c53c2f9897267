"""The list of runs, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from datalake_sdk.ledger.model import RunKind
from datalake_sdk.ledger.reading import RecordedRun, RunState, list_runs
from datalake_sdk.operations.runs import listing_order
from datalake_sdk.ui.page import Page, Path, Query
from datalake_sdk.ui.reader import LakeReader
from datalake_sdk.ui.recent_runs import position_of

RUNS_PER_PAGE = 50
_MAX_EXAMINED = 5_000
"""Runs that one page examines for a filter; the next page continues."""
_MAX_EXAMINED_FIRST = 100
"""As long as the latest runs are not in memory."""
_RUNS_PER_READ = 100


@dataclass(frozen=True)
class RunRow:
    """A run in a list.

    Args:
        position: Identifies the run in addresses.
        job: Name of the job.
        kind: Kind of the run.
        state: Its state.
        started: When it started, ISO 8601.
        seconds: Duration; None while it is running.
        outputs: Tables that it has written.
        rows: Number of rows that it has written to them.
        error: Name of the error; empty if it succeeded.
        is_child: Whether another run started it.
    """

    position: str
    job: str
    kind: str
    state: RunState
    started: str
    seconds: float | None
    outputs: tuple[str, ...]
    rows: int
    error: str
    is_child: bool


@dataclass(frozen=True)
class RunFilter:
    """Which runs to list; empty fields match all.

    Args:
        state: State.
        kind: Kind.
        text: Part of the name of the job or of a table, lower case.
    """

    state: str = ""
    kind: str = ""
    text: str = ""

    def matches(self, run: RecordedRun) -> bool:
        """Whether to list a run."""
        names = (run.run.job.name, *run.tables)
        return (
            self.state in ("", run.state)
            and self.kind in ("", run.run.job.kind)
            and any(self.text in name.lower() for name in names)
        )


@dataclass(frozen=True)
class RunsModel:
    """A page of runs.

    Args:
        rows: The runs.
        filter: Which runs are listed.
        states: States to choose from.
        kinds: Kinds to choose from.
        newest: Whether it is the first page.
        next: Where the next page starts; empty on the last one.
        examined: Number of runs that the filter was applied to.
        existing: Names of the tables that exist.
    """

    rows: tuple[RunRow, ...]
    filter: RunFilter
    states: tuple[str, ...]
    kinds: tuple[str, ...]
    newest: bool
    next: str
    examined: int
    existing: frozenset[str]


def runs_page(reader: LakeReader, before: str, query: Query) -> Page:
    """Returns a page of runs; reads no older ones than it needs.

    Args:
        reader: Reads the lake.
        before: Position of the last run of the previous page; empty for the first page.
        query: Filters `state`, `kind` and `text`.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    chosen = RunFilter(query.get("state", ""), query.get("kind", ""), query.get("text", "").strip().lower())
    runs, following, examined = _matching(reader, before, chosen)
    model = RunsModel(
        tuple(map(run_row, sorted(runs, key=listing_order))),
        chosen,
        tuple(RunState),
        tuple(RunKind),
        not before,
        following,
        examined,
        reader.existing(),
    )
    return Page(runs_path(before), "runs", "Runs", "runs", model, query)


def runs_path(before: str) -> Path:
    """Returns the path of the page of runs before a position."""
    return ("runs", "before", before) if before else ("runs",)


def run_row(run: RecordedRun) -> RunRow:
    """Returns a run as a row of a list."""
    return RunRow(
        position=position_of(run),
        job=run.run.job.name,
        kind=run.run.job.kind,
        state=run.state,
        started=run.run.started.isoformat(),
        seconds=None if run.ended is None else (run.ended - run.run.started) / timedelta(seconds=1),
        outputs=tuple(output.name for output in run.outputs),
        rows=sum(output.rows or 0 for output in run.outputs),
        error=run.error.name if run.error else "",
        is_child=run.run.parent is not None,
    )


def _matching(reader: LakeReader, before: str, chosen: RunFilter) -> tuple[Sequence[RecordedRun], str, int]:
    """Returns the runs of a page, where the next page starts, and the number of examined runs."""
    if chosen == RunFilter():
        page = list_runs(reader.platform.run_events, limit=RUNS_PER_PAGE, before=before)
        return page.runs, page.next, len(page.runs)
    found: list[RecordedRun] = []
    examined = 0
    limit = _MAX_EXAMINED if reader.recent_runs().is_complete else _MAX_EXAMINED_FIRST
    for run in islice(_newest(reader, before), limit):
        examined += 1
        before = position_of(run)
        if chosen.matches(run):
            found.append(run)
        if len(found) == RUNS_PER_PAGE:
            break
    is_last = len(found) < RUNS_PER_PAGE and examined < limit
    return found, "" if is_last else before, examined


def _newest(reader: LakeReader, before: str) -> Iterator[RecordedRun]:
    """Yields runs, newest first: those that are in memory, then those of the ledger."""
    latest = reader.recent_runs()
    if latest.is_complete:
        for position, run in latest.by_position:
            if not before or position < before:
                before = position
                yield run
    page = list_runs(reader.platform.run_events, limit=_RUNS_PER_READ, before=before)
    yield from page.runs
    while page.next:
        page = list_runs(reader.platform.run_events, limit=_RUNS_PER_READ, before=page.next)
        yield from page.runs
