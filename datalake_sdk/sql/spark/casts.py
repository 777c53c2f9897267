"""Casts and types of Athena in Spark."""

from __future__ import annotations

import re

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.cast_types import CHAR_LENGTH, STRINGS, decimal_parameters, format_name, is_try
from datalake_sdk.sql.spark.json_functions import as_json, cast_of_json, check_json_use, is_json
from datalake_sdk.sql.spark.templates import expanded
from datalake_sdk.sql.spark.time_functions import rounded_time, zoned_string
from datalake_sdk.sql.spark.type_rules import placeholder
from datalake_sdk.sql.times import (
    DIGITS,
    ZONE,
    ZONE_SUFFIX,
    cast_digits,
    literal_zone,
    needs_rounding,
    time_name,
)

_TYPES = {
    exp.DType.JSON: exp.DType.TEXT,
    exp.DType.TIMESTAMP: exp.DType.TIMESTAMPNTZ,
    exp.DType.TIMESTAMPTZ: exp.DType.TIMESTAMPLTZ,
    exp.DType.VARCHAR: exp.DType.TEXT,
    exp.DType.CHAR: exp.DType.TEXT,
}
"""Types with a different name in Spark."""
_UNSUPPORTED_TYPES = {exp.DType.IPADDRESS, exp.DType.TIME, exp.DType.TIMETZ, exp.DType.UUID}
_TIMES = {exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ}


def translated_cast(node: exp.Cast) -> exp.Expr:
    """Translates CAST and TRY_CAST.

    On Athena, a cast to an integer rounds half up, a cast to a string truncates it to the length of the type, and a
    timestamp has milliseconds unless its type specifies another precision.
    """
    source, kind, parameters = node.this, node.to.this, node.to.expressions
    from_json = cast_of_json(source, _spark_type(node.to)) if kind is not exp.DType.JSON else None
    if from_json is not None:
        return from_json
    if kind in STRINGS:
        return _to_string(node, parameters)
    if kind is exp.DType.JSON:
        return _to_json(node)
    if kind in _TIMES:
        return _to_time(node)
    if kind is exp.DType.DECIMAL and not parameters:
        node.to.set("expressions", decimal_parameters(source))
    _check_source(node, "cast_source", format_name(node))
    node.set("to", _spark_type(node.to))
    if kind in exp.DataType.NESTED_TYPES:
        _check_source(node, "nested_source", node.to.sql("spark"))
    return node


def translated_type(node: exp.DataType) -> exp.Expr:
    """Translates the name of a type.

    Raises:
        SqlUnsupportedError: Spark has no such type.
    """
    if node.this in _UNSUPPORTED_TYPES:
        raise SqlUnsupportedError(f"type {node.this.value.lower()}", "Spark has no such type: CAST to varchar.")
    return node if isinstance(node.parent, exp.Cast) else _spark_type(node)


def _spark_type(node: exp.DataType) -> exp.DataType:
    kind = _TYPES.get(node.this, node.this)
    return exp.DataType(this=kind) if kind in _TYPES.values() else node.copy()


def _check_source(node: exp.Cast, rule: str, name: str | None) -> None:
    if name is not None:
        node.set("this", placeholder(rule, node.this, exp.Literal.string(name), exp.Boolean(this=is_try(node))))


def _to_string(node: exp.Cast, parameters: list[exp.Expr]) -> exp.Expr:
    string = zoned_string(node.this) or _timestamp_string(node.this) or placeholder("to_string", node.this)
    if not parameters:
        return string
    length = parameters[0].this
    if node.to.this is exp.DType.CHAR:
        padded = call("rpad", string, length, exp.Literal.string(" "))
        padded.meta[CHAR_LENGTH] = int(length.name)
        return padded
    return placeholder("to_varchar", string, node.this.copy(), length)


def _timestamp_string(source: exp.Expr) -> exp.Expr | None:
    """Returns a timestamp of known precision as a string with as many digits; None for other values."""
    digits = source.meta.get(DIGITS)
    if digits is None:
        return None
    fraction = f".{'S' * digits}" if digits else ""
    return call("date_format", source, exp.Literal.string(f"yyyy-MM-dd HH:mm:ss{fraction}"))


def _to_time(node: exp.Cast) -> exp.Expr:
    kind, source = node.to.this, node.this
    if kind is exp.DType.DATE:
        _check_source(node, "time_source", time_name(node))
        return node
    digits = cast_digits(node)
    zone = literal_zone(source.name) if isinstance(source, exp.Literal) else None
    if kind is exp.DType.TIMESTAMPTZ and zone is not None:
        node.meta[ZONE] = zone
    if kind is exp.DType.TIMESTAMP or zone is not None:
        node.meta[DIGITS] = digits
    _check_source(node, "time_source", time_name(node))
    if kind is exp.DType.TIMESTAMP and isinstance(node.this, exp.Literal):
        node.set("this", exp.Literal.string(re.sub(rf"{ZONE_SUFFIX}\s*$", "", source.name)))
    if needs_rounding(source, digits):
        node.set("this", rounded_time(_inner_cast(node, exp.DataType(this=exp.DType.TIMESTAMPLTZ)), digits))
    elif not isinstance(source, exp.Literal):
        time = _inner_cast(node, _spark_type(node.to))
        node.set("this", placeholder("nearest_microsecond", time, source.copy()))
    node.set("to", _spark_type(node.to))
    return node


def _inner_cast(node: exp.Cast, data_type: exp.DataType) -> exp.Cast:
    if is_try(node):
        return exp.TryCast(this=node.this.copy(), to=data_type, safe=True)
    return exp.Cast(this=node.this.copy(), to=data_type)


def _to_json(node: exp.Cast) -> exp.Expr:
    check_json_use(node)
    value: exp.Expr = node.this
    if is_json(value):
        return value
    if isinstance(value.unnest(), exp.Anonymous) and value.unnest().name == "struct":
        raise SqlUnsupportedError("CAST(row AS JSON) of fields without names", "First CAST to ROW(name type, …).")
    in_array = call("to_json", call("array", value))
    template = "CASE WHEN :a IS NOT NULL THEN substring(:b, 2, length(:b) - 2) END"
    return as_json(expanded(template, value, in_array))
