"""Reads rows of one data file in the table's current schema, without deleted rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.table import FileScanTask, Table

from datalake_sdk.engine.name_mapping import with_field_ids
from datalake_sdk.engine.position_deletes import read_positions
from datalake_sdk.engine.projection import by_field_id, field_id, project
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.engine.staging import RowsTask


class DataFileReader:
    """Reads parts of one planned file.

    Args:
        table: Table with the snapshot that the file belongs to.
        task: The file and the position delete files that apply to it.
    """

    def __init__(self, table: Table, task: FileScanTask) -> None:
        self._table = table
        self._task = task

    @property
    def num_rows(self) -> int:
        """Number of rows that are not deleted."""
        rows = self._task.file.record_count
        return int(rows - np.count_nonzero(self._deleted)) if self._task.delete_files else rows

    def are_deleted(self, positions: np.ndarray) -> np.ndarray:
        """Whether the row at each position is deleted."""
        deleted: np.ndarray = self._deleted[positions]
        return deleted

    def key_columns(
        self, columns: Sequence[str], sorted_keys: Mapping[str, np.ndarray]
    ) -> Iterator[tuple[int, pa.Table]]:
        """Reads columns of the row groups that may contain a key.

        Args:
            columns: Names in the table's current schema.
            sorted_keys: Sorted values of integer columns; row groups whose statistics exclude all of them are skipped.

        Yields:
            Position in the file of a row group's first row, and all its rows, including deleted ones.
        """
        target = self._target(columns)
        for group, first in self._row_groups():
            if self._may_contain(group, target, sorted_keys):
                yield first, self._read(group, target)

    def rows_without(self, positions: np.ndarray, target: pa.Schema) -> Iterator[RowsTask]:
        """Reads all rows except those at some positions.

        Args:
            positions: Positions of the rows to leave out.
            target: Arrow schema with field ids.

        Yields:
            One task per row group.
        """
        dropped = self._deleted.copy()
        dropped[positions] = True
        for group, first in self._row_groups():
            yield partial(self._kept, group, first, dropped, target)

    def rows_at(self, positions: np.ndarray, target: pa.Schema) -> pa.Table:
        """Reads the rows at the given ascending positions; only the target's columns are read."""
        parts = [target.empty_table()]
        for group, first in self._row_groups():
            last = first + self._parquet.metadata.row_group(group).num_rows
            inside = positions[(positions >= first) & (positions < last)] - first
            if len(inside):
                parts.append(self._read(group, target).take(pa.array(inside)))
        return pa.concat_tables(parts)

    def _kept(self, group: int, first: int, dropped: np.ndarray, target: pa.Schema) -> pa.Table:
        rows = self._read(group, target)
        inside = dropped[first : first + rows.num_rows]
        return rows.filter(pa.array(~inside)) if inside.any() else rows

    @cached_property
    def _parquet(self) -> pq.ParquetFile:
        source = self._table.io.new_input(self._task.file.file_path).open(seekable=True)
        return pq.ParquetFile(source, pre_buffer=False)

    @cached_property
    def _stored(self) -> pa.Schema:
        """The file's schema with field ids."""
        return with_field_ids(self._parquet.schema_arrow, self._table.name_mapping())

    @cached_property
    def _deleted(self) -> np.ndarray:
        """Whether each row of the file is deleted."""
        deleted = np.zeros(self._task.file.record_count, dtype=bool)
        for file in self._task.delete_files:
            deleted[read_positions(self._table.io, file, self._task.file)] = True
        return deleted

    def _target(self, columns: Sequence[str]) -> pa.Schema:
        schema = write_schema(self._table.schema())
        return pa.schema([schema.field(column) for column in columns])

    def _row_groups(self) -> Iterator[tuple[int, int]]:
        first = 0
        for group in range(self._parquet.metadata.num_row_groups):
            yield group, first
            first += self._parquet.metadata.row_group(group).num_rows

    def _read(self, group: int, target: pa.Schema) -> pa.Table:
        stored = self._stored
        positions = by_field_id(stored)
        wanted = [positions[i] for field in target if (i := field_id(field)) is not None and i in positions]
        names = [stored.field(position).name for position in wanted]
        rows = self._parquet.read_row_group(group, columns=names, use_threads=False)
        if not names:
            count = self._parquet.metadata.row_group(group).num_rows
            return pa.Table.from_arrays([pa.nulls(count, field.type) for field in target], schema=target)
        return project(rows, pa.schema([stored.field(name) for name in rows.column_names]), target)

    def _may_contain(self, group: int, target: pa.Schema, sorted_keys: Mapping[str, np.ndarray]) -> bool:
        for field in target:
            statistics = self._statistics(group, field)
            keys = sorted_keys.get(field.name)
            if keys is not None and statistics is not None and statistics.has_min_max:
                low = np.searchsorted(keys, statistics.min, "left")
                high = np.searchsorted(keys, statistics.max, "right")
                if low == high:
                    return False
        return True

    def _statistics(self, group: int, field: pa.Field) -> Any:
        position = by_field_id(self._stored).get(field_id(field) or 0)
        if position is None:
            return None
        name = self._stored.field(position).name
        row_group = self._parquet.metadata.row_group(group)
        columns = (row_group.column(index) for index in range(row_group.num_columns))
        return next((column.statistics for column in columns if column.path_in_schema == name), None)
