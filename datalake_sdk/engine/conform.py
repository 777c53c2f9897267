"""Batches in the input's shape become rows in the table's shape: by name, with checked casts."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from datalake_sdk.engine.date_range import check_dates
from datalake_sdk.engine.exact_casts import InexactCastError, exact_cast
from datalake_sdk.engine.types import iceberg_type, type_text
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
        conform_column(table, field, batch.column(sources[field.name]))
        if field.name in sources
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def conform_column(table: str, field: pa.Field, column: pa.Array) -> pa.Array:
    """Gives a column of a batch the type of the table's column.

    Args:
        table: Name for messages.
        field: The table's column in the schema of the data files.
        column: Values of the batch.

    Raises:
        IncompatibleColumnError: A value does not fit the table's column.
        DateOutOfRangeError: A date or timestamp is outside the years 1 to 9999.
    """
    try:
        values = exact_cast(column, field.type)
    except InexactCastError as misfit:
        stored = type_text(iceberg_type(table, field.name, field.type))
        raise IncompatibleColumnError(table, field.name, stored, str(column.type), misfit.examples) from None
    check_dates(table, field.name, values)
    return values
