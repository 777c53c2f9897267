"""Conforms record batches to a table's schema: columns are matched by name and cast exactly."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pyarrow as pa

from datalake_sdk.engine.date_range import check_dates
from datalake_sdk.engine.exact_casts import InexactCastError, exact_cast
from datalake_sdk.engine.types import format_type, iceberg_type
from datalake_sdk.errors import IncompatibleColumnError


def conform(
    table: str,
    batch: pa.RecordBatch,
    sources: Mapping[str, int],
    schema: pa.Schema,
    null_only: Collection[str] = (),
) -> pa.Table:
    """Conforms a batch to the table's columns and their order.

    Args:
        table: Name for messages.
        batch: Columns in the input's order.
        sources: Position in the batch of each column, by its name in the table; columns without one are null.
        schema: Arrow schema of the data files.
        null_only: Columns in which the batch must not have values.

    Returns:
        Rows with exactly that schema.

    Raises:
        IncompatibleColumnError: The table's column cannot hold a value.
    """
    columns = [
        conform_column(table, field, batch.column(sources[field.name]), null_only)
        if field.name in sources
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def conform_column(table: str, field: pa.Field, column: pa.Array, null_only: Collection[str] = ()) -> pa.Array:
    """Casts a column of a batch to the type of the table's column.

    Args:
        table: Name for messages.
        field: The table's column in the Arrow schema of the data files.
        column: Values of the batch.
        null_only: Columns in which the batch must not have values.

    Raises:
        IncompatibleColumnError: The table's column cannot hold a value.
        DateOutOfRangeError: A date or timestamp is outside the years 1 to 9999.
    """
    if field.name in null_only:
        return _nulls(table, field, column)
    try:
        values = exact_cast(column, field.type)
    except InexactCastError as error:
        check_dates(table, field.name, column)
        raise _incompatible(table, field, column, error.examples) from None
    check_dates(table, field.name, values)
    return values


def _nulls(table: str, field: pa.Field, column: pa.Array) -> pa.Array:
    if column.null_count < len(column):
        raise _incompatible(table, field, column)
    return pa.nulls(len(column), field.type)


def _incompatible(table: str, field: pa.Field, column: pa.Array, values: Sequence[str] = ()) -> IncompatibleColumnError:
    stored, given = (format_type(iceberg_type(table, field.name, each)) for each in (field.type, column.type))
    return IncompatibleColumnError(table, field.name, stored, given, values)
