"""Athena's names of column types, and the columns that an incremental model writes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa
from pyiceberg import types as iceberg

from datalake_sdk.engine.types import iceberg_type
from datalake_sdk.errors import ModelColumnsError, UnsupportedModelSettingError
from datalake_sdk.naming import normalized_column_name

_NAMES: dict[type[iceberg.IcebergType], str] = {
    iceberg.BooleanType: "boolean",
    iceberg.IntegerType: "integer",
    iceberg.LongType: "bigint",
    iceberg.FloatType: "real",
    iceberg.DoubleType: "double",
    iceberg.DateType: "date",
    iceberg.TimeType: "time",
    iceberg.TimestampType: "timestamp",
    iceberg.TimestamptzType: "timestamp with time zone",
    iceberg.StringType: "varchar",
    iceberg.UUIDType: "uuid",
    iceberg.BinaryType: "varbinary",
    iceberg.FixedType: "varbinary",
    iceberg.UnknownType: "varchar",
}
_IGNORE, _FAIL, _APPEND, _SYNC = "ignore", "fail", "append_new_columns", "sync_all_columns"


def type_name(column_type: iceberg.IcebergType) -> str:
    """Returns Athena's name of an Iceberg type, for example `array(varchar)`."""
    if isinstance(column_type, iceberg.DecimalType):
        return f"decimal({column_type.precision},{column_type.scale})"
    if isinstance(column_type, iceberg.ListType):
        return f"array({type_name(column_type.element_type)})"
    if isinstance(column_type, iceberg.MapType):
        return f"map({type_name(column_type.key_type)}, {type_name(column_type.value_type)})"
    if isinstance(column_type, iceberg.StructType):
        fields = (f'"{field.name}" {type_name(field.field_type)}' for field in column_type.fields)
        return f"row({', '.join(fields)})"
    return _NAMES[type(column_type)]


def result_types(schema: pa.Schema) -> dict[str, str]:
    """Returns Athena's names of the types of a query's columns."""
    return {field.name: type_name(iceberg_type("query", field.name, field.type)) for field in schema}


def written_columns(table: object, given: Sequence[str], stored: Collection[str], on_change: str) -> list[str]:
    """Returns the columns of an incremental model that are written.

    Args:
        table: Name for messages.
        given: Columns of the query.
        stored: Columns of the table.
        on_change: `on_schema_change` of the model: `ignore` drops new columns, `append_new_columns` writes them, as
            does `sync_all_columns`.

    Raises:
        ModelColumnsError: The columns differ and `on_change` is `fail`, or `sync_all_columns` would remove columns.
        UnsupportedModelSettingError: `on_change` has another value.
    """
    if on_change not in (_IGNORE, _FAIL, _APPEND, _SYNC):
        hint = f"Use one of {_IGNORE}, {_FAIL}, {_APPEND} and {_SYNC}."
        raise UnsupportedModelSettingError(table, "on_schema_change", on_change, hint)
    added = [name for name in given if normalized_column_name(name) not in stored]
    missing = sorted(set(stored) - {normalized_column_name(name) for name in given})
    if (on_change == _FAIL and (added or missing)) or (on_change == _SYNC and missing):
        raise ModelColumnsError(table, on_change, added, missing)
    return [name for name in given if name not in added] if on_change == _IGNORE else list(given)
