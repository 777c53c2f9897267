"""Collects the rejected rows of a batch while its parts are staged in parallel."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from threading import Lock

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io import FileIO

from datalake_sdk.batches import BatchTask
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.quarantine.parts import CountedTask, Parts
from datalake_sdk.engine.quarantine.rows import QUARANTINE_SCHEMA, Origin, RejectedRows, quarantined, unpublished
from datalake_sdk.engine.spill import Spill, SpillBlock

_BUFFERED_BYTES = 32 << 20
_NAMES = QUARANTINE_SCHEMA.names
_LOCATION = ("input_file", "input_row")
_POSITION_SCHEMA = pa.schema([*QUARANTINE_SCHEMA, pa.field("part", pa.int64()), pa.field("position", pa.int64())])


class _SpilledRows:
    """Rows from any thread, in memory up to a limit and then on local disk."""

    def __init__(self) -> None:
        self.num_rows = 0
        self._lock = Lock()
        self._tables: list[pa.Table] = []
        self._spill: Spill | None = None
        self._blocks: list[SpillBlock] = []

    def add(self, rows: pa.Table) -> None:
        with self._lock:
            self.num_rows += rows.num_rows
            self._tables.append(rows)
            if sum(table.nbytes for table in self._tables) > _BUFFERED_BYTES:
                self._spill = self._spill or Spill(_POSITION_SCHEMA)
                self._blocks += self._spill.add(
                    batch for rows in self._tables for batch in rows.combine_chunks().to_batches()
                )
                self._tables = []

    def tables(self) -> Iterator[pa.Table]:
        if self._spill is not None:
            yield from (pa.Table.from_batches([self._spill.rows(block)]) for block in self._blocks)
        yield from self._tables

    def clear(self) -> None:
        if self._spill is not None:
            self._spill.__exit__()
        self.num_rows, self._tables, self._spill, self._blocks = 0, [], None, []


class QuarantineBuffer:
    """Rejected rows of one batch, from any thread; rows that exceed the buffer are spilled to local disk.

    Args:
        origin: The ingestion that the rows belong to.
        columns: Columns of the batch, as named in the table.
        partitioner: Partitioner of the table; None if it is unpartitioned.
    """

    def __init__(self, origin: Origin, columns: Sequence[str], partitioner: Partitioner | None) -> None:
        self._origin = origin
        self._columns = columns
        self._partitioner = partitioner
        self._unstaged = _SpilledRows()
        self._attempt = _SpilledRows()
        self._parts = Parts()

    def __enter__(self) -> QuarantineBuffer:
        return self

    def __exit__(self, *_: object) -> None:
        self._unstaged.clear()
        self._attempt.clear()

    def counted(self, task: BatchTask) -> CountedTask:
        """Wraps the task of the next part of the batch; called in the order of the rows."""
        return self._parts.counted(task)

    @property
    def num_unstaged(self) -> int:
        """Number of rejected rows that were never staged."""
        return self._unstaged.num_rows

    @property
    def num_rows(self) -> int:
        """Number of rejected rows."""
        return self._unstaged.num_rows + self._attempt.num_rows

    def begin_attempt(self) -> None:
        """Removes the rows that the previous commit attempt rejected."""
        self._attempt.clear()

    def add_to_attempt(self, rejected: RejectedRows) -> None:
        """Adds rows that depend on the base snapshot of a commit attempt, for example duplicates of stored rows."""
        self._attempt.add(self._rows(rejected))

    def add(self, rejected: RejectedRows) -> None:
        """Adds rows that every commit attempt rejects."""
        self._unstaged.add(self._rows(rejected))

    def partitions(self) -> set[str | None]:
        """Partitions of the rejected rows."""
        return {each for table in self._tables() for each in pc.unique(table["partition"]).to_pylist()}

    def write(self, io: FileIO, path: str, unpublished_partitions: Collection[str | None] = ()) -> None:
        """Writes the rows of all parts to a Parquet file, with the numbers of the rows in their inputs.

        Args:
            io: Storage of the file.
            path: Location of the file.
            unpublished_partitions: Partitions whose stored rows the write was to replace, but keeps.
        """
        with (
            io.new_output(path).create(overwrite=True) as sink,
            pq.ParquetWriter(sink, QUARANTINE_SCHEMA, compression="zstd") as writer,
        ):
            for table in self._tables():
                writer.write_table(self._flagged(self._located(table), unpublished_partitions))

    def _rows(self, rejected: RejectedRows) -> pa.Table:
        count = rejected.rows.num_rows
        part = pa.repeat(pa.scalar(rejected.part, pa.int64()), count)
        positions = pa.array([None] * count if rejected.positions is None else rejected.positions, pa.int64())
        rows = quarantined(rejected, self._origin, self._columns, self._partitioner)
        return rows.append_column("part", part).append_column("position", positions)

    def _tables(self) -> Iterator[pa.Table]:
        return chain(self._unstaged.tables(), self._attempt.tables())

    def _flagged(self, rows: pa.Table, partitions: Collection[str | None]) -> pa.Table:
        """Adds to the options of rows that their partitions are unpublished."""
        if not partitions:
            return rows
        flags = pc.is_in(rows["partition"], value_set=pa.array(partitions, pa.string()))
        options = pc.if_else(flags, unpublished(self._origin.write_options), self._origin.write_options)
        return rows.set_column(_NAMES.index("write_options"), "write_options", options)

    def _located(self, rows: pa.Table) -> pa.Table:
        """Adds the locations of rows in the input of the ingestion."""
        parts, positions = rows["part"].combine_chunks(), rows["position"].combine_chunks()
        numbers, locations = self._parts.numbers(parts, positions), self._origin.locations
        located = self._parts.located(parts, numbers) if locations is None else locations.take(numbers)
        columns = [rows[name] if name not in _LOCATION else located[name] for name in _NAMES]
        return pa.Table.from_arrays(columns, schema=QUARANTINE_SCHEMA)
