"""The staged batch of an upsert: the keys that it deletes, and one row for each other key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.engine.data_file import FileLayout
from datalake_sdk.engine.duplicates import Duplicates, check_same_content, last_rows
from datalake_sdk.engine.files import write_files
from datalake_sdk.engine.keys import check_nulls, row_digests
from datalake_sdk.engine.partitions import Partitioner
from datalake_sdk.engine.staged_rows import read_staged_rows
from datalake_sdk.engine.staging import RowsTask, StagedFile, StagingArea
from datalake_sdk.engine.upsert_columns import UpsertColumns


@dataclass
class FlaggedRows:
    """Collects the keys of the rows that are flagged for deletion, from any thread.

    Args:
        columns: Columns that control the upsert.
    """

    columns: UpsertColumns
    _keys: list[pa.Table] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def without(self, batch: pa.RecordBatch, rows: pa.Table) -> tuple[pa.Table, np.ndarray | None]:
        """Collects the flagged rows.

        Args:
            batch: A batch of the input.
            rows: The same rows in the table's schema.

        Returns:
            The other rows, and their positions in the batch; None if there are no flagged rows.
        """
        if self.columns.flag is None:
            return rows, None
        flags = pc.fill_null(batch.column(self.columns.flag).cast(pa.bool_()), False)
        keys = rows.filter(flags).select(self.columns.in_memory)
        if not keys.num_rows:
            return rows, None
        with self._lock:
            self._keys.append(keys)
        others = pc.invert(flags)
        return rows.filter(others), np.flatnonzero(others)

    def keys(self, schema: pa.Schema) -> pa.Table:
        """The collected keys.

        Args:
            schema: Arrow schema of the data files.
        """
        return pa.concat_tables([_fields(self.columns, schema).empty_table(), *self._keys])


def _fields(columns: UpsertColumns, schema: pa.Schema) -> pa.Schema:
    return pa.schema([schema.field(name) for name in columns.in_memory])


@dataclass(frozen=True)
class UpsertBatch:
    """A staged batch of an upsert.

    Args:
        files: Complete data files with the rows to insert or update.
        deleted: Keys to delete.
    """

    files: Sequence[StagedFile]
    deleted: pa.Table


def with_last_rows(
    batch: UpsertBatch,
    staging: StagingArea,
    layout: FileLayout,
    partitioner: Partitioner | None,
    columns: UpsertColumns,
) -> UpsertBatch:
    """Keeps the last row of each key; rewrites the files if a key occurs more than once.

    Args:
        batch: Staged batch with the keys and the ordering column in memory.
        staging: Owner of the files.
        layout: Settings for data files.
        partitioner: Partitioner, or None for an unpartitioned table.
        columns: Columns that control the upsert.

    Raises:
        NullKeysError: A row has a null key.
        AmbiguousDuplicatesError: Different rows of a key are equally the last one.
    """
    rows = pa.concat_tables([*(part for file in batch.files for part in file.keys), batch.deleted])
    check_nulls(layout.table, rows.select(list(columns.keys)))
    duplicates = last_rows(rows, columns)
    if duplicates is None:
        return batch
    _check_ties(batch, layout, columns, rows, duplicates)
    staged = rows.num_rows - batch.deleted.num_rows
    tasks = _kept(read_staged_rows(layout.table, layout.io, batch.files, layout.schema), duplicates.kept[:staged])
    files = write_files(staging, tasks, layout, partitioner, columns.in_memory)
    return UpsertBatch(files, batch.deleted.filter(pa.array(duplicates.kept[staged:])))


def _check_ties(
    batch: UpsertBatch, layout: FileLayout, columns: UpsertColumns, rows: pa.Table, duplicates: Duplicates
) -> None:
    if not len(duplicates.tied):
        return
    is_tied = np.zeros(rows.num_rows, dtype=bool)
    is_tied[duplicates.tied] = True
    parts = _kept(read_staged_rows(layout.table, layout.io, batch.files, layout.schema), is_tied)
    staged = [row_digests(part()) for part in parts]
    deleted = np.zeros((int(is_tied[rows.num_rows - batch.deleted.num_rows :].sum()), 2), dtype=np.int64)
    check_same_content(layout.table, columns, rows, duplicates, np.concatenate([*staged, deleted]))


def _kept(tasks: Iterator[RowsTask], is_kept: np.ndarray) -> Iterator[RowsTask]:
    first = 0
    for task in tasks:
        rows = task()
        mask = is_kept[first : first + rows.num_rows]
        first += rows.num_rows
        yield partial(rows.filter, pa.array(mask))
