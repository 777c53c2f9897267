"""How an input writes numbers, dates and times; values are respelled to what Arrow reads."""

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
"""Dates that begin with the year have one meaning, also without zeros in front."""
_OFFSET = r":[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)$"
_FIRST_MODERN_YEAR = 1973
"""From here on all offsets of zones, and the moments at which they change, are quarters of an hour."""


class ForeignNotationError(ValueError):
    """A text that is written in another way than the notation says."""


@dataclass(frozen=True)
class Notation:
    """How values are written.

    Args:
        decimal_mark: Before the fraction of a number.
        thousands_mark: Between groups of three digits; empty where there is none.
        date_formats: Of dates and times, besides ISO 8601.
        timezone: Of timestamps without an offset; None leaves them without a zone.
    """

    decimal_mark: str = DEFAULT_DECIMAL_MARK
    thousands_mark: str = ""
    date_formats: tuple[DateFormat, ...] = ()
    timezone: str | None = None

    def respelled(self, strings: pa.StringArray, target: pa.DataType) -> pa.StringArray:
        """Respells values of a type in the way in which Arrow reads them.

        Raises:
            ForeignNotationError: A number is written in another way.
        """
        if self._has_marks and _is_number(target):
            return self._plain_numbers(strings)
        return _iso(strings, self.date_formats) if self.date_formats and _has_date(target) else strings

    def _plain_numbers(self, strings: pa.StringArray) -> pa.StringArray:
        if not pc.all(pc.match_substring_regex(strings, self._number)).as_py():
            raise ForeignNotationError
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
"""Decimal points, no thousands marks, ISO 8601."""


def notation(options: InputOptions) -> Notation:
    """The notation that the user describes.

    Raises:
        InvalidInputOptionError: A mark is not one character, the two are the same, a format of dates has an unknown
            part, or there is no such time zone.
    """
    decimal, thousands = options.decimal_mark, options.thousands_mark or ""
    for name, mark in (("decimal_mark", decimal), ("thousands_mark", thousands or " ")):
        if len(mark) != 1 or mark.isalnum() or mark in "+-^]\\":
            raise InvalidInputOptionError(name, mark, "one character that is neither a letter, a digit nor a sign")
    if decimal == thousands:
        hint = "Give --decimal-mark too."
        raise InvalidInputOptionError("thousands_mark", thousands, "another character than the decimal mark", hint)
    if options.timezone is not None:
        _check_zone(options.timezone)
    return Notation(decimal, thousands, tuple(map(date_format, options.date_formats)), options.timezone)


def normalized_dates(strings: pa.StringArray, target: pa.DataType) -> pa.StringArray | None:
    """Respells dates that begin with the year, as `2014-7-1`; None where there are none, or another type is wanted."""
    if not _has_date(target):
        return None
    spelled = _iso(strings, _LENIENT_FORMATS)
    return None if spelled.equals(strings) else spelled


def zoned(strings: pa.StringArray, target: pa.TimestampType, timezone: str) -> pa.TimestampArray:
    """Converts timestamps to a type with a zone; those without an offset are times of day in `timezone`.

    A time of day that comes twice, when clocks are set back, is the first one.

    Raises:
        ValueError: A text is no timestamp, a time of day that does not exist, when clocks are set forward, or one that
            is outside the years 1 to 9999 in UTC.
    """
    has_offset = pc.match_substring_regex(strings, _OFFSET)
    given = pc.cast(pc.if_else(has_offset, strings, None), target)
    local = pc.cast(pc.if_else(has_offset, None, strings), pa.timestamp(target.unit))
    return pc.coalesce(given, _instants(local, ZoneInfo(timezone)).cast(target))


def _instants(local: pa.TimestampArray, zone: ZoneInfo) -> pa.Int64Array:
    """Times of day in a zone as UTC, in the unit of `local` since 1970; each offset is looked up once."""
    # Arrow's own conversion misses rules of a zone's file. https://github.com/apache/arrow/issues/42157
    are_modern = pc.all(pc.greater_equal(pc.year(local), _FIRST_MODERN_YEAR)).as_py()
    spans = pc.floor_temporal(local, 15, "minute") if are_modern else local
    encoded = spans.dictionary_encode()
    seconds = pa.array([_offset(moment, zone) for moment in encoded.dictionary.to_pylist()], pa.duration("s"))
    offsets = seconds.cast(pa.duration(local.type.unit)).take(encoded.indices)
    return pc.subtract(local, offsets).cast(pa.int64())


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    there = moment.replace(tzinfo=zone)
    try:
        back = there.astimezone(UTC).astimezone(zone)
    except OverflowError:
        raise ForeignNotationError from None
    if back.replace(tzinfo=None) != moment:
        raise ForeignNotationError
    return there.utcoffset() or timedelta()


def _iso(strings: pa.StringArray, formats: tuple[DateFormat, ...]) -> pa.StringArray:
    """Respells what is in exactly one way a date; anything else stays what it is."""
    found = pa.nulls(len(strings), pa.string())
    is_clear = pa.scalar(True)
    for each in formats:
        spelled = each.iso(strings)
        is_clear = pc.and_(is_clear, pc.fill_null(pc.equal(found, spelled), True))
        found = pc.coalesce(found, spelled)
    return pc.coalesce(pc.if_else(is_clear, found, None), strings)


def _is_number(target: pa.DataType) -> bool:
    return bool(pa.types.is_integer(target) or pa.types.is_floating(target) or pa.types.is_decimal(target))


def _has_date(target: pa.DataType) -> bool:
    return bool(pa.types.is_date(target) or pa.types.is_timestamp(target))


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        rule = "a time zone's name in the IANA database, such as Europe/Paris"
        raise InvalidInputOptionError("timezone", name, rule) from None
