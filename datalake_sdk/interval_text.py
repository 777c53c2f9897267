"""Intervals in the format of Athena, which has no files and no result types for them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from datalake_sdk.plain_types import plain_type

_NANOSECONDS_PER_MILLISECOND = 1_000_000
_MILLISECONDS_PER_DAY = 86_400_000


def interval_strings(column: pa.Array) -> pa.Array:
    """Returns a column whose intervals, also those nested in lists, maps and structs, are strings.

    The format is `days hours:minutes:seconds`, for example `1 02:03:04.000`, or `years-months`. In a column with
    intervals, the null type becomes that of strings, too.
    """
    # Arrow cannot construct the type of an empty map, whose keys have the null type.
    without_intervals = plain_type(column.type, null=pa.string(), interval=pa.string())
    if without_intervals == plain_type(column.type, null=pa.string()):
        return column
    return pa.array(map(_with_strings, column.to_pylist()), without_intervals)


def _with_strings(value: Any) -> Any:
    if isinstance(value, pa.MonthDayNano):
        return _text(value)
    if isinstance(value, list | tuple):
        return type(value)(map(_with_strings, value))
    return {name: _with_strings(field) for name, field in value.items()} if isinstance(value, dict) else value


def _text(interval: Any) -> str:
    """https://github.com/trinodb/trino/blob/master/client/trino-client/src/main/java/io/trino/client/IntervalDayTime.java."""
    if interval.months:
        years, months = divmod(abs(interval.months), 12)
        return f"{'-' if interval.months < 0 else ''}{years}-{months}"
    milliseconds = interval.days * _MILLISECONDS_PER_DAY + interval.nanoseconds // _NANOSECONDS_PER_MILLISECOND
    days, rest = divmod(abs(milliseconds), _MILLISECONDS_PER_DAY)
    seconds, thousandths = divmod(rest, 1000)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"
    return f"{'-' if milliseconds < 0 else ''}{days} {clock}"
