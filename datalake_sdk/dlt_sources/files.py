"""Reads the files that dlt normalized for one table."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

from datalake_sdk.errors import SourceDataError
from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.options import InputOptions

_TYPES = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "binary": pa.string(),
}
"""Types in JSON, by dlt's name; https://dlthub.com/docs/general-usage/schema#data-types."""
_BINARY = "binary"
_DLT_PREFIX = "_dlt_"
"""Prefix of dlt's own columns, such as `_dlt_load_id`."""


def normalized_rows(
    table: str,
    paths: Sequence[Path],
    columns: Mapping[str, Mapping[str, Any]],
    stored: Mapping[str, pa.DataType],
) -> pa.RecordBatchReader:
    """Streams the rows of files, without dlt's own columns.

    Args:
        table: Name for messages.
        paths: JSON Lines files of dictionaries, or Parquet files of Arrow tables; in one folder.
        columns: Columns of the table, in dlt's form.
        stored: Types of the columns of the table in the lake; the types of nested values start from them.

    Raises:
        SourceDataError: The resource yields rows in both forms.
    """
    is_parquet = {path.suffix == ".parquet" for path in paths}
    if len(is_parquet) > 1:
        raise SourceDataError(
            table, None, "the resource yields dictionaries and Arrow tables; it must yield one of them"
        )
    if is_parquet.pop():
        return _parquet_rows(paths)
    return _json_rows(paths, columns, stored)


def _parquet_rows(paths: Sequence[Path]) -> pa.RecordBatchReader:
    schemas = [ds.dataset(path).schema for path in paths]
    files = ds.dataset(list(map(str, paths)), schema=pa.unify_schemas(schemas, promote_options="permissive"))
    names = [name for name in files.schema.names if not name.startswith(_DLT_PREFIX)]
    return files.scanner(columns=names, batch_readahead=1, fragment_readahead=1).to_reader()


def _json_rows(
    paths: Sequence[Path], columns: Mapping[str, Mapping[str, Any]], stored: Mapping[str, pa.DataType]
) -> pa.RecordBatchReader:
    declared = {name: _type(column) for name, column in columns.items() if column.get("data_type") in _DECLARED}
    options = InputOptions(input_format="json", types={**stored, **declared}, declared=frozenset(declared))
    # Names of dlt's files are `table.file_id.retries.format`.
    stream = open_input(str(paths[0].with_name(f"{paths[0].name.partition('.')[0]}.*")), options)
    stream.resolve_types()
    binary = {name for name, column in columns.items() if column.get("data_type") == _BINARY}
    fields = [
        pa.field(field.name, pa.binary()) if field.name in binary else field
        for field in stream.schema
        if not field.name.startswith(_DLT_PREFIX)
    ]
    schema = pa.schema(fields)
    return pa.RecordBatchReader.from_batches(schema, (_selected(task(), schema) for task in stream.tasks()))


_DECLARED = frozenset({*_TYPES, "decimal", "timestamp"})


def _type(column: Mapping[str, Any]) -> pa.DataType:
    kind = column["data_type"]
    if kind == "decimal":
        return pa.decimal128(column.get("precision", 38), column.get("scale", 9))
    if kind == "timestamp":
        return pa.timestamp("us", "UTC" if column.get("timezone", True) else None)
    return _TYPES[kind]


def _selected(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [_array(batch.column(field.name), field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    if array.type.equals(wanted):
        return array
    return pa.array(_decoded(array), wanted)


def _decoded(array: pa.Array) -> Iterator[bytes | None]:
    # dlt writes binary values to JSON in base64.
    return (None if text is None else b64decode(text) for text in array.to_pylist())
