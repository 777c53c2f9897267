"""Intervals in the format of Athena, which has no files and no result types for them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

_NANOSECONDS_PER_MILLISECOND = 1_000_000
_MILLISECONDS_PER_DAY = 86_400_000


def interval_strings(column: pa.Array) -> pa.Array:
    """Returns intervals as `days hours:minutes:seconds`, for example `1 02:03:04.000`, or as `years-months`."""
    return pa.array([None if value is None else _text(value) for value in column.to_pylist()], pa.string())


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
