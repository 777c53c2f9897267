"""The range of dates and timestamps that Python and pyiceberg can represent: the years 1 to 9999."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

_EPOCH = date(1970, 1, 1)
FIRST_DAY, LAST_DAY = (date.min - _EPOCH).days, (date.max - _EPOCH).days
"""Days since 1970-01-01."""
_UNITS_PER_DAY = {"s": 86_400, "ms": 86_400 * 10**3, "us": 86_400 * 10**6, "ns": 86_400 * 10**9}


def outside_calendar(column: pa.Array | pa.ChunkedArray) -> str:
    """Describes which dates or timestamps of a column are outside of this range; empty if none are."""
    if not pa.types.is_date32(column.type) and not pa.types.is_timestamp(column.type):
        return ""
    bounds = pc.min_max(column)
    if not bounds["min"].is_valid:
        return ""
    units = _UNITS_PER_DAY[column.type.unit] if pa.types.is_timestamp(column.type) else 1
    if bounds["min"].value < FIRST_DAY * units:
        return "before the year 1"
    return "after the year 9999" if bounds["max"].value >= (LAST_DAY + 1) * units else ""


def days_before(time: datetime, days: float) -> datetime:
    """The time a number of days before another one, or on the first day of the year 1 if it would be earlier."""
    return time - timedelta(days=min(days, (time.date() - date.min).days))
