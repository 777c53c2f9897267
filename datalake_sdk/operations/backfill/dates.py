"""The logical dates of a backfill."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from datalake_sdk.errors import RunInputError, TooManyDatesError, listed

MAX_DATES = 2000
"""Maximum number of dates in a backfill."""


@dataclass(frozen=True)
class _Interval:
    """An interval between dates.

    Args:
        format: Format of a date in options.
        example: Description of the format, with an example.
        ordinal: Returns the number of a date; consecutive dates have consecutive numbers.
        date: Returns the date of a number.
        has_time: Whether logical dates contain a time.
    """

    format: str
    example: str
    ordinal: Callable[[datetime], int]
    date: Callable[[int], datetime]
    has_time: bool = False

    def logical_date(self, ordinal: int) -> str:
        date = self.date(ordinal)
        return f"{date.isoformat(timespec='minutes')}Z" if self.has_time else date.date().isoformat()


_INTERVALS = {
    "day": _Interval("%Y-%m-%d", "a day such as 2026-01-31", datetime.toordinal, datetime.fromordinal),
    "hour": _Interval(
        "%Y-%m-%dT%H",
        "an hour in UTC such as 2026-01-31T05",
        lambda date: date.toordinal() * 24 + date.hour,
        lambda ordinal: datetime.fromordinal(ordinal // 24).replace(hour=ordinal % 24),
        has_time=True,
    ),
    "month": _Interval(
        "%Y-%m",
        "a month such as 2026-01",
        lambda date: date.year * 12 + date.month - 1,
        lambda ordinal: datetime(ordinal // 12, ordinal % 12 + 1, 1),
    ),
}
INTERVALS = tuple(_INTERVALS)
"""Valid intervals."""


def logical_dates(first: str, last: str, every: str = "day") -> list[str]:
    """Lists the logical dates of a backfill, in order.

    Args:
        first: First date: `2026-01-31`, `2026-01-31T05` or `2026-01`, depending on the interval.
        last: Last date, inclusive.
        every: `day`, `hour` (UTC) or `month`.

    Returns:
        Dates such as `2026-01-31`, hours such as `2026-01-31T05:00Z`, or the first day of each month.

    Raises:
        RunInputError: A date is not valid for the interval, the interval is unknown, or the last precedes the first.
        TooManyDatesError: There are more than 2,000 dates.
    """
    if every not in _INTERVALS:
        raise RunInputError("--every", every, f"one of {listed(INTERVALS)}")
    interval = _INTERVALS[every]
    start, end = _ordinal(interval, "--from-date", first), _ordinal(interval, "--to-date", last)
    if end < start:
        raise RunInputError("--to-date", last, f"{first} or later, like --from-date")
    if end - start >= MAX_DATES:
        raise TooManyDatesError(end - start + 1, every, MAX_DATES)
    return [interval.logical_date(ordinal) for ordinal in range(start, end + 1)]


def _ordinal(interval: _Interval, option: str, value: str) -> int:
    try:
        return interval.ordinal(datetime.strptime(value, interval.format))
    except ValueError:
        raise RunInputError(option, value, interval.example) from None
