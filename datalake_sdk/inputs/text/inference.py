"""Infers the type of a string column from evidence that is collected block by block."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntFlag, auto

import pyarrow as pa

from datalake_sdk.inputs.text.conversion import is_exact, lossless, present
from datalake_sdk.inputs.text.notation import ISO, Notation
from datalake_sdk.inputs.text.string_buffers import StringBuffers, are_plain_numbers, max_digits

TIMESTAMP = pa.timestamp("us")
ZONED_TIMESTAMP = pa.timestamp("us", "UTC")
_MAX_DECIMAL_DIGITS = 38


class Kind(IntFlag):
    """Families of values; a column may hold several."""

    NONE = 0
    BOOLEAN = auto()
    INTEGER = auto()
    FRACTION = auto()
    EXPONENT = auto()
    DATE = auto()
    TIMESTAMP = auto()
    ZONED = auto()
    INSTANT = auto()
    TEXT = auto()


INSTANTS = Kind.DATE | Kind.TIMESTAMP | Kind.ZONED | Kind.INSTANT
"""Kinds that are combined to timestamps with time zone if the input has a time zone."""
NUMBERS = Kind.INTEGER | Kind.FRACTION | Kind.EXPONENT


@dataclass(frozen=True)
class Evidence:
    """Evidence of the values of a column; `|` combines the evidence of two pieces, in any order.

    Args:
        kinds: Kinds of values seen; none if all values are null or null markers.
        integer_digits: Maximum number of integer digits.
        fractional_digits: Maximum number of fractional digits.
        fits_long: Whether every integer fits 64 bits.
        fits_double: Whether every number is exactly represented by a double.
        fits_start: Whether every value fits the initial type.
        has_strings: Whether strings were seen, including null markers; without other values, the type is string.
    """

    kinds: Kind = Kind.NONE
    integer_digits: int = 0
    fractional_digits: int = 0
    fits_long: bool = True
    fits_double: bool = True
    fits_start: bool = True
    has_strings: bool = False

    def __or__(self, other: Evidence) -> Evidence:
        return Evidence(
            self.kinds | other.kinds,
            max(self.integer_digits, other.integer_digits),
            max(self.fractional_digits, other.fractional_digits),
            self.fits_long and other.fits_long,
            self.fits_double and other.fits_double,
            self.fits_start and other.fits_start,
            self.has_strings or other.has_strings,
        )

    @property
    def type(self) -> pa.DataType:
        """The narrowest type that holds all values without loss; string if there are none."""
        if self.kinds and self.kinds in NUMBERS:
            return self._number_type()
        if self.kinds == Kind.DATE | Kind.TIMESTAMP:
            return TIMESTAMP
        if Kind.INSTANT in self.kinds and self.kinds in INSTANTS:
            return ZONED_TIMESTAMP
        return _SINGLE_TYPES.get(self.kinds, pa.string())

    def _number_type(self) -> pa.DataType:
        if self.kinds == Kind.INTEGER and self.fits_long:
            return pa.int64()
        if self.kinds != Kind.INTEGER and self.fits_double:
            return pa.float64()
        if Kind.EXPONENT not in self.kinds and self.integer_digits + self.fractional_digits <= _MAX_DECIMAL_DIGITS:
            return pa.decimal128(_MAX_DECIMAL_DIGITS, self.fractional_digits)
        return pa.string()


Family = Callable[[pa.StringArray, Notation], Evidence | None]
"""Returns evidence of strings; None if one of them does not belong to the family."""

_SINGLE_TYPES = {
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: TIMESTAMP,
    Kind.ZONED: ZONED_TIMESTAMP,
}


def evidence_of(
    strings: pa.StringArray,
    nulls: pa.StringArray,
    families: Sequence[Family],
    start: pa.DataType | None = None,
    notation: Notation = ISO,
) -> Evidence:
    """Collects evidence of the strings of a column.

    Args:
        strings: Values as written in the input; null if absent.
        nulls: Null markers.
        families: Possible families of values other than text.
        start: Initial type of the column.
        notation: Notation of numbers and dates.
    """
    values = present(strings, nulls).drop_null()
    if not len(values):
        return Evidence()
    fits_start = start is None or lossless(values, start, notation) is not None
    return _family_evidence(values, families, notation) | Evidence(fits_start=fits_start)


def evidence_of_type(start: pa.DataType) -> Evidence:
    """Evidence that represents the stored values of a column when new values do not fit its initial type."""
    if pa.types.is_decimal(start):
        return Evidence(Kind.FRACTION, start.precision - start.scale, start.scale, fits_double=False, fits_start=False)
    return Evidence(_kind_of_type(start), fits_start=False)


def numbers(strings: pa.StringArray, notation: Notation = ISO) -> Evidence | None:
    """Integers, fractions and numbers with an exponent."""
    try:
        normalized = notation.normalized(strings, pa.float64())
        doubles = normalized.cast(pa.float64())
    except ValueError:
        return None
    if not are_plain_numbers(normalized):
        return None
    view = StringBuffers(normalized)
    parts = (Kind.EXPONENT if view.has_letters() else Kind.NONE) | (Kind.FRACTION if view.has_points() else Kind.NONE)
    kinds = parts or Kind.INTEGER
    return Evidence(
        kinds,
        *max_digits(normalized),
        fits_long=kinds != Kind.INTEGER or lossless(normalized, pa.int64()) is not None,
        fits_double=is_exact(normalized, doubles),
    )


def booleans(strings: pa.StringArray, notation: Notation = ISO) -> Evidence | None:
    """`true` and `false`, case-insensitive."""
    return None if lossless(strings, pa.bool_(), notation) is None else Evidence(Kind.BOOLEAN)


def dates(strings: pa.StringArray, notation: Notation = ISO) -> Evidence | None:
    """`YYYY-MM-DD`, and the formats of the notation."""
    return None if lossless(strings, pa.date32(), notation) is None else Evidence(Kind.DATE)


def timestamps(strings: pa.StringArray, notation: Notation = ISO) -> Evidence | None:
    """Dates and times without time zone, up to microseconds; also dates alone."""
    return None if lossless(strings, TIMESTAMP, notation) is None else Evidence(Kind.TIMESTAMP)


def zoned_timestamps(strings: pa.StringArray, notation: Notation = ISO) -> Evidence | None:
    """Dates and times with an offset or Z, up to microseconds; also without, if the notation has a time zone."""
    if lossless(strings, ZONED_TIMESTAMP, notation) is None:
        return None
    return Evidence(Kind.INSTANT if notation.timezone else Kind.ZONED)


TEMPORAL: tuple[Family, ...] = (dates, timestamps, zoned_timestamps)
ALL_FAMILIES: tuple[Family, ...] = (numbers, booleans, *TEMPORAL)


def _family_evidence(values: pa.StringArray, families: Sequence[Family], notation: Notation) -> Evidence:
    head = values.slice(0, 1)
    for family in families:
        if family(head, notation) is not None and (evidence := family(values, notation)) is not None:
            return evidence
    return Evidence(Kind.TEXT)


def _kind_of_type(start: pa.DataType) -> Kind:
    if pa.types.is_integer(start):
        return Kind.INTEGER
    if pa.types.is_floating(start):
        return Kind.FRACTION
    if pa.types.is_timestamp(start):
        return Kind.ZONED if start.tz else Kind.TIMESTAMP
    return {pa.bool_(): Kind.BOOLEAN, pa.date32(): Kind.DATE}.get(start, Kind.TEXT)
