"""What the strings of a column can be: evidence that is gathered piece by piece and adds up to a type."""

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
"""Kinds that the zone of the input, once one is given, makes one."""
NUMBERS = Kind.INTEGER | Kind.FRACTION | Kind.EXPONENT


@dataclass(frozen=True)
class Evidence:
    """What is known of a column's values; `|` joins what two pieces of a column show, in any order.

    Args:
        kinds: Families seen; none when all values so far are null or spellings of null.
        integer_digits: Most digits before a number's point.
        fractional_digits: Most digits behind a number's point.
        fits_long: Every integer fits 64 bits.
        fits_double: Every number is a double's value.
        fits_start: Every value fits the type in which the column starts.
        has_strings: The input marks values as text, if only ones that spell null: text where nothing else is seen.
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
        """The narrowest type that loses nothing of the values seen; string when there are none."""
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
"""Evidence of strings that are all of one family; None when one of them is not."""

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
    """Finds out what the strings of a column are.

    Args:
        strings: Values as the input writes them; null where it has none.
        nulls: Spellings of null.
        families: What the values may be, apart from text.
        start: Type in which the column starts.
        notation: How numbers and dates are written.
    """
    values = present(strings, nulls).drop_null()
    if not len(values):
        return Evidence()
    fits_start = start is None or lossless(values, start, notation) is not None
    return _family_evidence(values, families, notation) | Evidence(fits_start=fits_start)


def evidence_of_type(start: pa.DataType) -> Evidence:
    """What a column that was of a type shows, once its values no longer fit the type."""
    if pa.types.is_decimal(start):
        return Evidence(Kind.FRACTION, start.precision - start.scale, start.scale, fits_double=False, fits_start=False)
    return Evidence(_kind_of_type(start), fits_start=False)


def numbers(strings: pa.StringArray, notation: Notation = ISO) -> Evidence | None:
    """Integers, fractions and numbers with an exponent."""
    try:
        spelled = notation.respelled(strings, pa.float64())
        doubles = spelled.cast(pa.float64())
    except ValueError:
        return None
    if not are_plain_numbers(spelled):
        return None
    view = StringBuffers(spelled)
    parts = (Kind.EXPONENT if view.has_letters() else Kind.NONE) | (Kind.FRACTION if view.has_points() else Kind.NONE)
    kinds = parts or Kind.INTEGER
    return Evidence(
        kinds,
        *max_digits(spelled),
        fits_long=kinds != Kind.INTEGER or lossless(spelled, pa.int64()) is not None,
        fits_double=is_exact(spelled, doubles),
    )


def booleans(strings: pa.StringArray, notation: Notation = ISO) -> Evidence | None:
    """`true` and `false`, in any case."""
    return None if lossless(strings, pa.bool_(), notation) is None else Evidence(Kind.BOOLEAN)


def dates(strings: pa.StringArray, notation: Notation = ISO) -> Evidence | None:
    """`YYYY-MM-DD`, and the formats that the notation has besides."""
    return None if lossless(strings, pa.date32(), notation) is None else Evidence(Kind.DATE)


def timestamps(strings: pa.StringArray, notation: Notation = ISO) -> Evidence | None:
    """Date and time without zone, down to microseconds; dates may be among them."""
    return None if lossless(strings, TIMESTAMP, notation) is None else Evidence(Kind.TIMESTAMP)


def zoned_timestamps(strings: pa.StringArray, notation: Notation = ISO) -> Evidence | None:
    """Date and time with an offset or Z, down to microseconds; without, where the notation has a zone."""
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
