"""The latest runs of all pipelines, read in the background: pages count and group them without scanning the ledger."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from threading import Lock

from datalake_sdk.ledger.model import EventKey, EventType, RunKind
from datalake_sdk.ledger.reading import RecordedRun, RunState, list_runs
from datalake_sdk.platforms.run_events import RunEventStore
from datalake_sdk.ui.background import FIRST_SECONDS, BackgroundRead

MAX_RUNS = 5_000
_RUNS_PER_READ = 200
_RUNNING_PER_READ = 20
"""Some runs never end in the ledger, for example those of a machine that was switched off."""
_SECONDS_VALID = 10
_AFTER_POSITION = "~"
"""Follows all names of events that start with a position."""


@dataclass(frozen=True)
class LatestRuns:
    """Runs read so far.

    Args:
        runs: At most 5,000 runs, newest first.
        is_complete: Whether all of them have been read.
    """

    runs: tuple[RecordedRun, ...]
    is_complete: bool

    @cached_property
    def by_position(self) -> Sequence[tuple[str, RecordedRun]]:
        """Runs with their positions in the order of the ledger, newest first."""
        return sorted(((position_of(run), run) for run in self.runs), key=itemgetter(0), reverse=True)

    @cached_property
    def by_pipeline(self) -> Mapping[str, Sequence[RecordedRun]]:
        """Runs of each pipeline and its tasks, newest first; sorted by name."""
        found: dict[str, list[RecordedRun]] = defaultdict(list)
        for run in self.runs:
            if run.run.job.pipeline:
                found[run.run.job.pipeline].append(run)
        return dict(sorted(found.items()))

    @cached_property
    def by_job(self) -> Mapping[str, RecordedRun]:
        """Latest run of each job that is not a pipeline, sorted by name."""
        jobs = [run for run in reversed(self.runs) if run.run.job.kind is not RunKind.PIPELINE]
        return dict(sorted({run.run.job.name: run for run in jobs}.items()))


def position_of(run: RecordedRun) -> str:
    """Returns what identifies a run in addresses: the ledger can be searched by it."""
    return EventKey(run.run.group_time, run.run.id, EventType.START).run


def find_run(store: RunEventStore, position: str) -> RecordedRun | None:
    """Returns the run at a position; None if there is none.

    Raises:
        DatalakeError: The ledger cannot be read.
    """
    page = list_runs(store, limit=1, before=f"{position}{_AFTER_POSITION}")
    return next((run for run in page.runs if position_of(run) == position), None)


class RecentRuns:
    """Reads the latest runs; after the first time, only those that are new or were running.

    Args:
        store: Ledger of the environment.
        clock: Returns a time in seconds.
    """

    def __init__(self, store: RunEventStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._background = BackgroundRead("runs", self._read, _SECONDS_VALID, clock)
        self._lock = Lock()
        self._runs: dict[str, RecordedRun] = {}
        self._latest: LatestRuns | None = None

    def get(self, seconds: float = FIRST_SECONDS) -> LatestRuns:
        """Returns the runs that have been read; the same object until there are new ones.

        Args:
            seconds: How long to wait if nothing has been read completely.

        Raises:
            DatalakeError: The ledger cannot be read.
        """
        self._background.refresh(seconds)
        with self._lock:
            is_complete = self._background.is_complete
            if self._latest is None or self._latest.is_complete != is_complete:
                newest = sorted(
                    self._runs.values(), key=lambda run: (run.run.group_time, run.run.started), reverse=True
                )
                self._runs = {run.run.id: run for run in newest[:MAX_RUNS]}
                self._latest = LatestRuns(tuple(self._runs.values()), is_complete)
            return self._latest

    def _read(self) -> None:
        before, count = "", 0
        while count < MAX_RUNS:
            page = list_runs(self._store, limit=_RUNS_PER_READ, before=before)
            has_news = self._store_runs(page.runs)
            count, before = count + len(page.runs), page.next
            if not before or (self._background.is_complete and not has_news):
                break
        for position in self._running_before(before):
            found = find_run(self._store, position)
            if found is not None and found.state is not RunState.RUNNING:
                self._store_runs([found])
        with self._lock:
            self._latest = None if not self._background.is_complete else self._latest

    def _store_runs(self, runs: Collection[RecordedRun]) -> bool:
        """Keeps runs that were read, and returns whether any of them is new or was running."""
        with self._lock:
            has_news = any(map(self._is_news, runs))
            self._latest = None if has_news else self._latest
            self._runs |= {run.run.id: run for run in runs}
        return has_news

    def _running_before(self, before: str) -> list[str]:
        """Positions of the latest known runs that are running and come after a position in the list."""
        with self._lock:
            running = [position_of(run) for run in self._runs.values() if run.state is RunState.RUNNING]
        return sorted((position for position in running if position < before), reverse=True)[:_RUNNING_PER_READ]

    def _is_news(self, run: RecordedRun) -> bool:
        known = self._runs.get(run.run.id)
        return known is None or known.state is RunState.RUNNING
