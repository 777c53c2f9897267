"""Casts and types of Athena in Spark."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.cast_types import INTEGERS, STRINGS, decimal_parameters
from datalake_sdk.sql.spark.json_functions import as_json, cast_of_json, check_json_use, is_json
from datalake_sdk.sql.spark.templates import expanded
from datalake_sdk.sql.spark.time_functions import zoned_string
from datalake_sdk.sql.spark.type_rules import placeholder
from datalake_sdk.sql.times import DIGITS, ZONE, literal_zone

_TYPES = {
    exp.DType.JSON: exp.DType.TEXT,
    exp.DType.TIMESTAMP: exp.DType.TIMESTAMPNTZ,
    exp.DType.TIMESTAMPTZ: exp.DType.TIMESTAMPLTZ,
    exp.DType.VARCHAR: exp.DType.TEXT,
    exp.DType.CHAR: exp.DType.TEXT,
}
"""Types with a different name in Spark."""
_UNSUPPORTED_TYPES = {exp.DType.IPADDRESS, exp.DType.TIME, exp.DType.TIMETZ, exp.DType.UUID}
_MILLISECONDS, _MICROSECONDS = 3, 6
"""Digits of the fraction of a second: Athena's default and Spark's only precision."""


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
    if kind is exp.DType.TIMESTAMP:
        return _to_timestamp(node, parameters)
    if kind is exp.DType.TIMESTAMPTZ and isinstance(source, exp.Literal):
        _record_zone(node, literal_zone(source.name))
    if kind is exp.DType.DECIMAL and not parameters:
        node.to.set("expressions", decimal_parameters(source))
    if kind in INTEGERS and not source.is_string:
        node.set("this", placeholder("to_integer", source))
    node.set("to", _spark_type(node.to))
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


def _record_zone(instant: exp.Cast, zone: exp.Expr | None) -> None:
    parameters = instant.to.expressions
    if zone is not None:
        instant.meta[ZONE] = zone
        instant.meta[DIGITS] = int(parameters[0].name) if parameters else _MILLISECONDS


def _to_string(node: exp.Cast, parameters: list[exp.Expr]) -> exp.Expr:
    string = zoned_string(node.this) or _timestamp_string(node.this) or placeholder("to_string", node.this)
    if not parameters:
        return string
    length = parameters[0].this
    if node.to.this is exp.DType.CHAR:
        return call("rpad", string, length, exp.Literal.string(" "))
    return placeholder("to_varchar", string, node.this.copy(), length)


def _timestamp_string(source: exp.Expr) -> exp.Expr | None:
    """Returns a timestamp of known precision as a string with as many digits; None for other values."""
    digits = source.meta.get(DIGITS)
    if digits is None:
        return None
    fraction = f".{'S' * digits}" if digits else ""
    return call("date_format", source, exp.Literal.string(f"yyyy-MM-dd HH:mm:ss{fraction}"))


def _to_timestamp(node: exp.Cast, parameters: list[exp.Expr]) -> exp.Expr:
    digits = int(parameters[0].name) if parameters else _MILLISECONDS
    is_literal = isinstance(node.this, exp.Literal) and parameters
    if not is_literal and digits < _MICROSECONDS:
        instant = type(node)(**{**node.args, "to": exp.DataType(this=exp.DType.TIMESTAMPLTZ)}).copy()
        template = f"timestamp_micros(CAST(round(unix_micros(:a), {digits - _MICROSECONDS}) AS BIGINT))"
        node.set("this", expanded(template, instant))
    node.set("to", _spark_type(node.to))
    node.meta[DIGITS] = digits
    return node


def _to_json(node: exp.Cast) -> exp.Expr:
    check_json_use(node)
    value: exp.Expr = node.this
    if is_json(value):
        return value
    in_array = call("to_json", call("array", value))
    template = "CASE WHEN :a IS NOT NULL THEN substring(:b, 2, length(:b) - 2) END"
    return as_json(expanded(template, value, in_array))
