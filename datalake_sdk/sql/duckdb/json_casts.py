"""Casts to JSON, and JSON documents in Trino's format."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb
from sqlglot import exp

from datalake_sdk.errors import QueryFailedError
from datalake_sdk.sql.duckdb.java_numbers import java_double
from datalake_sdk.sql.duckdb.python_types import InvalidArgumentError, PythonFunction

_STEP = re.compile(r'\.(?:"([^"]*)"|([^.\[]+))|\[(\d+)\]')
_ROWS = ("struct", "tuple")
_SECONDS_END = 19
_DIGITS = {"timestamp": 6, "timestamp_ms": 3, "timestamp_s": 0, "timestamp with time zone": 6}
Writer = Callable[[Any], str]


class _Object(list[tuple[str, Any]]):
    """Members of a JSON object in order; a row may repeat a name."""


def canonical_json(text: str) -> str:
    """Formats a document with sorted keys and without whitespace.

    Raises:
        InvalidArgumentError: The text is not valid JSON.
    """
    try:
        return _document(json.loads(text, parse_constant=_reject))
    except ValueError as error:
        raise InvalidArgumentError(f"Cannot convert value to JSON: '{text}'") from error


def json_literal(node: exp.ParseJSON) -> exp.Expr:
    """Translates a literal `JSON '…'`."""
    text = node.this
    try:
        document = exp.Literal.string(canonical_json(text.name)) if isinstance(text, exp.Literal) else text
    except InvalidArgumentError as error:
        raise QueryFailedError(str(error)) from error
    return exp.Cast(this=document, to=exp.DataType.build("JSON"))


def _reject(constant: str) -> None:
    raise ValueError(constant)


def _document(item: Any) -> str:
    if isinstance(item, dict):
        return "{" + ",".join(f"{_string(key)}:{_document(item[key])}" for key in sorted(item)) + "}"
    if isinstance(item, list):
        return "[" + ",".join(map(_document, item)) + "]"
    return _double(item) if isinstance(item, float) else _string(item)


def _string(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False)


def _double(number: float) -> str:
    special = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}.get(str(number))
    return f'"{special}"' if special else java_double(number)


def _typed_json(text: str, type_name: str) -> str:
    """Reformats DuckDB's JSON of a value as Trino does for the type of the value."""
    value = json.loads(text, parse_float=Decimal, object_pairs_hook=_Object)
    return _writer(type_name)(value)


@cache
def _writer(type_name: str) -> Writer:
    return _or_null(_writer_of(duckdb.sqltype(type_name)))


def _or_null(write: Writer) -> Writer:
    return lambda value: "null" if value is None else write(value)


def _writer_of(data_type: Any) -> Writer:
    kind = data_type.id
    if str(data_type) == "JSON":
        return _nested_json
    if kind in ("list", "array"):
        element = _or_null(_writer_of(data_type.children[0][1]))
        return lambda values: "[" + ",".join(map(element, values)) + "]"
    if kind == "map":
        return _map_writer(*(child for _, child in data_type.children))
    if kind in _ROWS:
        return _row_writer(data_type.children)
    if kind == "decimal":
        scale = data_type.children[1][1]
        return lambda value: f"{Decimal(value):.{scale}f}"
    if kind == "float":
        return lambda value: _double(_shortest_real(float(value)))
    if kind == "double":
        return lambda value: _double(float(value))
    if kind in _DIGITS:
        return lambda value: _string(_timestamp(value, kind))
    return _string


def _map_writer(key_type: Any, value_type: Any) -> Writer:
    key, value = _writer_of(key_type), _or_null(_writer_of(value_type))

    def write(pairs: list[tuple[str, Any]]) -> str:
        entries = sorted((key(name).strip('"'), value(entry)) for name, entry in pairs)
        return "{" + ",".join(f'"{name}":{entry}' for name, entry in entries) + "}"

    return write


def _row_writer(fields: list[tuple[str, Any]]) -> Writer:
    writers = [(_string(name), _or_null(_writer_of(field))) for name, field in fields]

    def write(values: list[Any]) -> str:
        # DuckDB serializes a row with field names as an object, one without as an array.
        items = [value for _, value in values] if isinstance(values, _Object) else values
        return "{" + ",".join(f"{name}:{one(item)}" for (name, one), item in zip(writers, items, strict=True)) + "}"

    return write


def _nested_json(value: Any) -> str:
    if isinstance(value, _Object):
        entries = sorted((name, _nested_json(item)) for name, item in value)
        return "{" + ",".join(f"{_string(name)}:{entry}" for name, entry in entries) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_nested_json, value)) + "]"
    return java_double(float(value)) if isinstance(value, Decimal) else _string(value)


def _shortest_real(number: float) -> float:
    """Returns the shortest decimal that rounds to the same 32-bit float."""
    if number != number or number in (float("inf"), float("-inf")):
        return number
    candidates = (float(f"{number:.{digits}g}") for digits in range(6, 10))
    return next(each for each in candidates if struct.pack(">f", each) == struct.pack(">f", number))


def _timestamp(text: str, kind: str) -> str:
    digits = _DIGITS[kind]
    fraction = text[_SECONDS_END:].partition("+")[0].lstrip(".").ljust(digits, "0")
    zone = " UTC" if kind.endswith("zone") else ""
    return text[:_SECONDS_END] + (f".{fraction}" if digits else "") + zone


def _number_at(text: str, path: str) -> str | None:
    """Returns the number at a path with the digits that it has in the document."""
    item = json.loads(text, parse_float=str)
    for step in _STEP.finditer(path):
        quoted, name, index = step.groups()
        item = item[int(index)] if index is not None else item[quoted if quoted is not None else name]
    return str(item)


INTERNAL_JSON_CASTS = {
    "canonical_json": PythonFunction(canonical_json, ("VARCHAR",), "VARCHAR"),
    "json_number": PythonFunction(_number_at, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    "typed_json": PythonFunction(_typed_json, ("VARCHAR", "VARCHAR"), "VARCHAR"),
}
"""Functions that only macros call, by name."""
