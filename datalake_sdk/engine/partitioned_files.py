"""Writes rows of many partitions to few files per partition, in whatever order the rows arrive."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

import pyarrow as pa
from pyiceberg.typedef import Record

from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.spill import Spill, SpillBlock
from datalake_sdk.engine.staging import Output, RollingWriter, RowGroupBuffer, RowsTask, StagedFile, fills_row_group
from datalake_sdk.parallel import in_order, share, thread_count

_MAX_CHUNK_BYTES = 16 << 20
_CHUNKS_BYTES = 64 << 20
"""Total size of the chunks that are being grouped."""
_MIN_CHUNK_BYTES = 4 << 20
_MAX_CHUNK_TASKS = 16
_HELD_BYTES = 184 << 20
"""Maximum size of buffered rows of all partitions."""
_IDLE_CHUNKS = 4
_MAX_OPEN_FILES = 64
"""An open Parquet file has about one megabyte of buffers."""


def write_partitions(
    output: Output, tasks: Iterator[RowsTask], partitioner: Partitioner, task_bytes: int
) -> list[StagedFile]:
    """Groups chunks of rows by partition and buffers them until a partition fills a row group.

    When the buffers exceed their limit, partitions without rows in the last chunks are written and closed. If that is
    not enough, the rows of the other partitions are spilled to disk.

    Args:
        output: Destination of the files.
        tasks: Tasks that decode the rows, in order.
        partitioner: Groups rows by partition.
        task_bytes: Approximate size of the rows of one task.

    Returns:
        Complete files.
    """
    with ThreadPoolExecutor(thread_count(), "writer") as pool, Spill(output.layout.schema) as spill:
        writer = _PartitionedWriter(output, partitioner, pool, spill)
        try:
            for groups in in_order(pool, _chunks(tasks, partitioner, task_bytes)):
                writer.add(groups)
            return writer.close()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            writer.abandon()
            raise


@dataclass(frozen=True)
class _Groups:
    """The rows of a chunk, by partition."""

    rows: Sequence[tuple[Record, list[pa.RecordBatch]]]
    count: int
    size: int


def _chunks(tasks: Iterator[RowsTask], partitioner: Partitioner, task_bytes: int) -> Iterator[Callable[[], _Groups]]:
    size = min(_MAX_CHUNK_BYTES, share(_CHUNKS_BYTES, _MIN_CHUNK_BYTES))
    count = min(max(size // max(task_bytes, 1), 1), _MAX_CHUNK_TASKS)
    while chunk := list(islice(tasks, count)):
        yield partial(_grouped, chunk, partitioner)


def _grouped(tasks: Sequence[RowsTask], partitioner: Partitioner) -> _Groups:
    rows = pa.concat_tables([task() for task in tasks])
    return _Groups(list(partitioner.groups(rows)), rows.num_rows, rows.nbytes)


@dataclass
class _Chunk:
    """Memory shared by the groups of a chunk, which is freed with the last of them."""

    size: int
    groups: int


class _Partition:
    """Rows of a partition: the first ones are written, the next ones spilled, and the last ones buffered."""

    def __init__(self, writer: RollingWriter) -> None:
        self.writer = writer
        self.spilled: list[SpillBlock] = []
        self.held: list[pa.RecordBatch] = []
        self.chunks: list[_Chunk] = []
        self.rows = 0
        self.size = 0
        self.last_chunk = 0
        self.is_open = False
        self.was_closed = False
        self.written: Future[None] | None = None

    @property
    def fills_row_group(self) -> bool:
        return fills_row_group(self.rows, self.size)


@dataclass(frozen=True)
class _Rows:
    """Rows of a partition to write: spilled ones, followed by those in memory."""

    spilled: Sequence[SpillBlock]
    held: Sequence[pa.RecordBatch]
    size: int


class _PartitionedWriter:
    """Buffers rows by partition and writes them in a thread pool."""

    def __init__(self, output: Output, partitioner: Partitioner, pool: ThreadPoolExecutor, spill: Spill) -> None:
        self._output = output
        self._partitioner = partitioner
        self._pool = pool
        self._spill = spill
        self._partitions: dict[Record, _Partition] = {}
        self._running: deque[Future[None]] = deque()
        self._chunks = 0
        self._open = 0
        self._held_bytes = 0

    def add(self, groups: _Groups) -> None:
        """Buffers a chunk; starts writing partitions that fill a row group, and frees memory beyond the limit."""
        self._chunks += 1
        self._hold(groups)
        for record, _ in groups.rows:
            partition = self._partitions[record]
            if partition.fills_row_group and (partition.is_open or self._open < _MAX_OPEN_FILES):
                self._write(partition, is_last=False)
        if self._held_bytes > _HELD_BYTES // 2 or self._open >= _MAX_OPEN_FILES:
            self._close_idle()
        if self._held_bytes > _HELD_BYTES:
            self._spill_held()

    def close(self) -> list[StagedFile]:
        """Writes the remaining rows.

        Returns:
            All files.
        """
        for partition in self._partitions.values():
            self._write(partition, is_last=True)
        for work in self._running:
            work.result()
        return [file for partition in self._partitions.values() for file in partition.writer.staged]

    def abandon(self) -> None:
        """Closes incomplete files; no task may be running."""
        for partition in self._partitions.values():
            partition.writer.abandon()

    def _hold(self, groups: _Groups) -> None:
        chunk = _Chunk(groups.size, len(groups.rows))
        row_size = groups.size / max(groups.count, 1)
        self._held_bytes += chunk.size if groups.rows else 0
        for record, batches in groups.rows:
            partition = self._partition(record)
            partition.held += batches
            partition.chunks.append(chunk)
            count = sum(batch.num_rows for batch in batches)
            partition.rows += count
            partition.size += int(count * row_size)
            partition.last_chunk = self._chunks

    def _partition(self, record: Record) -> _Partition:
        if record not in self._partitions:
            writer = RollingWriter(self._output, record, self._partitioner.path(record))
            self._partitions[record] = _Partition(writer)
        return self._partitions[record]

    def _close_idle(self) -> None:
        """Closes partitions that appear to be complete; one that gets more rows is not closed early again."""
        for partition in self._partitions.values():
            is_idle = self._chunks - partition.last_chunk >= _IDLE_CHUNKS
            if is_idle and not partition.was_closed and (partition.rows or partition.is_open):
                self._write(partition, is_last=True)
                partition.was_closed = True

    def _spill_held(self) -> None:
        partitions = [partition for partition in self._partitions.values() if partition.held]
        blocks = self._spill.add(pa.concat_batches(self._release(partition)) for partition in partitions)
        for partition, block in zip(partitions, blocks, strict=True):
            partition.spilled.append(block)

    def _release(self, partition: _Partition) -> list[pa.RecordBatch]:
        for chunk in partition.chunks:
            chunk.groups -= 1
            self._held_bytes -= 0 if chunk.groups else chunk.size
        batches = partition.held
        partition.held, partition.chunks = [], []
        return batches

    def _write(self, partition: _Partition, *, is_last: bool) -> None:
        """Starts writing all rows of a partition; waits if every thread is busy."""
        rows = _Rows(partition.spilled, self._release(partition), partition.size)
        partition.spilled, partition.rows, partition.size = [], 0, 0
        self._open += (not is_last) - partition.is_open
        partition.is_open = not is_last
        partition.written = self._pool.submit(self._written, partition, partition.written, rows, is_last)
        self._running.append(partition.written)
        if len(self._running) > thread_count():
            self._running.popleft().result()

    def _written(self, partition: _Partition, before: Future[None] | None, rows: _Rows, is_last: bool) -> None:
        if before is not None:
            before.result()
        buffer = RowGroupBuffer(partition.writer)
        for block in rows.spilled:
            buffer.add(pa.Table.from_batches([self._spill.rows(block)]), block.size)
        if rows.held:
            buffer.add(pa.Table.from_batches(rows.held), rows.size)
        buffer.flush()
        if is_last:
            partition.writer.close()
