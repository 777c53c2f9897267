"""What Athena's functions of dates and times mean in Spark, in a session whose zone is UTC."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.spark_engine.sql_templates import call, expanded
from datalake_sdk.spark_engine.sql_types import typed

_FORMAT_CODES = {
    "a": "E",
    "b": "MMM",
    "c": "M",
    "d": "dd",
    "e": "d",
    "f": "SSSSSS",
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
"""Codes of date_format as Spark's: https://spark.apache.org/docs/4.0.2/sql-ref-datetime-pattern.html"""
_ONLY_WRITTEN = "aWj"
"""Codes that Spark writes and does not read."""
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
_TEMPLATES = {
    "current_timezone": "'UTC'",
    "date": "CAST(:a AS DATE)",
    "from_iso8601_date": "CAST(:a AS DATE)",
    "from_iso8601_timestamp": "CAST(:a AS TIMESTAMP_LTZ)",
    "from_unixtime": "timestamp_seconds(:a)",
    "last_day_of_month": "last_day(CAST(:a AS DATE))",
    "to_unixtime": "unix_micros(CAST(:a AS TIMESTAMP_LTZ)) / 1e6",
    "with_timezone": "to_utc_timestamp(CAST(:a AS TIMESTAMP_LTZ), :b)",
}
_CLOCK_READERS = frozenset(
    re.findall(
        r"\w+",
        """
        date date_format date_trunc day day_of_month day_of_week day_of_year dow doy hour millisecond minute month
        quarter second week week_of_year year year_of_week yow
        """,
    )
)
"""Functions of what the clock shows, whatever the zone."""
_CLOCK_SHOWING = (exp.Alias, exp.Extract, exp.Group, exp.Ordered, exp.Select)
_CLOCK_TYPES = (exp.DType.DATE, exp.DType.TIME, exp.DType.TIMESTAMP)
_ON_CLOCK = "CAST(from_utc_timestamp(CAST(:a AS TIMESTAMP_LTZ), :b) AS TIMESTAMP_NTZ)"


def clock_in_zone(node: exp.Expr, value: exp.Expr, zone: exp.Expr) -> exp.Expr:
    """A time as clocks in a zone show it, where nothing but what reads the clock follows.

    Raises:
        SqlUnsupportedError: The clock and the moment would be taken for each other.
    """
    parent = node.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    if isinstance(parent, exp.Predicate):
        return expanded("CAST(:a AS TIMESTAMP_LTZ)", value, zone)
    if isinstance(parent, _CLOCK_SHOWING) or _reads_clock(parent):
        return expanded(_ON_CLOCK, value, zone)
    raise SqlUnsupportedError("AT TIME ZONE in this place", "Use it within date_trunc(), date(), hour() and the like.")


def _reads_clock(parent: exp.Expr | None) -> bool:
    if isinstance(parent, exp.Cast):
        return parent.to.this in _CLOCK_TYPES
    return isinstance(parent, exp.Anonymous) and parent.name.lower() in _CLOCK_READERS


def shifted(total: exp.Expr, time: exp.Expr) -> exp.Expr:
    """A time with an interval added: a date stays a date."""
    return typed("same_date", total, time)


def _of_template(node: exp.Anonymous) -> exp.Expr:
    return expanded(_TEMPLATES[node.name.lower()], *node.expressions)


def _at_timezone(node: exp.Anonymous) -> exp.Expr:
    return clock_in_zone(node, *node.expressions)


def _date_add(node: exp.Anonymous) -> exp.Expr:
    unit, count, time = node.expressions
    return shifted(expanded(f":b + :a * {_INTERVALS[_unit(node, unit)]}", count, time), time.copy())


def _date_diff(node: exp.Anonymous) -> exp.Expr:
    unit, start, end = node.expressions
    return call("timestampdiff", exp.Var(this=_unit(node, unit).upper()), start, end)


def _date_trunc(node: exp.Anonymous) -> exp.Expr:
    unit, time = node.expressions
    return typed("truncate_time", time, exp.Literal.string(_unit(node, unit)))


def _unit(node: exp.Anonymous, unit: exp.Expr) -> str:
    name = node.name.lower()
    if not isinstance(unit, exp.Literal):
        raise SqlUnsupportedError(f"{name}() with a unit that is not a literal", "Write the unit into the query.")
    if unit.name.lower() not in _INTERVALS:
        raise SqlUnsupportedError(f"{name}() with the unit '{unit.name}'", f"It may be {', '.join(_INTERVALS)}.")
    return unit.name.lower()


def _date_format(node: exp.Anonymous) -> exp.Expr:
    value, pattern = node.expressions
    return call("date_format", value, _pattern(node, pattern, ""))


def _date_parse(node: exp.Anonymous) -> exp.Expr:
    value, pattern = node.expressions
    return call("to_timestamp_ntz", value, _pattern(node, pattern, _ONLY_WRITTEN))


def _pattern(node: exp.Anonymous, pattern: exp.Expr, refused: str) -> exp.Expr:
    name = node.name.lower()
    if not isinstance(pattern, exp.Literal):
        raise SqlUnsupportedError(f"{name}() with a format that is not a literal", "Write the format into the query.")
    valid = {code: letters for code, letters in _FORMAT_CODES.items() if code not in refused}

    def spelled(match: re.Match[str]) -> str:
        code, text = match[1], match[2]
        if text is not None:
            return "'" + text.replace("'", "''") + "'"
        if code not in valid:
            raise SqlUnsupportedError(f"{name}() with '%{code}'", f"It may have %{', %'.join(sorted(valid))}.")
        return valid[code]

    return exp.Literal.string(re.sub("%(.?)|([A-Za-z'\\[\\]{}#]+)", spelled, pattern.name))


TIME_FUNCTIONS: dict[str, Callable[[exp.Anonymous], exp.Expr]] = {
    **dict.fromkeys(_TEMPLATES, _of_template),
    "at_timezone": _at_timezone,
    "date_add": _date_add,
    "date_diff": _date_diff,
    "date_format": _date_format,
    "date_parse": _date_parse,
    "date_trunc": _date_trunc,
}
