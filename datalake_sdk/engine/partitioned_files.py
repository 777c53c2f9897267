"""Rows of many partitions become one file a partition, whatever the order in which the rows come."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pyarrow as pa
from pyiceberg.typedef import Record

from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.spill import Spill
from datalake_sdk.engine.stage import Output, RollingWriter, RowGroupBuffer, RowsTask, StagedFile
from datalake_sdk.parallel import THREADS, in_order

_CHUNK_BYTES = 64 << 20
_MAX_OPEN_FILES = 64
"""An open Parquet file holds about a megabyte of buffers."""


def write_partitions(output: Output, tasks: Iterator[RowsTask], partitioner: Partitioner) -> list[StagedFile]:
    """Collects a chunk of rows, groups it by partition and appends each group to its partition's file.

    A chunk with more partitions than files may be open goes to a spill file instead; its partitions are written one
    after another at the end.

    Args:
        output: Where the files go.
        tasks: Rows in order.
        partitioner: Groups rows.

    Returns:
        Complete files.
    """
    with ThreadPoolExecutor(THREADS, "writer") as pool, Spill() as spill:
        writers = _PartitionWriters(output, partitioner)
        try:
            for chunk in _chunks(in_order(pool, tasks)):
                groups = list(partitioner.groups(chunk))
                if len(groups) > _MAX_OPEN_FILES:
                    spill.add(chunk, groups)
                else:
                    writers.write(pool, chunk, groups)
            return writers.close(pool) + _unspilled(pool, output, partitioner, spill)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            writers.abandon()
            raise


def _unspilled(pool: ThreadPoolExecutor, output: Output, partitioner: Partitioner, spill: Spill) -> list[StagedFile]:
    tasks = (partial(_write_spilled, output, partitioner, spill, record) for record in spill.records())
    return [file for files in in_order(pool, tasks) for file in files]


def _write_spilled(output: Output, partitioner: Partitioner, spill: Spill, record: Record) -> list[StagedFile]:
    writer = RollingWriter(output, record, partitioner.path(record))
    buffer = RowGroupBuffer(writer)
    for rows in spill.rows(record, output.layout.schema):
        buffer.add(rows)
    buffer.flush()
    writer.close()
    return writer.staged


def _chunks(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    collected: list[pa.Table] = []
    size = 0
    for table in tables:
        collected.append(table)
        size += table.nbytes
        if size >= _CHUNK_BYTES:
            yield pa.concat_tables(collected).combine_chunks()
            collected, size = [], 0
    if size:
        yield pa.concat_tables(collected).combine_chunks()


class _PartitionWriters:
    """One rolling writer a partition; the least recently used are closed when too many files are open."""

    def __init__(self, output: Output, partitioner: Partitioner) -> None:
        self._output = output
        self._partitioner = partitioner
        self._open: OrderedDict[Record, RollingWriter] = OrderedDict()
        self._staged: list[StagedFile] = []

    def write(self, pool: ThreadPoolExecutor, rows: pa.Table, groups: Sequence[tuple[Record, pa.Array]]) -> None:
        work = [(self._writer(record), positions) for record, positions in groups]
        for _ in pool.map(lambda item: item[0].write(_picked(rows, item[1])), work):
            continue
        surplus = len(self._open) - _MAX_OPEN_FILES
        self._close(pool, [self._open.popitem(last=False)[1] for _ in range(surplus)])

    def close(self, pool: ThreadPoolExecutor) -> list[StagedFile]:
        self._close(pool, list(self._open.values()))
        return self._staged

    def abandon(self) -> None:
        for writer in self._open.values():
            writer.abandon()

    def _writer(self, record: Record) -> RollingWriter:
        if record not in self._open:
            self._open[record] = RollingWriter(self._output, record, self._partitioner.path(record))
        self._open.move_to_end(record)
        return self._open[record]

    def _close(self, pool: ThreadPoolExecutor, writers: Sequence[RollingWriter]) -> None:
        for _ in pool.map(RollingWriter.close, writers):
            continue
        self._staged.extend(file for writer in writers for file in writer.staged)


def _picked(rows: pa.Table, positions: pa.Array) -> pa.Table:
    first, last = positions[0].as_py(), positions[-1].as_py()
    if last - first + 1 == len(positions):
        return rows.slice(first, len(positions))
    return rows.take(positions)
