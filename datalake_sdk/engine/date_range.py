"""Checks that dates and timestamps are within the years 1 to 9999, the range that Python, pyiceberg and SQL support."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from datalake_sdk.calendar import outside_calendar
from datalake_sdk.errors import DateOutOfRangeError
from datalake_sdk.nested_arrays import flattened


def check_dates(table: str, name: str, column: pa.Array) -> None:
    """Checks the dates and timestamps of a column, including nested ones.

    Args:
        table: Name for messages.
        name: Column of the table.
        column: Values of any type; only dates and timestamps are checked.

    Raises:
        DateOutOfRangeError: A date or timestamp is outside the years 1 to 9999.
    """
    for values in _dates(column):
        if problem := outside_calendar(values):
            raise DateOutOfRangeError(table, name, problem)


def _dates(column: pa.Array) -> Iterator[pa.Array]:
    if pa.types.is_date32(column.type) or pa.types.is_timestamp(column.type):
        yield column
    elif pa.types.is_struct(column.type):
        for child in column.flatten():
            yield from _dates(child)
    elif pa.types.is_list(column.type):
        yield from _dates(flattened(column))
    elif pa.types.is_map(column.type):
        yield from _dates(column.keys)
        yield from _dates(column.items)
