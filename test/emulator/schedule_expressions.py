"""Schedule expressions: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

_MONTHS = {name.upper(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"), 1)}
_UNITS = {"minute": 1, "hour": 60, "day": 1440}
_LAST_YEAR = 2199
_NONE: dict[str, int] = {}


class InvalidExpressionError(ValueError):
    """A schedule expression that AWS rejects."""


def occurrences(expression: str, zone: ZoneInfo, start: datetime.datetime) -> Iterator[datetime.datetime]:
    """Yields the times at which a schedule is due, in order, in UTC.

    Args:
        expression: A cron(…), rate(…) or at(…) expression.
        zone: Time zone of cron and at.
        start: First occurrence of a rate; earlier occurrences of cron and at are skipped.

    Raises:
        InvalidExpressionError: The expression is malformed or of another kind.
    """
    kind, _, body = expression.strip().removesuffix(")").partition("(")
    if kind not in _KINDS or not expression.strip().endswith(")"):
        raise InvalidExpressionError(f"Invalid Schedule Expression {expression}.")
    return _KINDS[kind](body.strip(), zone, start)


def _rate(body: str, _: ZoneInfo, start: datetime.datetime) -> Iterator[datetime.datetime]:
    found = re.fullmatch(r"([1-9]\d*) (minute|hour|day)s?", body)
    if not found:
        raise InvalidExpressionError(f"Invalid Schedule Expression rate({body}).")
    step = datetime.timedelta(minutes=int(found[1]) * _UNITS[found[2]])
    return _every(start, step)


def _every(moment: datetime.datetime, step: datetime.timedelta) -> Iterator[datetime.datetime]:
    while True:
        yield moment
        moment += step


def _at(body: str, zone: ZoneInfo, start: datetime.datetime) -> Iterator[datetime.datetime]:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", body):
        raise InvalidExpressionError(f"Invalid Schedule Expression at({body}).")
    try:
        moment = datetime.datetime.fromisoformat(body).replace(tzinfo=zone).astimezone(datetime.UTC)
    except ValueError as error:
        raise InvalidExpressionError(f"Invalid Schedule Expression at({body}).") from error
    return iter([moment] if moment >= start else [])


def _cron(body: str, zone: ZoneInfo, start: datetime.datetime) -> Iterator[datetime.datetime]:
    try:
        cron = _parse(body)
    except (ValueError, KeyError) as error:
        raise InvalidExpressionError(f"Invalid Schedule Expression cron({body}).") from error
    return (moment for moment in _matches(cron, zone, start.astimezone(zone).date()) if moment >= start)


_KINDS = {"cron": _cron, "rate": _rate, "at": _at}


@dataclass(frozen=True)
class _Cron:
    minutes: list[int]
    hours: list[int]
    days_of_month: str
    months: list[int]
    days_of_week: str
    years: list[int]


def _parse(body: str) -> _Cron:
    minutes, hours, month_days, months, week_days, years = body.upper().split()
    if (month_days == "?") == (week_days == "?"):
        raise InvalidExpressionError("one of day of month and day of week must be ?")
    cron = _Cron(
        _numbers(minutes, 0, 59),
        _numbers(hours, 0, 23),
        month_days,
        _numbers(months, 1, 12, _MONTHS),
        week_days,
        _numbers(years, 1970, _LAST_YEAR),
    )
    _days(cron, 2000, 1)
    return cron


def _numbers(text: str, low: int, high: int, names: dict[str, int] = _NONE) -> list[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        begin = low if first == "*" else _number(first, names)
        end = high if first == "*" or (step and not last) else _number(last or first, names)
        if not low <= begin <= high or not low <= end <= high or (step and int(step) < 1):
            raise InvalidExpressionError(text)
        # A range such as SAT-MON wraps around the end of the week.
        around = [*range(begin, end + 1)] if begin <= end else [*range(begin, high + 1), *range(low, end + 1)]
        found.update(around[:: int(step or 1)])
    return sorted(found)


def _number(text: str, names: dict[str, int]) -> int:
    return names[text] if text in names else int(text)


def _matches(cron: _Cron, zone: ZoneInfo, first: datetime.date) -> Iterator[datetime.datetime]:
    for year in (year for year in cron.years if year >= first.year):
        for month in cron.months:
            for day in _days(cron, year, month):
                date = datetime.date(year, month, day)
                if date >= first:
                    yield from _times(cron, date, zone)


def _times(cron: _Cron, date: datetime.date, zone: ZoneInfo) -> Iterator[datetime.datetime]:
    for hour in cron.hours:
        for minute in cron.minutes:
            local = datetime.datetime.combine(date, datetime.time(hour, minute), zone)
            moment = local.astimezone(datetime.UTC)
            # A local time skipped by daylight saving time does not occur; a repeated one occurs once.
            if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
                yield moment


def _days(cron: _Cron, year: int, month: int) -> list[int]:
    last = calendar.monthrange(year, month)[1]
    if cron.days_of_week == "?":
        days = {day for part in cron.days_of_month.split(",") for day in _month_days(part, year, month, last)}
    else:
        days = {day for part in cron.days_of_week.split(",") for day in _week_days(part, year, month, last)}
    return sorted(day for day in days if 1 <= day <= last)


def _month_days(part: str, year: int, month: int, last: int) -> list[int]:
    if part == "L":
        return [last]
    if part.endswith("W"):
        day = last if part == "LW" else int(part[:-1])
        return [_nearest_weekday(year, month, day, last)] if day <= last else []
    return _numbers(part, 1, 31)


def _nearest_weekday(year: int, month: int, day: int, last: int) -> int:
    weekday = calendar.weekday(year, month, day)
    if weekday == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == calendar.SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _week_days(part: str, year: int, month: int, last: int) -> list[int]:
    if "#" in part:
        name, _, nth = part.partition("#")
        if not 1 <= int(nth) <= 5:
            raise InvalidExpressionError(part)
        return _dates(_number(name, _DAYS), year, month, last)[int(nth) - 1 : int(nth)]
    if part.endswith("L"):
        return _dates(_number(part[:-1] or "SAT", _DAYS), year, month, last)[-1:]
    return [day for number in _numbers(part, 1, 7, _DAYS) for day in _dates(number, year, month, last)]


def _dates(day_of_week: int, year: int, month: int, last: int) -> list[int]:
    """Returns the days of the month that fall on a day of the week; 1 is Sunday."""
    return [day for day in range(1, last + 1) if (calendar.weekday(year, month, day) + 1) % 7 + 1 == day_of_week]
