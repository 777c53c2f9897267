"""Lists and finds recorded runs: newest first and page by page, without listing older days."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from heapq import merge
from itertools import groupby, islice

from datalake_sdk.ledger.compacted_days import StoredEvent, compacted_events
from datalake_sdk.ledger.model import Cost, Event, EventKey, EventType, Input, Output, Run, RunError, time_prefix
from datalake_sdk.ledger.openlineage import from_openlineage
from datalake_sdk.platforms.run_events import RunEventStore

_MAX_BATCH = 200
"""Runs that are read at the same time."""


class RunState(StrEnum):
    """State of a run."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"


_STATES = {
    EventType.FAIL: RunState.FAILED,
    EventType.ABORT: RunState.ABORTED,
    EventType.COMPLETE: RunState.SUCCEEDED,
    EventType.START: RunState.RUNNING,
}


@dataclass(frozen=True)
class RecordedRun:
    """A run and what its events say together.

    Args:
        run: The run.
        state: Its state; also `running` if it ended without being recorded.
        events: Its events; the last one decides the state.
    """

    run: Run
    state: RunState
    events: tuple[Event, ...]

    @property
    def ended(self) -> datetime | None:
        """When it ended; None while it is running."""
        last = self.events[-1]
        return last.time if last.type.is_end else None

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Tables and files that it has read."""
        return tuple({each.name: each for event in self.events for each in event.inputs}.values())

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Tables that it has written."""
        return tuple({each.name: each for event in self.events for each in event.outputs}.values())

    @property
    def error(self) -> RunError | None:
        """Why it did not succeed; None if it did, or is running."""
        return self.events[-1].error

    @property
    def cost(self) -> Cost | None:
        """What it consumed; None while it is running."""
        return next((event.cost for event in reversed(self.events) if event.cost is not None), None)

    @property
    def tables(self) -> set[str]:
        """Names of the tables that it has read or written."""
        datasets: tuple[Input | Output, ...] = (*self.inputs, *self.outputs)
        return {each.name for each in datasets if each.is_table}


@dataclass(frozen=True)
class RunPage:
    """A page of runs.

    Args:
        runs: Runs, newest first.
        next: Where the next page starts; empty on the last page.
    """

    runs: tuple[RecordedRun, ...]
    next: str = ""


def list_runs(
    store: RunEventStore,
    *,
    limit: int = 50,
    before: str = "",
    since: datetime | None = None,
    matches: Callable[[RecordedRun], bool] = lambda run: True,
) -> RunPage:
    """Lists runs, newest first. Runs of the same execution follow each other.

    Args:
        store: Ledger of the environment.
        limit: Maximum number of runs.
        before: `next` of the previous page; empty for the first page.
        since: Only runs whose execution started at this time or later.
        matches: Whether to list a run.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    found: list[RecordedRun] = []
    last = ""
    for run, position in _runs(store, before, since, limit + 1):
        if not matches(run):
            continue
        if len(found) == limit:
            return RunPage(tuple(found), last)
        found.append(run)
        last = position
    return RunPage(tuple(found))


def find_run(store: RunEventStore, run_id: str) -> RecordedRun | None:
    """Finds the newest run whose id starts with a text; None if there is none.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    for day in store.days():
        for position, events in _positions(store, day, ""):
            if position.partition("_")[2].startswith(run_id):
                return _loaded(store, day, [(position, events)])[0][0]
    return None


def runs_of_execution(store: RunEventStore, run: Run) -> list[RecordedRun]:
    """Returns all runs of the execution that a run belongs to, in the order of their start.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    prefix = time_prefix(run.group_time)
    found = []
    # "~" follows all characters of ids.
    for other, position in _runs(store, f"{prefix}_~", run.group_time, _MAX_BATCH):
        if not position.startswith(prefix):
            break
        if other.run.execution == run.execution:
            found.append(other)
    return sorted(found, key=lambda other: other.run.started)


def iterate_runs(store: RunEventStore, since: datetime | None = None) -> Iterator[RecordedRun]:
    """Yields all runs whose execution started at a time or later, newest first.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    for run, _ in _runs(store, "", since, _MAX_BATCH):
        yield run


def _runs(store: RunEventStore, before: str, since: datetime | None, batch: int) -> Iterator[tuple[RecordedRun, str]]:
    """Yields runs with their positions; reads few at first, then more at a time."""
    last_day = _day(before) if before else ""
    first = "" if since is None else time_prefix(since)
    for day in store.days():
        if (last_day and day > last_day) or (first and day < _day(first)):
            continue
        positions = _positions(store, day, before)
        while some := list(islice(positions, batch)):
            for run, position in _loaded(store, day, some):
                if position >= first:
                    yield run, position
            batch = min(2 * batch, _MAX_BATCH)


def _positions(store: RunEventStore, day: str, before: str) -> Iterator[tuple[str, list[StoredEvent]]]:
    """Yields the positions of the runs of a day, newest first, with their stored events."""
    named = (StoredEvent(name) for name in store.names(day, before) if EventKey.parse(name))
    compacted = (event for event in compacted_events(store, day) if not before or event.name < before)
    events = merge(named, compacted, key=lambda event: event.name, reverse=True)
    for position, group in groupby(events, key=lambda event: event.name.rpartition("_")[0]):
        if not before or position < before:
            yield position, list({event.name: event for event in group}.values())


def _loaded(
    store: RunEventStore, day: str, positions: Sequence[tuple[str, list[StoredEvent]]]
) -> list[tuple[RecordedRun, str]]:
    wanted = [event.name for _, events in positions for event in _needed(events) if event.content is None]
    contents = dict(zip(wanted, store.read(day, wanted), strict=True)) if wanted else {}
    runs = []
    for position, stored in positions:
        documents = [event.content or contents.get(event.name) for event in _needed(stored)]
        if events := [from_openlineage(json.loads(text)) for text in documents if text]:
            runs.append((_recorded(events), position))
    return runs


def _needed(events: Iterable[StoredEvent]) -> list[StoredEvent]:
    """Returns the events to read: that of a success or an abort of the run itself repeats what the start says."""
    events = list(events)
    ends = [event for event in events if event.name.endswith(("_COMPLETE.json", "_ABORT.json"))]
    return [event for event in events if not ends or not event.name.endswith("_START.json")]


def _recorded(events: Sequence[Event]) -> RecordedRun:
    """Combines the events of a run.

    The last end decides its state: a task that is stopped records an abort, then others record why it was stopped.
    """
    ordered = sorted(events, key=lambda event: (event.type.is_end, event.time, event.type is EventType.FAIL))
    # Others know less about a run than the run itself.
    known = next((event.run for event in ordered if event.run.engine is not None), ordered[0].run)
    run = replace(known, started=min(event.run.started for event in ordered))
    return RecordedRun(run, _STATES[ordered[-1].type], tuple(ordered))


def _day(position: str) -> str:
    return f"{position[:4]}-{position[4:6]}-{position[6:8]}"
