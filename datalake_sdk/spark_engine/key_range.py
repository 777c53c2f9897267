"""The range of the keys of a batch, for which Iceberg skips files and row groups of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.types import (
    DateType,
    DecimalType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
)

from datalake_sdk.sql.spark.templates import spark_sql

UNBOUNDED = "TRUE"


def key_range(schema: Schema, keys: Sequence[str], files: Sequence[DataFile]) -> str:
    """Returns a condition in Spark SQL that all keys of some data files satisfy.

    Args:
        schema: Schema of the files.
        keys: Key columns.
        files: Files with statistics; a key without statistics is not bounded.
    """
    conditions = [_between(schema.find_field(key), files) for key in keys if files]
    return " AND ".join(filter(None, conditions)) or UNBOUNDED


def _between(field: NestedField, files: Sequence[DataFile]) -> str | None:
    lower = [(file.lower_bounds or {}).get(field.field_id) for file in files]
    upper = [(file.upper_bounds or {}).get(field.field_id) for file in files]
    literal = _LITERALS.get(type(field.field_type))
    if literal is None or None in (*lower, *upper):
        return None
    low, high = (literal(pick(_values(field.field_type, bounds))) for pick, bounds in ((min, lower), (max, upper)))
    return f"`{field.name}` BETWEEN {low} AND {high}"


def _values(field_type: IcebergType, bounds: Sequence[bytes | None]) -> list[Any]:
    return [from_bytes(field_type, bound) for bound in bounds if bound is not None]  # type: ignore[arg-type]


def _string(value: str) -> str:
    from sqlglot import exp

    return spark_sql(exp.Literal.string(value))


def _date(days: int) -> str:
    return f"DATE '{date(1970, 1, 1) + timedelta(days)}'"


def _timestamp(microseconds: int) -> str:
    return f"TIMESTAMP_NTZ '{_datetime(microseconds)}'"


def _timestamptz(microseconds: int) -> str:
    return f"TIMESTAMP_LTZ '{_datetime(microseconds)}+00:00'"


def _datetime(microseconds: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(microseconds=microseconds)


_LITERALS: Mapping[type[IcebergType], Callable[[Any], str]] = {
    IntegerType: "{}L".format,
    LongType: "{}L".format,
    DecimalType: "{:f}BD".format,
    DateType: _date,
    TimestampType: _timestamp,
    TimestamptzType: _timestamptz,
    StringType: _string,
}
"""Literals of Spark SQL; other types are rarely keys, or their order is not that of their statistics."""
