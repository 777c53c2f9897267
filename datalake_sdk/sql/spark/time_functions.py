"""Translates Athena's functions of dates and times to Spark, in a session whose time zone is UTC."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call, literal_argument
from datalake_sdk.sql.cast_types import is_try
from datalake_sdk.sql.column_sources import known
from datalake_sdk.sql.function_calls import Rule
from datalake_sdk.sql.spark.scalar_functions import fail_if
from datalake_sdk.sql.spark.templates import expanded
from datalake_sdk.sql.spark.type_rules import placeholder
from datalake_sdk.sql.times import DIGITS, MAX_DIGITS, UNITS_OF_DAY, literal_zone, with_zone, zone_of

_FORMAT_CODES = {
    "a": "E",
    "b": "MMM",
    "c": "M",
    "d": "dd",
    "e": "d",
    "f": "SSS'000'",
    "H": "HH",
    "h": "hh",
    "I": "hh",
    "i": "mm",
    "j": "DDD",
    "k": "H",
    "l": "h",
    "M": "MMMM",
    "m": "MM",
    "p": "a",
    "r": "hh:mm:ss a",
    "S": "ss",
    "s": "ss",
    "T": "HH:mm:ss",
    "W": "EEEE",
    "Y": "yyyy",
    "y": "yy",
    "%": "'%'",
}
"""Codes of `date_format` in Spark: https://spark.apache.org/docs/4.0.2/sql-ref-datetime-pattern.html"""
_PARSE_CODES = {**{code: letters for code, letters in _FORMAT_CODES.items() if code not in "aWjy"}, "f": "SSSSSS"}
"""Codes of `date_parse`: Spark cannot parse names of days, and two digits are a year from 2000."""
_INTERVALS = {
    "millisecond": "INTERVAL '0.001' SECOND",
    "second": "INTERVAL '1' SECOND",
    "minute": "INTERVAL '1' MINUTE",
    "hour": "INTERVAL '1' HOUR",
    "day": "INTERVAL '1' DAY",
    "week": "INTERVAL '7' DAY",
    "month": "INTERVAL '1' MONTH",
    "quarter": "INTERVAL '3' MONTH",
    "year": "INTERVAL '1' YEAR",
}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_CALENDAR_MONTHS = "((year(:b) - year(:a)) * 12 + month(:b) - month(:a))"
_MONTHS_BETWEEN = f"""
CASE
    WHEN :a <= :b THEN {_CALENDAR_MONTHS} - if(:a + make_ym_interval(0, {_CALENDAR_MONTHS}) > :b, 1, 0)
    ELSE {_CALENDAR_MONTHS} + if(:b + make_ym_interval(0, -{_CALENDAR_MONTHS}) > :a, 1, 0)
END
"""
"""On Athena, unlike in Spark, a month lies between the last days of two months."""
_TEMPLATES = {
    "current_timezone": "'UTC'",
    "last_day_of_month": "last_day(CAST(:a AS DATE))",
    "to_unixtime": "unix_micros(CAST(:a AS TIMESTAMP_LTZ)) / 1e6",
    "with_timezone": "to_utc_timestamp(CAST(:a AS TIMESTAMP_LTZ), :b)",
}
_LOCAL_TIME = "CAST(from_utc_timestamp(CAST(:a AS TIMESTAMP_LTZ), :b) AS TIMESTAMP_NTZ)"
_TO_INSTANT = "to_utc_timestamp(CAST(:a AS TIMESTAMP_LTZ), :b)"
_ISO_DATE = r"[+-]?\\d{4,}-\\d{1,2}-\\d{1,2}"
_ISO_TIME = rf"{_ISO_DATE}(T\\d{{1,2}}(:\\d{{1,2}}(:\\d{{1,2}}([.,]\\d+)?)?)?(Z|[+-]\\d\\d(:?\\d\\d)?)?)?"
_ZONE_OF_STRING = r"coalesce(nullif(regexp_extract(:a, '[+-]\\d\\d:?\\d\\d$', 0), ''), 'UTC')"
_MILLISECOND_DIGITS = 3


def local_time(time: exp.Expr) -> exp.Expr:
    """Returns the local time in the time's own zone.

    Raises:
        SqlUnsupportedError: The zone is unknown here.
    """
    zone = zone_of(time)
    return time if zone is None else expanded(_LOCAL_TIME, time, zone)


def at_time_zone(time: exp.Expr, zone: exp.Expr) -> exp.Expr:
    """Returns the same instant in another zone."""
    return with_zone(expanded("CAST(:a AS TIMESTAMP_LTZ)", time), zone, time)


def zoned_string(time: exp.Expr) -> exp.Expr | None:
    """Returns a time in a zone other than UTC as a string; None for other values."""
    zone = zone_of(time)
    if zone is None:
        return None
    digits = known(time, DIGITS)
    fraction = "." + "S" * (MAX_DIGITS if digits is None else digits) if digits != 0 else ""
    clock = call("date_format", local_time(time), exp.Literal.string(f"yyyy-MM-dd HH:mm:ss{fraction}"))
    return call("concat", clock, exp.Literal.string(" "), zone.copy())


def rounded_time(time: exp.Expr, digits: int) -> exp.Expr:
    """Returns an instant with fewer fractional digits of a second, rounded half up."""
    unit = 10 ** (MAX_DIGITS - digits)
    micros = f"(unix_micros(CAST(:a AS TIMESTAMP_LTZ)) + {unit // 2})"
    return expanded(f"timestamp_micros({micros} - pmod({micros}, {unit}))", time)


def keep_date(total: exp.Expr, time: exp.Expr) -> exp.Expr:
    """Returns the sum of a time and an interval, which is a date if the time is one."""
    return placeholder("same_date", total, time)


def _of_template(node: exp.Anonymous) -> exp.Expr:
    return expanded(_TEMPLATES[node.name.lower()], *node.expressions)


def _at_timezone(node: exp.Anonymous) -> exp.Expr:
    return at_time_zone(*node.expressions)


def _with_timezone(node: exp.Anonymous) -> exp.Expr:
    time, zone = node.expressions
    return with_zone(_of_template(node), zone, time)


def _from_unixtime(node: exp.Anonymous) -> exp.Expr:
    seconds, *zone = node.expressions
    instant = expanded("timestamp_millis(CAST(floor(:a * 1e3 + 0.5e0) AS BIGINT))", seconds)
    return with_zone(instant, zone[0]) if zone else instant


def _from_iso8601_date(node: exp.Anonymous) -> exp.Expr:
    return expanded(_cast_of_format(node, _ISO_DATE, "DATE"), *node.expressions)


def _from_iso8601_timestamp(node: exp.Anonymous) -> exp.Expr:
    (text,) = node.expressions
    zone = literal_zone(text.name) if isinstance(text, exp.Literal) else expanded(_ZONE_OF_STRING, text)
    time = _cast_of_format(node, _ISO_TIME, "TIMESTAMP_LTZ")
    instant = expanded(f"CAST(date_trunc('MILLISECOND', {time}) AS TIMESTAMP_LTZ)", text)
    return instant if zone is None else with_zone(instant, zone)


def _cast_of_format(node: exp.Anonymous, pattern: str, data_type: str) -> str:
    """Returns the template of a cast of strings in a format; in a try, other strings are null."""
    if is_try(node):
        return rf"TRY_CAST(CASE WHEN :a RLIKE '^{pattern}\\z' THEN :a END AS {data_type})"
    checked = fail_if(rf"NOT :a RLIKE '^{pattern}\\z'", "'Invalid format: ', :a", ":a")
    return f"CAST({checked} AS {data_type})"


def check_zone(*times: exp.Expr) -> None:
    """Checks that times are in UTC, the only zone in which Spark does arithmetic.

    Raises:
        SqlUnsupportedError: A time is in another zone.
    """
    if any(zone_of(time) is not None for time in times):
        raise SqlUnsupportedError("arithmetic with a zone other than UTC", "Compute first, then use AT TIME ZONE.")


def _date_add(node: exp.Anonymous) -> exp.Expr:
    unit, count, time = node.expressions
    check_zone(time)
    name = _unit(node, unit)
    total = expanded(f":b + :a * {_INTERVALS[name]}", count, time)
    return placeholder("plus_time", total, time.copy()) if name in UNITS_OF_DAY else keep_date(total, time.copy())


def _date_diff(node: exp.Anonymous) -> exp.Expr:
    unit, start, end = node.expressions
    check_zone(start)
    name = _unit(node, unit)
    if name in _MONTHS:
        return expanded(f"CAST(({_MONTHS_BETWEEN}) div {_MONTHS[name]} AS BIGINT)", start, end)
    difference = call("timestampdiff", exp.Var(this=name.upper()), start, end)
    return placeholder("difference", difference, start.copy(), end.copy(), exp.Literal.string(name))


def _date_trunc(node: exp.Anonymous) -> exp.Expr:
    unit, time = node.expressions
    truncated = placeholder("truncate_time", local_time(time), exp.Literal.string(_unit(node, unit)))
    zone = zone_of(time)
    return truncated if zone is None else expanded(_TO_INSTANT, truncated, zone)


def _unit(node: exp.Anonymous, unit: exp.Expr) -> str:
    name = literal_argument(node, unit, "unit").lower()
    if name not in _INTERVALS:
        raise SqlUnsupportedError(
            f"{node.name.lower()}() with the unit '{name}'", f"Supported units: {', '.join(_INTERVALS)}."
        )
    return name


def _date_format(node: exp.Anonymous) -> exp.Expr:
    value, pattern = node.expressions
    is_exact = (known(value, DIGITS) or MAX_DIGITS) <= _MILLISECOND_DIGITS
    letters = _pattern(node, pattern, _FORMAT_CODES)
    return call("date_format", value if is_exact else rounded_time(value, _MILLISECOND_DIGITS), letters)


def _date_parse(node: exp.Anonymous) -> exp.Expr:
    value, pattern = node.expressions
    return call("to_timestamp_ntz", value, _pattern(node, pattern, _PARSE_CODES))


def _pattern(node: exp.Anonymous, pattern: exp.Expr, codes: Mapping[str, str]) -> exp.Expr:
    literal = literal_argument(node, pattern, "format")

    def translated(match: re.Match[str]) -> str:
        code, text = match[1], match[2]
        if text is not None:
            return "'" + text.replace("'", "''") + "'"
        if code not in codes:
            raise SqlUnsupportedError(
                f"{node.name.lower()}() with '%{code}'", f"Supported codes: %{', %'.join(sorted(codes))}."
            )
        return codes[code]

    return exp.Literal.string(re.sub("%(.?)|([A-Za-z'\\[\\]{}#]+)", translated, literal))


TIME_FUNCTIONS: dict[str, Rule] = {
    **dict.fromkeys(_TEMPLATES, _of_template),
    "at_timezone": _at_timezone,
    "from_iso8601_date": _from_iso8601_date,
    "from_iso8601_timestamp": _from_iso8601_timestamp,
    "from_unixtime": _from_unixtime,
    "with_timezone": _with_timezone,
    "date_add": _date_add,
    "date_diff": _date_diff,
    "date_format": _date_format,
    "date_parse": _date_parse,
    "date_trunc": _date_trunc,
}
