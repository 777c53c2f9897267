"""Translates functions on dates and times."""

from __future__ import annotations

import re

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call, literal_argument
from datalake_sdk.sql.column_sources import known
from datalake_sdk.sql.duckdb.time_casts import cast_to_time
from datalake_sdk.sql.duckdb.zoned_times import difference_operands, duckdb_zone, shifted
from datalake_sdk.sql.function_calls import Rule
from datalake_sdk.sql.times import DIGITS, MAX_DIGITS, literal_zone, with_zone

_MILLISECOND_DIGITS = 3
_FORMAT_CODES = {
    **{code: f"%{code}" for code in "abdfHjmpSTyY"},
    "c": "%-m",
    "e": "%-d",
    "h": "%I",
    "I": "%I",
    "i": "%M",
    "k": "%-H",
    "l": "%-I",
    "M": "%B",
    "r": "%I:%M:%S %p",
    "s": "%S",
    "T": "%H:%M:%S",
    "W": "%A",
    "%": "%%",
}
"""DuckDB's specifiers for date_format and date_parse: https://trino.io/docs/current/functions/datetime.html#mysql-date-functions"""


def at_timezone(time: exp.Expr, zone: exp.Expr) -> exp.Expr:
    """Returns the same instant in another time zone."""
    return with_zone(exp.cast(time, exp.DType.TIMESTAMPTZ), zone, time)


def _date_format(node: exp.Anonymous) -> exp.Expr:
    time, pattern = node.expressions
    milliseconds = call("sdk_round_timestamp", time, exp.Literal.number(1000))
    is_exact = (known(time, DIGITS) or MAX_DIGITS) <= _MILLISECOND_DIGITS
    return call("strftime", time if is_exact else milliseconds, exp.Literal.string(_codes(node, pattern)))


def _date_parse(node: exp.Anonymous) -> exp.Expr:
    """Translates date_parse, with milliseconds; missing fields default to 1970-01-01, in DuckDB to 1900-01-01."""
    text, pattern = node.expressions
    codes = _codes(node, pattern)
    if not re.search("%[Yy]", codes):
        text = call("concat", exp.Literal.string("1970 "), text)
        codes = f"%Y {codes}"
    time = call("strptime", text, exp.Literal.string(codes))
    if "%I" in codes and "%p" not in codes:
        time = call("sdk_to_midnight_hour", time)
    if "%y" in codes:
        time = call("sdk_to_pivot_year", time)
    if "%f" in codes:
        time = call("date_trunc", exp.Literal.string("millisecond"), time)
    time.meta[DIGITS] = _MILLISECOND_DIGITS
    return time


def _codes(node: exp.Anonymous, pattern: exp.Expr) -> str:
    name = node.name.lower()
    literal = literal_argument(node, pattern, "format")
    return re.sub("%(.?)", lambda match: _format_code(name, match[1]), literal)


def _format_code(name: str, code: str) -> str:
    if code not in _FORMAT_CODES:
        raise SqlUnsupportedError(f"{name}() with '%{code}'", f"Supported codes: %{', %'.join(sorted(_FORMAT_CODES))}.")
    return _FORMAT_CODES[code]


def _at_timezone(node: exp.Anonymous) -> exp.Expr:
    return at_timezone(*node.expressions)


def _with_timezone(node: exp.Anonymous) -> exp.Expr:
    time, zone = node.expressions
    # DuckDB returns nanoseconds for a timestamp with seconds or milliseconds.
    microseconds = exp.Cast(this=time.copy(), to=exp.DataType.build("TIMESTAMP"))
    return with_zone(call("timezone", duckdb_zone(zone), microseconds), zone, time)


def _from_unixtime(node: exp.Anonymous) -> exp.Expr:
    moment = call("athena_from_unixtime", node.expressions[0])
    moment.meta[DIGITS] = _MILLISECOND_DIGITS
    if len(node.expressions) == 1:
        return moment
    return with_zone(moment, node.expressions[1])


def _from_iso8601_timestamp(node: exp.Anonymous) -> exp.Expr:
    (text,) = node.expressions
    moment = call("athena_from_iso8601_timestamp", text)
    moment.meta[DIGITS] = _MILLISECOND_DIGITS
    zone = literal_zone(text.name) if isinstance(text, exp.Literal) else call("sdk_zone_of_string", text.copy())
    return moment if zone is None else with_zone(moment, zone)


def _date(node: exp.Anonymous) -> exp.Expr:
    (value,) = node.expressions
    return cast_to_time(exp.Cast(this=value, to=exp.DataType(this=exp.DType.DATE)))


def _date_trunc(node: exp.Anonymous) -> exp.Expr:
    unit, _ = node.expressions
    return shifted(node, lambda time: call("athena_date_trunc", unit.copy(), time.copy()))


def _date_add(node: exp.Anonymous) -> exp.Expr:
    unit, count, _ = node.expressions
    return shifted(node, lambda time: call("athena_date_add", unit.copy(), count.copy(), time.copy()))


def _date_diff(node: exp.Anonymous) -> exp.Expr:
    unit, start, end = node.expressions
    return call("athena_date_diff", unit, *difference_operands(unit, start, end))


TIME_FUNCTIONS: dict[str, Rule] = {
    "at_timezone": _at_timezone,
    "date": _date,
    "date_add": _date_add,
    "date_diff": _date_diff,
    "date_format": _date_format,
    "date_parse": _date_parse,
    "date_trunc": _date_trunc,
    "from_iso8601_timestamp": _from_iso8601_timestamp,
    "from_unixtime": _from_unixtime,
    "with_timezone": _with_timezone,
}
