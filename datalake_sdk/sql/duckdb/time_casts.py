"""Casts to and from dates and times, with their precision and time zone."""

from __future__ import annotations

import re

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.column_sources import known
from datalake_sdk.sql.duckdb.column_types import operand_type, type_family
from datalake_sdk.sql.duckdb.single_evaluation import evaluated_once
from datalake_sdk.sql.duckdb.zoned_times import local_time
from datalake_sdk.sql.times import (
    DIGITS,
    HALF_MICROSECOND,
    MAX_DIGITS,
    TIME_FORMATS,
    ZONE,
    cast_digits,
    literal_zone,
    needs_rounding,
    time_name,
    zone_of,
)

TIME_TYPES = {exp.DType.DATE, exp.DType.TIME, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIMETZ}
_DUCKDB_DIGITS = (0, 3, 6)
"""Precisions for which DuckDB has a timestamp type."""
_ROUNDING = {
    exp.DType.TIME: "sdk_round_time",
    exp.DType.TIMESTAMP: "sdk_round_timestamp",
    exp.DType.TIMESTAMPTZ: "sdk_round_moment",
}


def cast_to_time(node: exp.Cast) -> exp.Expr:
    """Translates a cast to a date, time or timestamp; the default precision is milliseconds.

    Raises:
        SqlUnsupportedError: The type is time with time zone, or its precision exceeds microseconds.
    """
    source, kind = node.this, node.to.this
    if kind is exp.DType.TIMETZ:
        raise SqlUnsupportedError("type time with time zone", "Use a timestamp with time zone.")
    if kind is exp.DType.DATE:
        _check_source(node, time_name(node))
        return node
    digits = cast_digits(node)
    name = time_name(node)
    has_type = kind is exp.DType.TIMESTAMP and digits in _DUCKDB_DIGITS
    node.to.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(digits))] if has_type else None)
    zone = _zone_of_text(node) if kind is exp.DType.TIMESTAMPTZ else None
    _check_source(node, name)
    if kind is exp.DType.TIMESTAMPTZ and not isinstance(source, exp.Literal):
        node.set("this", call("sdk_compact_offset", node.this))
    time: exp.Expr = node if has_type or not needs_rounding(source, digits) else _rounded(node, digits)
    if digits == MAX_DIGITS and not isinstance(source, exp.Literal) and _may_be_string(source):
        pattern = exp.Literal.string(HALF_MICROSECOND)
        time = exp.cast(call("sdk_nearest_microsecond", node.copy(), source.copy(), pattern), node.to.copy())
    time.meta[DIGITS] = digits
    if zone is not None:
        time.meta[ZONE] = zone
    return time


def timestamp_to_varchar(time: exp.Expr) -> exp.Expr | None:
    """Formats a timestamp with known precision or time zone; returns None if neither is known."""
    digits, zone = known(time, DIGITS), zone_of(time)
    if digits is None and zone is None:
        return None
    arguments = [local_time(time)] if digits is None else [local_time(time), exp.Literal.number(digits)]
    text = call("sdk_to_varchar", *arguments)
    if zone is None:
        return text
    return exp.Paren(
        this=exp.DPipe(this=exp.DPipe(this=text, expression=exp.Literal.string(" ")), expression=zone.copy())
    )


def _check_source(node: exp.Cast, name: str | None) -> None:
    """Rejects strings that DuckDB parses as a time and Athena does not."""
    if name is not None and _may_be_string(node.this):
        macro = "sdk_try_time_source" if isinstance(node, exp.TryCast) else "sdk_time_source"
        pattern, type_name = exp.Literal.string(TIME_FORMATS[name]), exp.Literal.string(name)
        node.set("this", evaluated_once(node.this, lambda value: call(macro, value.copy(), pattern, type_name)))


def _may_be_string(source: exp.Expr) -> bool:
    return type_family(operand_type(source)) in (None, "varchar")


def _rounded(node: exp.Cast, digits: int) -> exp.Expr:
    unit = exp.Literal.number(10 ** (MAX_DIGITS - digits))
    return call(_ROUNDING[node.to.this], node.copy(), unit)


def _zone_of_text(node: exp.Cast) -> exp.Expr | None:
    """Returns the time zone in a string; a timestamp keeps its own."""
    source = node.this
    if not isinstance(source, exp.Literal):
        return known(source, ZONE) or call("sdk_zone_of_string", source.copy())
    # DuckDB parses '… +02:00' as a zone name and '…+02:00' as an offset.
    node.set("this", exp.Literal.string(re.sub(r"\s+(?=[+-]\d\d:\d\d$)", "", source.name)))
    return literal_zone(source.name)
