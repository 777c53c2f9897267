"""Types of results: their names in Trino, whether Hive supports them, and Athena's format of their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from duckdb.sqltypes import DuckDBPyType

from test.emulator.athena_errors import FailedError

_NAMES = {
    "bigint": "bigint",
    "blob": "varbinary",
    "boolean": "boolean",
    "date": "date",
    "double": "double",
    "float": "real",
    "hugeint": "bigint",
    "integer": "integer",
    "interval": "interval day to second",
    "null": "unknown",
    "smallint": "smallint",
    "time": "time(6)",
    "timestamp": "timestamp(6)",
    "timestamp with time zone": "timestamp(6) with time zone",
    "timestamp_ms": "timestamp(3)",
    "timestamp_s": "timestamp(0)",
    "tinyint": "tinyint",
    "ubigint": "bigint",
    "uuid": "uuid",
    "varchar": "varchar",
}
_PRECISIONS = {"bigint": 19, "double": 17, "float": 17, "integer": 10, "smallint": 5, "tinyint": 3, "timestamp": 3}
_TEXT_LENGTH = 2147483647
_NOT_IN_HIVE = ("interval day to second", "json", "time(6)", "unknown", "uuid")


@dataclass(frozen=True)
class Column:
    """A column of a result.

    Attributes:
        name: Name in the query.
        type: Name that `typeof()` returns, for example `array(row("a" integer))`.
    """

    name: str
    type: str

    def info(self) -> dict[str, Any]:
        """Returns the column's entry of GetQueryResults, which omits element and field types of nested types."""
        base = self.type.split("(")[0]
        base = "timestamp with time zone" if self.type.endswith("with time zone") else base
        base = "float" if base == "real" else base
        precision, scale = _PRECISIONS.get(base, 0), 0
        if base == "decimal":
            precision, scale = map(int, self.type.removeprefix("decimal(").removesuffix(")").split(","))
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": base,
            "Precision": _TEXT_LENGTH if base == "varchar" else precision,
            "Scale": scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": base == "varchar",
        }


def trino_type(data_type: DuckDBPyType) -> str:
    """Returns Trino's name for a DuckDB type, as `typeof()` returns it."""
    if str(data_type) == "JSON":
        return "json"
    if data_type.id == "decimal":
        return "decimal({},{})".format(*(value for _, value in data_type.children))
    if data_type.id == "list":
        return f"array({trino_type(data_type.children[0][1])})"
    if data_type.id == "map":
        return "map({}, {})".format(*(trino_type(child) for _, child in data_type.children))
    if data_type.id == "struct":
        fields = ", ".join(f'"{name}" {trino_type(child)}' for name, child in data_type.children)
        return f"row({fields})"
    if data_type.id == "tuple":
        # Rows without names: https://trino.io/docs/current/language/types.html#row
        return f"row({', '.join(trino_type(child) for _, child in data_type.children)})"
    return _NAMES[data_type.id]


def check_hive(columns: list[Column]) -> None:
    """Rejects types that Hive's Parquet writer, which UNLOAD and non-Iceberg CTAS use, does not support.

    See https://github.com/aws/aws-sdk-pandas/issues/2252.
    """
    names = [column.name for column in columns]
    for index, column in enumerate(columns):
        if column.name in names[:index]:
            raise FailedError("DUPLICATE_COLUMN_NAME", f"Column name '{column.name}' specified more than once")
        if "with time zone" in column.type or any(unsupported in column.type for unsupported in _NOT_IN_HIVE):
            raise FailedError("NOT_SUPPORTED", f"Unsupported Hive type: {column.type}")
        for precision in ("0", "6"):
            if f"timestamp({precision})" in column.type:
                text = f"Incorrect timestamp precision for timestamp({precision})"
                raise FailedError("NOT_SUPPORTED", f"{text}; the configured precision is MILLISECONDS")


def formatter(type_name: str) -> Callable[[Any], str | None]:
    """Returns a function that formats values of a type as Athena does; it returns None for None."""
    if type_name.startswith("timestamp("):
        digits = int(type_name[len("timestamp(")])
        zone = " UTC" if type_name.endswith("zone") else ""
        return lambda value: None if value is None else _time(value, digits) + zone
    return lambda value: None if value is None else text(value)


def text(value: Any) -> str:
    """Formats a value as in Athena's CSV files."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case float():
            return _number(value)
        case Decimal():
            return f"{value:f}"
        case datetime():
            return _time(value, 6) + (" UTC" if value.tzinfo else "")
        case bytes():
            return value.hex(" ")
        case list() if value and isinstance(value[0], tuple):
            return "{" + ", ".join(f"{key}={text(held)}" for key, held in value) + "}"
        case list():
            return "[" + ", ".join(map(text, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{name}={text(held)}" for name, held in value.items()) + "}"
    return str(value)


def _time(value: datetime, digits: int) -> str:
    shown = value.astimezone(UTC) if value.tzinfo else value
    fraction = f".{shown.microsecond:06d}"[: digits + 1] if digits else ""
    return f"{shown:%Y-%m-%d %H:%M:%S}{fraction}"


def _number(value: float) -> str:
    """Formats a number as Java does: with an exponent from 10^7 and below 10^-3."""
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return f"{value!r}" if "e" not in repr(value) else f"{value:f}"
    mantissa, _, exponent = f"{Decimal(repr(value)):E}".partition("E")
    digits = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{digits}{'' if '.' in digits else '.0'}E{int(exponent)}"
