"""Notation of numbers, dates and times in an input, and its conversion to the notation that Arrow parses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.errors import InvalidInputOptionError
from datalake_sdk.inputs.options import DEFAULT_DECIMAL_MARK, InputOptions
from datalake_sdk.inputs.text.date_formats import DateFormat, date_format

NOTATION_OPTIONS = ("decimal_mark", "thousands_mark", "date_formats", "timezone")

_LENIENT_FORMATS = tuple(
    date_format(date + time) for date in ("%Y-%m-%d", "%Y/%m/%d") for time in ("", " %H:%M", " %H:%M:%S")
)
"""Dates that start with the year are unambiguous, even without leading zeros."""
_LENIENT_START = r"^[0-9]{4}[-/]"
_OFFSET = r":[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_FIRST_MODERN_YEAR = 1973
"""From this year on, all zone offsets and their transitions are multiples of 15 minutes."""


class NotationMismatchError(ValueError):
    """A value that does not match the notation."""


@dataclass(frozen=True)
class Notation:
    """Notation of values.

    Args:
        decimal_mark: Decimal separator.
        thousands_mark: Thousands separator; empty for none.
        date_formats: Formats of dates and times, in addition to ISO 8601.
        timezone: Time zone of timestamps without an offset; None keeps them without time zone.
    """

    decimal_mark: str = DEFAULT_DECIMAL_MARK
    thousands_mark: str = ""
    date_formats: tuple[DateFormat, ...] = ()
    timezone: str | None = None

    def normalized(self, strings: pa.StringArray, target: pa.DataType) -> pa.StringArray:
        """Converts values of a type to the notation that Arrow parses.

        Raises:
            NotationMismatchError: A number does not match the notation.
        """
        if self._has_marks and _is_number(target):
            return self._plain_numbers(strings)
        return _iso(strings, self.date_formats) if self.date_formats and _has_date(target) else strings

    def _plain_numbers(self, strings: pa.StringArray) -> pa.StringArray:
        if not pc.all(pc.match_substring_regex(strings, self._number)).as_py():
            raise NotationMismatchError
        whole = pc.replace_substring(strings, self.thousands_mark, "") if self.thousands_mark else strings
        return pc.replace_substring(whole, self.decimal_mark, DEFAULT_DECIMAL_MARK)

    @property
    def _has_marks(self) -> bool:
        return self.decimal_mark != DEFAULT_DECIMAL_MARK or bool(self.thousands_mark)

    @cached_property
    def _number(self) -> str:
        mark, thousands = f"[{self.decimal_mark}]", f"[{self.thousands_mark}]"
        grouped = rf"[0-9]{{1,3}}({thousands}[0-9]{{3}})+|" if self.thousands_mark else ""
        return rf"^-?({grouped}[0-9]*)({mark}[0-9]*)?([eE][+-]?[0-9]+)?$"


ISO = Notation()
"""Decimal points, no thousands separators, ISO 8601 dates."""


def notation(options: InputOptions) -> Notation:
    """The notation that options describe.

    Raises:
        InvalidInputOptionError: A mark is not a single character, both marks are the same, or a date format or time
            zone is invalid.
    """
    decimal, thousands = options.decimal_mark, options.thousands_mark or ""
    for name, mark in (("decimal_mark", decimal), ("thousands_mark", thousands or " ")):
        if len(mark) != 1 or mark.isalnum() or mark in "+-^]\\":
            raise InvalidInputOptionError(name, mark, "one character other than a letter, a digit or a sign")
    if decimal == thousands:
        hint = "Set --decimal-mark as well."
        raise InvalidInputOptionError("thousands_mark", thousands, "different from the decimal mark", hint)
    if options.timezone is not None:
        _check_zone(options.timezone)
    return Notation(decimal, thousands, tuple(map(date_format, options.date_formats)), options.timezone)


def normalized_dates(strings: pa.StringArray, target: pa.DataType) -> pa.StringArray | None:
    """Adds leading zeros to dates such as `2014-7-1`; None if there are none, or for other types."""
    if not _has_date(target):
        return None
    if not pc.any(pc.match_substring_regex(strings, _LENIENT_START)).as_py():
        return None
    normalized = _iso(strings, _LENIENT_FORMATS)
    return None if normalized.equals(strings) else normalized


def zoned(strings: pa.StringArray, target: pa.TimestampType, timezone: str) -> pa.TimestampArray:
    """Converts timestamps to a type with time zone; those without an offset are local times in `timezone`.

    A local time that occurs twice, when clocks are set back, is read as the first occurrence.

    Raises:
        ValueError: A string is not a timestamp, a local time does not exist because clocks are set forward, or a time
            is outside the years 1 to 9999 in UTC.
    """
    has_offset = pc.match_substring_regex(strings, _OFFSET)
    given = pc.cast(pc.if_else(has_offset, strings, None), target)
    local = pc.cast(pc.if_else(has_offset, None, strings), pa.timestamp(target.unit))
    return pc.coalesce(given, _instants(local, ZoneInfo(timezone)).cast(target))


def _instants(local: pa.TimestampArray, zone: ZoneInfo) -> pa.Int64Array:
    """Converts local times to UTC, in units of `local` since 1970; each offset is looked up once."""
    # Arrow's conversion ignores some rules of a zone's file. https://github.com/apache/arrow/issues/42157
    are_modern = pc.all(pc.greater_equal(pc.year(local), _FIRST_MODERN_YEAR)).as_py()
    spans = pc.floor_temporal(local, 15, "minute") if are_modern else local
    encoded = spans.dictionary_encode()
    seconds = pa.array([_offset(moment, zone) for moment in encoded.dictionary.to_pylist()], pa.duration("s"))
    offsets = seconds.cast(pa.duration(local.type.unit)).take(encoded.indices)
    return pc.subtract(local, offsets).cast(pa.int64())


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    local = moment.replace(tzinfo=zone)
    try:
        round_trip = local.astimezone(UTC).astimezone(zone)
    except OverflowError:
        raise NotationMismatchError from None
    if round_trip.replace(tzinfo=None) != moment:
        raise NotationMismatchError
    return local.utcoffset() or timedelta()


def _iso(strings: pa.StringArray, formats: tuple[DateFormat, ...]) -> pa.StringArray:
    """Converts unambiguous dates to ISO 8601; leaves other strings unchanged."""
    found = pa.nulls(len(strings), pa.string())
    is_clear = pa.scalar(True)
    for each in formats:
        normalized = each.iso(strings)
        is_clear = pc.and_(is_clear, pc.fill_null(pc.equal(found, normalized), True))
        found = pc.coalesce(found, normalized)
    return pc.coalesce(pc.if_else(is_clear, found, None), strings)


def _is_number(target: pa.DataType) -> bool:
    return bool(pa.types.is_integer(target) or pa.types.is_floating(target) or pa.types.is_decimal(target))


def _has_date(target: pa.DataType) -> bool:
    return bool(pa.types.is_date(target) or pa.types.is_timestamp(target))


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        rule = "an IANA time zone name, such as Europe/Paris"
        raise InvalidInputOptionError("timezone", name, rule) from None
