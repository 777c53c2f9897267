"""Reads staged files to rewrite them: for another schema or spec after a conflict, or to fill in stored values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.io import FileIO
from pyiceberg.table.metadata import TableMetadata

from datalake_sdk.engine.conform import conform_column
from datalake_sdk.engine.projection import field_id
from datalake_sdk.engine.staging import RowsTask, StagedFile


def is_schema_compatible(staged: pa.Schema, target: pa.Schema) -> bool:
    """Whether files written in one schema are valid in another: same ids, names and types; columns may be added."""
    offered = {field.name: field for field in target}
    return all(
        field.name in offered
        and offered[field.name].type == field.type
        and field_id(offered[field.name]) == field_id(field)
        for field in staged
    )


def has_same_partitioning(staged: TableMetadata, current: TableMetadata) -> bool:
    """Whether two table versions have the same partition spec."""
    return staged.default_spec_id == current.default_spec_id and staged.spec() == current.spec()


def read_staged_rows(
    table: str,
    io: FileIO,
    files: Sequence[StagedFile],
    schema: pa.Schema,
    filled: pa.Table | None = None,
    null_only: Collection[str] = (),
) -> Iterator[RowsTask]:
    """Reads the rows of staged files.

    Args:
        table: Name for messages.
        io: The table's storage.
        files: Complete files, in the order of the batch.
        schema: Schema of the returned rows; columns are matched by name.
        filled: Columns that replace staged ones, with one row per row of the batch.
        null_only: Columns in which the batch must not have values.

    Yields:
        One task per row group.
    """
    first = 0
    for file in files:
        with io.new_input(file.data_file.file_path).open(seekable=True) as source:
            parquet = pq.ParquetFile(source, pre_buffer=False)
            for group in range(parquet.metadata.num_row_groups):
                rows = parquet.read_row_group(group, use_threads=False)
                part = filled.slice(first, rows.num_rows) if filled is not None else None
                first += rows.num_rows
                yield partial(_arranged, table, rows, part, schema, null_only)


def _arranged(
    table: str, rows: pa.Table, filled: pa.Table | None, schema: pa.Schema, null_only: Collection[str]
) -> pa.Table:
    names = filled.column_names if filled is not None else []
    columns = []
    for field in schema:
        if filled is not None and field.name in names:
            columns.append(filled[field.name])
        elif field.name in rows.column_names:
            chunks = [conform_column(table, field, chunk, null_only) for chunk in rows[field.name].chunks]
            columns.append(pa.chunked_array(chunks, field.type))
        else:
            columns.append(pa.chunked_array([pa.nulls(rows.num_rows, field.type)]))
    return pa.Table.from_arrays(columns, schema=schema)
