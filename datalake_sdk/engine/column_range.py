"""The least and the greatest value of a date or timestamp column, from the metadata of the data files if possible."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import pyarrow as pa
from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile
from pyiceberg.table import FileScanTask, Table
from pyiceberg.types import DateType, NestedField, PrimitiveType, TimestampType, TimestamptzType
from pyiceberg.utils.datetime import days_to_date, micros_to_timestamp

from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.scan import arrow_columns, query_rows, relation
from datalake_sdk.sql_quotes import quoted

TIME_TYPES = (DateType, TimestampType, TimestamptzType)


@dataclass(frozen=True)
class TimeRange:
    """The times of the rows in a column.

    Args:
        first: Earliest time; a date is its first moment in UTC, and a timestamp without a zone is in UTC.
        last: Latest time.
    """

    first: datetime
    last: datetime


def time_range(table: Table, column: NestedField) -> TimeRange | None:
    """Returns the range of a column of a type in `TIME_TYPES`; None if no row has a value.

    Reads data files only if they have deletes or lack statistics.

    Args:
        table: The table.
        column: Column of its current schema.
    """
    ranges = _file_ranges(plan_files(table), column)
    values = _scanned(table, column) if ranges is None else [value for each in ranges for value in each]
    times = [_time(value) for value in values]
    return TimeRange(min(times), max(times)) if times else None


def _file_ranges(tasks: Iterable[FileScanTask], column: NestedField) -> list[tuple[object, object]] | None:
    """Returns the bounds in each file that has values; None if a file lacks them, or has deletes."""
    ranges = []
    for task in tasks:
        if task.delete_files:
            return None
        if _has_only_nulls(task.file, column.field_id):
            continue
        lower = (task.file.lower_bounds or {}).get(column.field_id)
        upper = (task.file.upper_bounds or {}).get(column.field_id)
        if lower is None or upper is None:
            return None
        ranges.append((_value(column, lower), _value(column, upper)))
    return ranges


def _has_only_nulls(file: DataFile, field_id: int) -> bool:
    return (file.null_value_counts or {}).get(field_id) == file.record_count


def _value(column: NestedField, bound: bytes) -> object:
    assert isinstance(column.field_type, PrimitiveType)
    # Days or microseconds: https://iceberg.apache.org/spec/#appendix-d-single-value-serialization
    number = int(from_bytes(column.field_type, bound))
    return days_to_date(number) if isinstance(column.field_type, DateType) else micros_to_timestamp(number)


def _scanned(table: Table, column: NestedField) -> list[object]:
    name = quoted(column.name)
    field = arrow_columns(table.schema(), [column.name]).field(0)
    target = pa.schema([field.with_name("first"), field.with_name("last")])
    query = f"SELECT min({name}) AS first, max({name}) AS last FROM all_rows"
    (row,) = query_rows(table, {"all_rows": relation(table)}, query, target).read_all().to_pylist()
    return [value for value in row.values() if value is not None]


def _time(value: object) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    assert isinstance(value, date)
    return datetime.combine(value, time(), UTC)
