"""Converts conditions of a query to an Iceberg expression, by which scans skip manifests and files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pyiceberg.expressions import (
    AlwaysTrue,
    And,
    BooleanExpression,
    EqualTo,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    LessThan,
    LessThanOrEqual,
)
from pyiceberg.schema import Schema
from pyiceberg.types import DateType, IcebergType, IntegerType, LongType, StringType, TimestampType

if TYPE_CHECKING:
    from datalake_sdk.sql.column_conditions import ColumnCondition

_EXPRESSIONS: dict[str, Any] = {
    "in": In,
    "=": EqualTo,
    "<": LessThan,
    "<=": LessThanOrEqual,
    ">": GreaterThan,
    ">=": GreaterThanOrEqual,
}
_LITERALS: dict[type[IcebergType], type] = {
    IntegerType: int,
    LongType: int,
    StringType: str,
    DateType: date,
    TimestampType: datetime,
}
"""Types of constants that are compared as their columns are, without a conversion."""
_LONGS = range(-(1 << 63), 1 << 63)


def row_filter(schema: Schema, conditions: Iterable[ColumnCondition]) -> BooleanExpression:
    """Combines the conditions that statistics of files can exclude; the others are left out.

    Args:
        schema: Current schema of the table.
        conditions: Conditions that all selected rows meet.
    """
    names = {field.name.lower(): field for field in schema.fields}
    combined: BooleanExpression = AlwaysTrue()
    for condition in conditions:
        field = names.get(condition.column)
        if field is not None and all(_is_comparable(field.field_type, value) for value in condition.values):
            constant = condition.values if condition.operator == "in" else condition.values[0]
            combined = And(combined, _EXPRESSIONS[condition.operator](field.name, constant))
    return combined


def _is_comparable(data_type: IcebergType, value: object) -> bool:
    return type(value) is _LITERALS.get(type(data_type)) and (not isinstance(value, int) or value in _LONGS)
