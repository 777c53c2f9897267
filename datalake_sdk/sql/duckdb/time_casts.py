"""Casts to and from dates and times, with their precision and time zone."""

from __future__ import annotations

import re

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.column_sources import known
from datalake_sdk.sql.duckdb.zoned_times import local_time
from datalake_sdk.sql.times import DIGITS, MAX_DIGITS, ZONE, literal_zone, zone_of

TIME_TYPES = {exp.DType.DATE, exp.DType.TIME, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ, exp.DType.TIMETZ}
_DEFAULT_DIGITS = 3
_DUCKDB_DIGITS = (0, 3, 6)
"""Precisions for which DuckDB has a timestamp type."""
_NAMES = {
    exp.DType.DATE: "date",
    exp.DType.TIMESTAMP: "timestamp",
    exp.DType.TIMESTAMPTZ: "timestamp with time zone",
}
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_PLAIN_TIME = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d(\.\d+)?)?)?")
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
    source, kind, parameters = node.this, node.to.this, node.to.expressions
    if kind is exp.DType.TIMETZ:
        raise SqlUnsupportedError("type time with time zone", "Use a timestamp with time zone.")
    if kind is exp.DType.DATE:
        _check_source(node)
        return node
    digits = int(parameters[0].name) if parameters else _DEFAULT_DIGITS
    if digits > MAX_DIGITS or _literal_digits(source) > MAX_DIGITS:
        raise SqlUnsupportedError(f"a time with a precision above {MAX_DIGITS}")
    has_type = kind is exp.DType.TIMESTAMP and digits in _DUCKDB_DIGITS
    node.to.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(digits))] if has_type else None)
    zone = _zone_of_text(node) if kind is exp.DType.TIMESTAMPTZ else None
    _check_source(node)
    time = node if has_type or not _may_need_rounding(source, digits) else _rounded(node, digits)
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


def _check_source(node: exp.Cast) -> None:
    """Rejects strings that DuckDB parses as a time and Athena does not."""
    kind, source = node.to.this, node.this
    plain = _PLAIN_DATE if kind is exp.DType.DATE else _PLAIN_TIME
    is_plain = isinstance(source, exp.Literal) and plain.fullmatch(source.name)
    if kind in _NAMES and not is_plain:
        name = "sdk_try_time_source" if isinstance(node, exp.TryCast) else "sdk_time_source"
        node.set("this", call(name, source.copy(), exp.Literal.string(_NAMES[kind])))


def _literal_digits(source: exp.Expr) -> int:
    fraction = re.search(r"\.(\d+)", source.name) if isinstance(source, exp.Literal) else None
    return len(fraction[1]) if fraction else 0


def _may_need_rounding(source: exp.Expr, digits: int) -> bool:
    return digits < MAX_DIGITS and not (isinstance(source, exp.Literal) and _literal_digits(source) <= digits)


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
