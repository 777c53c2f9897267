"""Batches in the input's shape become rows in the table's shape: by name, with checked casts."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.errors import IncompatibleColumnError


def conform(table: str, batch: pa.RecordBatch, sources: Mapping[str, int], schema: pa.Schema) -> pa.Table:
    """Gives a batch the table's columns, in the table's order.

    Args:
        table: Name for messages.
        batch: Columns in the input's order.
        sources: Position in the batch of each stored column that the batch has; others are null.
        schema: Arrow schema of the data files.

    Returns:
        Rows of exactly that schema.

    Raises:
        IncompatibleColumnError: A value does not fit the table's column.
    """
    columns = [
        _cast(table, field, batch.column(sources[field.name]))
        if field.name in sources
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def _cast(table: str, field: pa.Field, column: pa.Array) -> pa.Array:
    if column.type == field.type:
        return column
    try:
        return _plain(column, field.type).cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        given = str(column.type)
        raise IncompatibleColumnError(table, field.name, str(field.type), given, str(error)) from None


def _plain(column: pa.Array, target: pa.DataType) -> pa.Array:
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_run_end_encoded(column.type):
        column = pc.run_end_decode(column)
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        # Iceberg v2 keeps microseconds. https://iceberg.apache.org/spec/#primitive-types
        return column.cast(pa.timestamp("us", column.type.tz), safe=False)
    if pa.types.is_time(column.type) and column.type.unit == "ns":
        return column.cast(pa.time64("us"), safe=False)
    if pa.types.is_integer(column.type) and pa.types.is_decimal(target):
        return column.cast(pa.decimal128(20 + target.scale, target.scale))
    return column
