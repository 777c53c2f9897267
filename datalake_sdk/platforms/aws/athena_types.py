"""Athena's types: what each is in Arrow, and as what UNLOAD can carry it to a Parquet file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import pyarrow as pa

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
"""Types that Hive's Parquet writer, which UNLOAD uses, takes as they are."""
_TIMESTAMP, _TIMESTAMP_TZ, _TIME = pa.timestamp("us"), pa.timestamp("us", "UTC"), pa.time64("us")
_ELEMENT = "l"
"""Name of a list's elements where DuckDB made the list: a result has one type on every platform."""
_TOKEN = re.compile(r'"(?:[^"]|"")*"|\w+|[(),]')


@dataclass(frozen=True)
class AthenaType:
    """One type.

    Args:
        arrow: As the local platform has it.
        carried: Whether UNLOAD takes it as it is; everything else travels as text.
        expression: SQL that makes what travels of a value.
    """

    arrow: pa.DataType
    carried: bool
    expression: Callable[[str], str]


def parse_type(name: str) -> AthenaType:
    """Reads a type as Athena's `typeof()` names it, for example `array(row("a" decimal(5,2)))`.

    Timestamps travel as text: UNLOAD writes milliseconds, no zone, and refuses the microseconds that Iceberg has.
    See https://github.com/aws/aws-sdk-pandas/issues/2252.
    """
    return _Parser(name).type()


def is_nested(name: str) -> bool:
    """Whether a type holds others: GetQueryResults does not say which."""
    return name in ("array", "map", "row")


def from_text(column: pa.Array, target: pa.DataType) -> pa.Array:
    """Values as they travelled, as what they are."""
    if column.type.equals(target):
        return column
    if pa.types.is_time(target) or (pa.types.is_nested(target) and _holds_times(target)):
        return pa.array([_value(value, target) for value in column.to_pylist()], target)
    return column.cast(target)


def _holds_times(target: pa.DataType) -> bool:
    if pa.types.is_nested(target):
        return any(_holds_times(target.field(index).type) for index in range(target.num_fields))
    return bool(pa.types.is_timestamp(target) or pa.types.is_time(target))


class _Parser:
    """Reads a type's name from left to right."""

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
        return _carried_as_text(name, has_zone)

    def _array(self) -> AthenaType:
        (element,) = self._inner()
        name = next(self._lambdas)
        return AthenaType(
            pa.list_(pa.field(_ELEMENT, element.arrow)),
            element.carried,
            lambda value: value if element.carried else f"transform({value}, {name} -> {element.expression(name)})",
        )

    def _map(self) -> AthenaType:
        key, held = self._inner()
        carried = key.carried and held.carried
        k, v = next(self._lambdas), next(self._lambdas)

        def expression(value: str) -> str:
            if carried:
                return value
            keys = f"transform(map_keys({value}), {k} -> {key.expression(k)})"
            return f"map({keys}, transform(map_values({value}), {v} -> {held.expression(v)}))"

        return AthenaType(pa.map_(key.arrow, held.arrow), carried, expression)

    def _row(self) -> AthenaType:
        fields: list[tuple[str, AthenaType]] = []
        named = True
        while self._tokens.pop(0) in ("(", ","):
            # A row without names, as ROW(1, 'a') makes it, is row(integer, varchar(1)).
            named = self._tokens[1] not in ("(", ",", ")")
            name = self._tokens.pop(0).strip('"').replace('""', '"') if named else f"field{len(fields)}"
            fields.append((name, self.type()))
        carried = named and all(field.carried for _, field in fields)
        arrow = pa.struct([(name, field.arrow) for name, field in fields])

        def expression(value: str) -> str:
            if carried:
                return value
            places = [f".{quoted(name)}" if named else f"[{index + 1}]" for index, (name, _) in enumerate(fields)]
            parts = (field.expression(value + place) for place, (_, field) in zip(places, fields, strict=True))
            return f"IF({value} IS NULL, NULL, CAST(ROW({', '.join(parts)}) AS {_travelling(arrow)}))"

        return AthenaType(arrow, carried, expression)

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


def _carried_as_text(name: str, has_zone: bool) -> AthenaType:
    if name == "timestamp" and has_zone:
        utc = "CAST(CAST({} AT TIME ZONE 'UTC' AS timestamp(6)) AS varchar) || 'Z'"
        return AthenaType(_TIMESTAMP_TZ, False, utc.format)
    if name == "timestamp":
        return AthenaType(_TIMESTAMP, False, "CAST(CAST({} AS timestamp(6)) AS varchar)".format)
    if name == "time" and not has_zone:
        return AthenaType(_TIME, False, "CAST({} AS varchar)".format)
    return AthenaType(pa.string(), False, ("json_format({})" if name == "json" else "CAST({} AS varchar)").format)


def _travelling(arrow: pa.DataType) -> str:
    """Trino's name of the type in which values of an Arrow type travel."""
    if pa.types.is_list(arrow):
        return f"array({_travelling(arrow.value_type)})"
    if pa.types.is_map(arrow):
        return f"map({_travelling(arrow.key_type)}, {_travelling(arrow.item_type)})"
    if pa.types.is_struct(arrow):
        return f"row({', '.join(f'{quoted(field.name)} {_travelling(field.type)}' for field in arrow)})"
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


def quoted(name: str) -> str:
    """A name in SQL."""
    return '"' + name.replace('"', '""') + '"'
