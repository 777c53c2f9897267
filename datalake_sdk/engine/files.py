"""Writes record batches to Parquet data files, in parallel and in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain, islice
from queue import Queue
from threading import Event

import pyarrow as pa
from pyiceberg.typedef import Record

from datalake_sdk.engine.data_file import FileLayout, low_cardinality_columns
from datalake_sdk.engine.partitioned_files import write_partitions
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.staging import Output, RollingWriter, RowGroupBuffer, RowsTask, StagedFile, StagingArea
from datalake_sdk.parallel import share, thread_count

_TASKS_PER_RUN = 4
_QUEUED_TASKS = 16
"""Total number of queued tasks; each may hold a block of text."""
_SAMPLE_ROWS = 50_000


def write_files(
    staging: StagingArea,
    tasks: Iterable[RowsTask],
    layout: FileLayout,
    partitioner: Partitioner | None,
    key_columns: Sequence[str] = (),
    on_rows: Callable[[int], None] = lambda rows: None,
) -> list[StagedFile]:
    """Writes rows to data files in the staging area.

    Memory holds a few tasks and one row group per thread, and for partitioned tables the rows of incomplete row groups.
    The buffers of all threads share fixed budgets.

    Args:
        staging: Owner of the files.
        tasks: Tasks that decode the rows, in order; they run in the writers' threads.
        layout: Settings for data files; the dictionary columns are chosen from the first rows.
        partitioner: Partitioner, or None for an unpartitioned table.
        key_columns: Columns whose values are kept in memory, for an upsert.
        on_rows: Called with the number of rows written, from any thread.

    Returns:
        Complete files; empty if there are no rows.
    """
    remaining = iter(tasks)
    first = _first_rows(remaining)
    if first is None:
        return []
    layout = replace(layout, dictionary_columns=low_cardinality_columns(first.slice(0, _SAMPLE_ROWS)))
    all_tasks = chain([lambda: first], remaining)
    output = Output(staging, layout, key_columns, on_rows)
    if partitioner is None:
        return _write_runs(output, all_tasks)
    return write_partitions(output, all_tasks, partitioner, first.nbytes)


def _first_rows(tasks: Iterator[RowsTask]) -> pa.Table | None:
    for task in tasks:
        rows = task()
        if rows.num_rows:
            return rows
    return None


def _write_runs(output: Output, tasks: Iterator[RowsTask]) -> list[StagedFile]:
    """Distributes runs of consecutive tasks to the writers, so that each row group spans a narrow range of keys."""
    first = list(islice(tasks, 2))
    if len(first) == 1:
        return _write_one(output, first[0])
    tasks = chain(first, tasks)
    run_length = min(_TASKS_PER_RUN, share(_QUEUED_TASKS))
    queues: list[Queue[RowsTask | None]] = [Queue(run_length) for _ in range(thread_count())]
    stopped = Event()
    with ThreadPoolExecutor(len(queues), "writer") as pool:
        writers = [RollingWriter(output, Record()) for _ in queues]
        futures = [pool.submit(_drain, queue, writer, stopped) for queue, writer in zip(queues, writers, strict=True)]
        try:
            _distribute(tasks, queues, run_length, stopped)
        except BaseException:
            stopped.set()
            raise
        finally:
            for queue in queues:
                queue.put(None)
        for future in futures:
            future.result()
    return [file for writer in writers for file in writer.staged]


def _write_one(output: Output, task: RowsTask) -> list[StagedFile]:
    writer = RollingWriter(output, Record())
    try:
        writer.write(task())
        writer.close()
    except BaseException:
        writer.abandon()
        raise
    return writer.staged


def _distribute(
    tasks: Iterator[RowsTask], queues: Sequence[Queue[RowsTask | None]], run_length: int, stopped: Event
) -> None:
    while not stopped.is_set():
        for queue in queues:
            run = list(islice(tasks, 1))
            if not run:
                return
            queue.put(run[0])
            for task in islice(tasks, run_length - 1):
                queue.put(task)


def _drain(queue: Queue[RowsTask | None], writer: RollingWriter, stopped: Event) -> None:
    """Writes rows of a queue until it returns None; after a failure, discards tasks so as not to block the producer."""
    failure: BaseException | None = None
    buffer = RowGroupBuffer(writer)
    while (task := queue.get()) is not None:
        if stopped.is_set():
            continue
        try:
            rows = task()
            buffer.add(rows, rows.nbytes)
        except BaseException as error:
            failure = error
            stopped.set()
    if failure is not None or stopped.is_set():
        writer.abandon()
    else:
        buffer.flush()
        writer.close()
    if failure is not None:
        raise failure
