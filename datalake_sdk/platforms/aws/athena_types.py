"""Maps Athena's types to Arrow types, and to expressions that UNLOAD can write to Parquet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import pyarrow as pa

from datalake_sdk.sql_quotes import quoted

_PLAIN: dict[str, pa.DataType] = {
    "bigint": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "double": pa.float64(),
    "float": pa.float32(),
    "int": pa.int32(),
    "integer": pa.int32(),
    "real": pa.float32(),
    "smallint": pa.int16(),
    "tinyint": pa.int8(),
    "varbinary": pa.binary(),
    "varchar": pa.string(),
}
"""Types that Hive's Parquet writer, which UNLOAD uses, supports."""
_TIMESTAMP, _TIMESTAMP_TZ, _TIME = pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.time64("us")
_ELEMENT = "l"
"""DuckDB's field name for list elements: a result has the same type on every platform."""
_TOKEN = re.compile(r'"(?:[^"]|"")*"|\w+|[(),]')


@dataclass(frozen=True)
class AthenaType:
    """One type.

    Args:
        arrow: Type of the result, the same as on the embedded lake.
        is_unloadable: Whether UNLOAD can write it; other types are written as strings.
        expression: Returns the SQL that converts a value to what UNLOAD writes.
    """

    arrow: pa.DataType
    is_unloadable: bool
    expression: Callable[[str], str]


def parse_type(name: str) -> AthenaType:
    """Parses the name of a type that Athena's `typeof()` returns, for example `array(row("a" decimal(5,2)))`.

    Timestamps are written as strings: UNLOAD truncates to milliseconds, drops zones and rejects Iceberg's microseconds.
    See https://github.com/aws/aws-sdk-pandas/issues/2252.
    """
    return _Parser(name).type()


def is_nested(name: str) -> bool:
    """Whether a type is nested: GetQueryResults does not return the types of its fields."""
    return name in ("array", "map", "row")


def cast_column(column: pa.Array, target: pa.DataType) -> pa.Array:
    """Converts a column of an unloaded file or a CSV file to the type of the result."""
    if column.type.equals(target):
        return column
    if pa.types.is_time(target) or (pa.types.is_nested(target) and _contains_times(target)):
        return pa.array([_value(value, target) for value in column.to_pylist()], target)
    return column.cast(target)


def _contains_times(target: pa.DataType) -> bool:
    if pa.types.is_nested(target):
        return any(_contains_times(target.field(index).type) for index in range(target.num_fields))
    return bool(pa.types.is_timestamp(target) or pa.types.is_time(target))


class _Parser:
    """A recursive-descent parser for the names of types."""

    def __init__(self, name: str) -> None:
        self._tokens = _TOKEN.findall(name)
        self._lambdas: Iterator[str] = (f"x{number}" for number in range(len(name)))

    def type(self) -> AthenaType:
        name = self._tokens.pop(0).lower()
        match name:
            case "array":
                return self._array()
            case "map":
                return self._map()
            case "row":
                return self._row()
            case "decimal":
                precision, scale = self._numbers()
                return AthenaType(pa.decimal128(precision, scale), True, lambda value: value)
        self._numbers()
        has_zone = self._has_zone()
        if name in _PLAIN:
            return AthenaType(_PLAIN[name], True, lambda value: value)
        return _as_string(name, has_zone)

    def _array(self) -> AthenaType:
        (element,) = self._inner()
        name = next(self._lambdas)
        converted = element.expression(name)
        return AthenaType(
            pa.list_(pa.field(_ELEMENT, element.arrow)),
            element.is_unloadable,
            lambda value: value if element.is_unloadable else f"transform({value}, {name} -> {converted})",
        )

    def _map(self) -> AthenaType:
        key, held = self._inner()
        is_unloadable = key.is_unloadable and held.is_unloadable
        k, v = next(self._lambdas), next(self._lambdas)

        def expression(value: str) -> str:
            if is_unloadable:
                return value
            keys = f"transform(map_keys({value}), {k} -> {key.expression(k)})"
            return f"map({keys}, transform(map_values({value}), {v} -> {held.expression(v)}))"

        return AthenaType(pa.map_(key.arrow, held.arrow), is_unloadable, expression)

    def _row(self) -> AthenaType:
        fields: list[tuple[str, AthenaType]] = []
        named = True
        while self._tokens.pop(0) in ("(", ","):
            # The type of ROW(1, 'a'), whose fields have no names, is row(integer, varchar(1)).
            named = self._tokens[1] not in ("(", ",", ")")
            name = self._tokens.pop(0).strip('"').replace('""', '"') if named else f"field{len(fields)}"
            fields.append((name, self.type()))
        is_unloadable = named and all(field.is_unloadable for _, field in fields)
        arrow = pa.struct([(name, field.arrow) for name, field in fields])

        def expression(value: str) -> str:
            if is_unloadable:
                return value
            accessors = [f".{quoted(name)}" if named else f"[{index + 1}]" for index, (name, _) in enumerate(fields)]
            parts = (field.expression(value + accessor) for accessor, (_, field) in zip(accessors, fields, strict=True))
            return f"IF({value} IS NULL, NULL, CAST(ROW({', '.join(parts)}) AS {_written_type(arrow)}))"

        return AthenaType(arrow, is_unloadable, expression)

    def _inner(self) -> list[AthenaType]:
        found = []
        while self._tokens.pop(0) in ("(", ","):
            found.append(self.type())
        return found

    def _numbers(self) -> list[int]:
        numbers = []
        if self._tokens[:1] == ["("]:
            while self._tokens.pop(0) in ("(", ","):
                numbers.append(int(self._tokens.pop(0)))
        return numbers

    def _has_zone(self) -> bool:
        words = []
        while self._tokens and re.fullmatch(r"[a-z]+", self._tokens[0]):
            words.append(self._tokens.pop(0))
        return words == ["with", "time", "zone"]


def _as_string(name: str, has_zone: bool) -> AthenaType:
    if name == "timestamp" and has_zone:
        utc = "CAST(CAST({} AT TIME ZONE 'UTC' AS timestamp(6)) AS varchar) || 'Z'"
        return AthenaType(_TIMESTAMP_TZ, False, utc.format)
    if name == "timestamp":
        return AthenaType(_TIMESTAMP, False, "CAST(CAST({} AS timestamp(6)) AS varchar)".format)
    if name == "time" and not has_zone:
        return AthenaType(_TIME, False, "CAST({} AS varchar)".format)
    return AthenaType(pa.string(), False, ("json_format({})" if name == "json" else "CAST({} AS varchar)").format)


def _written_type(arrow: pa.DataType) -> str:
    """Returns Trino's name for the type in which UNLOAD writes an Arrow type."""
    if pa.types.is_list(arrow):
        return f"array({_written_type(arrow.value_type)})"
    if pa.types.is_map(arrow):
        return f"map({_written_type(arrow.key_type)}, {_written_type(arrow.item_type)})"
    if pa.types.is_struct(arrow):
        return f"row({', '.join(f'{quoted(field.name)} {_written_type(field.type)}' for field in arrow)})"
    if pa.types.is_decimal(arrow):
        return f"decimal({arrow.precision},{arrow.scale})"
    names = {held: name for name, held in _PLAIN.items() if name not in ("float", "int")}
    return names.get(arrow, "varchar")


def _value(value: Any, target: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_list(target):
        return [_value(element, target.value_type) for element in value]
    if pa.types.is_map(target):
        return [(_value(key, target.key_type), _value(held, target.item_type)) for key, held in value]
    if pa.types.is_struct(target):
        return {field.name: _value(value[field.name], field.type) for field in target}
    if pa.types.is_timestamp(target) and isinstance(value, str):
        return datetime.fromisoformat(value)
    if pa.types.is_time(target) and isinstance(value, str):
        return time.fromisoformat(value)
    return value
