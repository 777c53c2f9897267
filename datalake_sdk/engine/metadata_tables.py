"""Iceberg's metadata tables with the columns that Athena returns."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import NestedField

from datalake_sdk.errors import UnknownMetadataTableError

_FILES_COLUMNS = (
    "content",
    "file_path",
    "file_format",
    "record_count",
    "file_size_in_bytes",
    "column_sizes",
    "value_counts",
    "null_value_counts",
    "nan_value_counts",
    "lower_bounds",
    "upper_bounds",
    "key_metadata",
    "split_offsets",
    "equality_ids",
)
_PARTITIONS_COLUMNS = {
    "partition": "partition",
    "record_count": "record_count",
    "file_count": "file_count",
    "total_data_file_size_in_bytes": "total_size",
}


def metadata_rows(table: Table, name: str) -> pa.Table:
    """Rows of `"table$name"`.

    See https://docs.aws.amazon.com/athena/latest/ug/querying-iceberg-table-metadata.html.

    Raises:
        UnknownMetadataTableError: The metadata table does not exist or is not supported.
    """
    if name not in _READERS:
        raise UnknownMetadataTableError(".".join(table.name()), name, list(_READERS))
    return _in_utc(_READERS[name](_with_partition_sources(table)))


def _with_partition_sources(table: Table) -> Table:
    """Returns the table with the dropped columns by which it was partitioned; pyiceberg finds no type without them."""
    schema = table.schema()
    sources = {field.source_id for spec in table.specs().values() for field in spec.fields}
    dropped = sources - set(schema.field_ids)
    if not dropped:
        return table
    earlier = {number: each for each in table.schemas().values() for number in dropped.intersection(each.field_ids)}
    # Another column may have the name by now.
    columns = [
        NestedField(number, f"dropped_{number}", each.find_type(number), required=False)
        for number, each in earlier.items()
    ]
    extended = Schema(*schema.fields, *columns, schema_id=schema.schema_id)
    schemas = [extended if each.schema_id == schema.schema_id else each for each in table.metadata.schemas]
    metadata = table.metadata.model_copy(update={"schemas": schemas})
    return Table(table.name(), metadata, table.metadata_location, table.io, table.catalog)


def _snapshots(table: Table) -> pa.Table:
    return table.inspect.snapshots()


def _history(table: Table) -> pa.Table:
    return table.inspect.history()


def _files(table: Table) -> pa.Table:
    return table.inspect.files().select(_FILES_COLUMNS)


def _partitions(table: Table) -> pa.Table:
    if table.current_snapshot() is None:
        return pa.table({"record_count": pa.array([], pa.int64()), "file_count": pa.array([], pa.int32())})
    rows = table.inspect.partitions()
    kept = [column for column in _PARTITIONS_COLUMNS if column in rows.column_names]
    return rows.select(kept).rename_columns([_PARTITIONS_COLUMNS[column] for column in kept])


def _refs(table: Table) -> pa.Table:
    return table.inspect.refs()


_READERS: dict[str, Callable[[Table], pa.Table]] = {
    "snapshots": _snapshots,
    "history": _history,
    "files": _files,
    "partitions": _partitions,
    "refs": _refs,
}


def _in_utc(rows: pa.Table) -> pa.Table:
    fields = [
        field.with_type(pa.timestamp(field.type.unit, "UTC")) if pa.types.is_timestamp(field.type) else field
        for field in rows.schema
    ]
    return rows.cast(pa.schema(fields))
