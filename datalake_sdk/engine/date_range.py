"""Checks that dates and timestamps are within the years 1 to 9999, the range that Python, pyiceberg and SQL support."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.calendar import FIRST_DAY, LAST_DAY
from datalake_sdk.errors import DateOutOfRangeError
from datalake_sdk.nested_arrays import flattened

_UNITS_PER_DAY = {"s": 86_400, "ms": 86_400_000, "us": 86_400_000_000, "ns": 86_400_000_000_000}


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
        is_date = pa.types.is_date32(values.type)
        unit, data_type = (1, pa.int32()) if is_date else (_UNITS_PER_DAY[values.type.unit], pa.int64())
        bounds = pc.min_max(values.view(data_type))
        if bounds["min"].is_valid and bounds["min"].as_py() < FIRST_DAY * unit:
            raise DateOutOfRangeError(table, name, "before the year 1")
        if bounds["max"].is_valid and bounds["max"].as_py() >= (LAST_DAY + 1) * unit:
            raise DateOutOfRangeError(table, name, "after the year 9999")


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
