"""Collects the rejected rows of a batch while its parts are staged in parallel."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyiceberg.io import FileIO

from datalake_sdk.batches import BatchTask, FileTask
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.quarantine.rows import QUARANTINE_SCHEMA, Origin, RejectedRows, quarantined, unpublished
from datalake_sdk.engine.spill import Spill, SpillBlock

_BUFFERED_BYTES = 32 << 20
_NAMES = QUARANTINE_SCHEMA.names
_LOCATION = ("input_file", "input_row")
_POSITION_SCHEMA = pa.schema([*QUARANTINE_SCHEMA, pa.field("part", pa.int64()), pa.field("position", pa.int64())])


@dataclass(frozen=True)
class CountedTask:
    """Decodes one part of a batch, and records its number of rows.

    Args:
        part: Number of the part.
        decode: Returns its rows.
        rows: Numbers of rows by part.
    """

    part: int
    decode: BatchTask
    rows: list[int]

    def __call__(self) -> pa.RecordBatch:
        batch = self.decode()
        self.rows[self.part] = batch.num_rows
        return batch


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
                self._blocks += self._spill.add(self._tables)
                self._tables = []

    def tables(self) -> Iterator[pa.Table]:
        if self._spill is not None:
            yield from map(self._spill.rows, self._blocks)
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
        self._files: list[str | None] = []
        self._part_rows: list[int] = []

    def __enter__(self) -> QuarantineBuffer:
        return self

    def __exit__(self, *_: object) -> None:
        self._unstaged.clear()
        self._attempt.clear()

    def counted(self, task: BatchTask) -> CountedTask:
        """Wraps the task of the next part of the batch; called in the order of the rows."""
        self._files.append(task.file if isinstance(task, FileTask) else None)
        self._part_rows.append(0)
        return CountedTask(len(self._files) - 1, task, self._part_rows)

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
        first_rows = self._first_rows()
        with (
            io.new_output(path).create(overwrite=True) as sink,
            pq.ParquetWriter(sink, QUARANTINE_SCHEMA, compression="zstd") as writer,
        ):
            for table in self._tables():
                writer.write_table(self._flagged(self._located(table, first_rows), unpublished_partitions))

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

    def _first_rows(self) -> np.ndarray:
        """For each part, the number of rows before it in its file."""
        counts: dict[str | None, int] = {}
        first = []
        for file, rows in zip(self._files, self._part_rows, strict=True):
            first.append(counts.get(file, 0))
            counts[file] = first[-1] + rows
        return np.array(first, dtype=np.int64)

    def _located(self, rows: pa.Table, first_rows: np.ndarray) -> pa.Table:
        """Adds the locations of rows in the input of the ingestion."""
        parts, positions = rows["part"], rows["position"]
        starts = pa.array(first_rows).take(parts) if len(first_rows) else pa.nulls(rows.num_rows, pa.int64())
        numbers = pc.add(starts, positions)
        if self._origin.locations is not None:
            located = self._origin.locations.take(numbers)
        else:
            files = pa.array(self._files, pa.string()).take(parts) if self._files else None
            located = {"input_file": files, "input_row": pc.add(numbers, 1)}
        columns = [rows[name] if name not in _LOCATION else _column(located, name, rows) for name in _NAMES]
        return pa.Table.from_arrays(columns, schema=QUARANTINE_SCHEMA)


def _column(located: Mapping[str, Any] | pa.Table, name: str, rows: pa.Table) -> Any:
    values = located[name]
    return pa.nulls(rows.num_rows, pa.string()) if values is None else values
