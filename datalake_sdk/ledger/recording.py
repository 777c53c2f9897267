"""Records runs: an event at the start, and one at the end with what the run read and wrote."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock, Thread
from time import monotonic
from typing import TypeAlias
from uuid import uuid4

from datalake_sdk.errors import DatalakeError, ProcessingFailed, TransientError
from datalake_sdk.ledger.delivery import deliver
from datalake_sdk.ledger.model import ColumnSource, Cost, Event, EventType, Input, Job, Output, Parent, Run, RunError
from datalake_sdk.ledger.task_size import TaskSize
from datalake_sdk.masked_values import without_masked_values
from datalake_sdk.platforms.base import Platform

logger = logging.getLogger(__name__)

Lineage: TypeAlias = Mapping[str, tuple[ColumnSource, ...]]
"""Sources by column."""
_TRACING_SECONDS = 2.0
_MESSAGE_LIMIT, _TRACEBACK_LIMIT = 10_000, 10_000
"""In characters."""


class RunRecord:
    """What a run has read and written so far; used by several threads.

    Args:
        platform: Platform whose ledger stores the run.
        run: The run.
        inputs: Tables that it declares to read.
        size: Size of the machine.
    """

    def __init__(
        self, platform: Platform, run: Run, inputs: Iterable[Input] = (), size: TaskSize | None = None
    ) -> None:
        self.run = run
        self._platform = platform
        self._size = size or TaskSize()
        self._inputs = {each.name: each for each in inputs}
        self._outputs: dict[str, Output] = {}
        self._bytes_scanned = 0
        self._start = monotonic()
        self._lock = Lock()
        self._has_ended = False
        self._lineage: dict[str, Lineage] = {}
        self._tracing: list[Thread] = []

    def read(self, given: Input) -> None:
        """Adds a table or files that the run reads. The first snapshot of a table that was read is kept."""
        with self._lock:
            known = self._inputs.get(given.name)
            if known is None or known.snapshot_id is None:
                self._inputs[given.name] = given

    def wrote(self, output: Output) -> None:
        """Adds a write; counts of several writes to a table are added up."""
        with self._lock:
            known = self._outputs.get(output.name)
            self._outputs[output.name] = output if known is None else _merged(known, output)

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What the run has written so far."""
        with self._lock:
            return tuple(self._outputs.values())

    def scanned(self, count: int) -> None:
        """Adds bytes that a query scanned."""
        with self._lock:
            self._bytes_scanned += count

    def runs_sql(self, statement: str) -> None:
        """Adds the statement of a SQL task."""
        with self._lock:
            self.run = replace(self.run, job=replace(self.run.job, sql=statement))

    def traces(self, table: str, sources: Callable[[], Lineage]) -> None:
        """Finds the sources of a table's columns in the background; the end of the run waits for them shortly.

        Args:
            table: Table that the run writes, `database.table` with the stage's prefix.
            sources: Returns the sources by column; an error leaves them unknown.
        """
        thread = Thread(target=self._trace, args=(table, sources), name="lineage", daemon=True)
        self._tracing.append(thread)
        thread.start()

    def _trace(self, table: str, sources: Callable[[], Lineage]) -> None:
        try:
            self._lineage[table] = sources()
        except Exception as error:
            logger.debug("%s: the sources of its columns are unknown: %s", table, error)

    def begin(self) -> None:
        """Records the start."""
        self._deliver(EventType.START)

    def end(self, error: BaseException | None) -> None:
        """Records the end, unless it is recorded.

        Args:
            error: Exception that ended the run; None if it succeeded. One that is no `Exception` aborted it.
        """
        if error is None:
            self._end(EventType.COMPLETE)
        else:
            self._end(EventType.FAIL if isinstance(error, Exception) else EventType.ABORT, run_error(error))

    def fail(self, error: RunError) -> None:
        """Records that the run failed without an exception."""
        self._end(EventType.FAIL, error)

    def _end(self, kind: EventType, error: RunError | None = None) -> None:
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = True
        last = monotonic() + _TRACING_SECONDS
        for thread in self._tracing:
            thread.join(max(0.0, last - monotonic()))
        self._deliver(kind, error)

    def _deliver(self, kind: EventType, error: RunError | None = None) -> None:
        cost = None
        if kind.is_end:
            seconds = round(monotonic() - self._start, 3)
            cost = Cost(seconds, self._size.vcpu, self._size.memory_mib, self._bytes_scanned)
        time = datetime.now(UTC) if kind.is_end else self.run.started
        with self._lock:
            inputs = tuple(self._inputs.values())
            outputs = tuple(
                replace(each, lineage=self._lineage.get(each.name, each.lineage)) for each in self._outputs.values()
            )
        event = Event(kind, time, self.run, inputs, outputs, error, cost)
        deliver(event, self._platform.environment.name, self._platform.run_events)


_current: ContextVar[RunRecord | None] = ContextVar("current_run", default=None)
_process_run: RunRecord | None = None
"""The task that this process runs, also for threads that its code starts."""


def current_run() -> RunRecord | None:
    """Returns the run that the caller is part of; None outside of one."""
    return _current.get() or _process_run


def abort_process_run(error: BaseException) -> None:
    """Records that the task of this process was stopped, from another thread than its own."""
    if _process_run is not None:
        _process_run.end(error)


def new_run(job: Job) -> Run:
    """Returns a run with a random id, started by the current one."""
    now = datetime.now(UTC)
    parent = current_run()
    if parent is None:
        return Run(str(uuid4()), job, now, now)
    started_by = Parent(parent.run.id, parent.run.job.name)
    return Run(str(uuid4()), job, now, parent.run.group_time, started_by, parent.run.execution)


@contextmanager
def recorded(record: RunRecord, *, whole_process: bool = False) -> Iterator[RunRecord]:
    """Records the start and the end of a run. What happens in the block is part of it.

    Args:
        record: The run.
        whole_process: Whether all threads of the process belong to it.
    """
    global _process_run
    token = _current.set(record)
    if whole_process:
        _process_run = record
    record.begin()
    try:
        yield record
    except BaseException as error:
        record.end(error)
        raise
    else:
        record.end(None)
    finally:
        _current.reset(token)
        if whole_process:
            _process_run = None


@contextmanager
def part_of_run(platform: Platform, job: Job) -> Iterator[RunRecord]:
    """Adds the block to the current run; outside of one, records a run of the job."""
    record = current_run()
    if record is not None:
        yield record
        return
    with recorded(RunRecord(platform, new_run(job))) as record:
        yield record


def run_error(error: BaseException) -> RunError:
    """Describes an exception. One that the task's code raised is described without the error that wraps it."""
    if isinstance(error, ProcessingFailed) and error.__cause__ is not None:
        error = error.__cause__
    message = error.message if isinstance(error, DatalakeError) else str(error)
    trace = "".join(traceback.format_exception(error))
    return RunError(
        type(error).__name__,
        without_masked_values(message)[:_MESSAGE_LIMIT],
        error.hint if isinstance(error, DatalakeError) else "",
        isinstance(error, TransientError | ConnectionError | TimeoutError),
        without_masked_values(trace)[-_TRACEBACK_LIMIT:],
    )


def _merged(first: Output, second: Output) -> Output:
    checks = {(check.column, check.name): check for check in (*first.checks, *second.checks)}
    return replace(
        second,
        snapshot_id=second.snapshot_id or first.snapshot_id,
        rows=_sum(first.rows, second.rows),
        bytes=_sum(first.bytes, second.bytes),
        files=_sum(first.files, second.files),
        columns=second.columns or first.columns,
        lineage={**first.lineage, **second.lineage},
        checks=tuple(checks.values()),
    )


def _sum(first: int | None, second: int | None) -> int | None:
    return second if first is None else first if second is None else first + second
