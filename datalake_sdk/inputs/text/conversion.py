"""Converts string columns to typed columns without loss of information."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import ConvertOptions

from datalake_sdk.calendar import outside_calendar
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.text.notation import ISO, Notation, normalized_dates, zoned
from datalake_sdk.inputs.text.string_buffers import NINE, StringBuffers, are_plain_numbers

NULL_OPTIONS = ("null_values", "usual_nulls")
QUOTED_EMPTY = ""
USUAL_NULLS = pa.array(sorted({QUOTED_EMPTY, "None", "none", "<NA>", "na", r"\N", *ConvertOptions().null_values}))
"""Common null markers; in string columns, they remain strings."""

_NO_VALUE = pa.array([QUOTED_EMPTY])

CAST_ERRORS = (ValueError, pa.ArrowNotImplementedError)
"""Errors of a failed cast; ArrowInvalid is a ValueError."""

_SAFE_DIGITS = {pa.float32(): 6, pa.float64(): 15}
"""Decimal digits that the type always preserves (FLT_DIG and DBL_DIG of C)."""
SPACES = " \t"
"""Characters that pad a value and are not part of it."""
_SHORTEST_UNDERFLOW = len("1e-400")
_SAMPLED = 16
_EPOCH = date(1970, 1, 1)


def usual_nulls(options: InputOptions) -> pa.StringArray:
    """Null markers of all columns other than string columns."""
    return USUAL_NULLS if options.usual_nulls else _NO_VALUE


def converted(
    strings: pa.StringArray, target: pa.DataType, nulls: pa.StringArray, notation: Notation = ISO
) -> pa.Array | None:
    """Converts a string column to a type, and null markers to null.

    Args:
        strings: Values as written in the input; null if absent.
        target: Target type; string keeps null markers as strings, null is for columns without values.
        nulls: Null markers.
        notation: Notation of numbers and dates.

    Returns:
        The converted column, or None if a value cannot be converted without loss.
    """
    if pa.types.is_string(target):
        return strings
    if pa.types.is_null(target):
        return pa.nulls(len(strings))
    plain = None if _may_have_null_markers(strings) else lossless(strings, target, notation)
    # Arrow parses nan, a null marker, as a double.
    if plain is None or (pa.types.is_floating(target) and pc.any(pc.is_nan(plain)).as_py()):
        return lossless(present(strings, nulls), target, notation)
    return plain


def present(strings: pa.StringArray, nulls: pa.StringArray) -> pa.StringArray:
    """Trims values and replaces null markers with null, as in columns of types other than string."""
    return without(pc.ascii_trim(strings, SPACES) if StringBuffers(strings).are_padded() else strings, nulls)


def without(strings: pa.StringArray, markers: pa.StringArray) -> pa.StringArray:
    """Makes the given strings null."""
    return pc.if_else(pc.is_in(strings, value_set=markers), None, strings)


def lossless(strings: pa.StringArray, target: pa.DataType, notation: Notation = ISO) -> pa.Array | None:
    """Converts strings without null markers; None if a value cannot be converted without loss."""
    if notation.timezone and pa.types.is_timestamp(target) and target.tz is None:
        return None
    try:
        normalized = notation.normalized(strings, target)
        values = _read(normalized, target, notation)
    except CAST_ERRORS:
        return None
    given, parsed = (normalized.drop_null(), values.drop_null()) if strings.null_count else (normalized, values)
    return values if not len(given) or _is_lossless(given, parsed) else None


def cast_text(strings: pa.StringArray, target: pa.DataType, notation: Notation = ISO) -> pa.Array:
    """Converts strings with Arrow's casts, which may round; also supports times and UUIDs.

    Raises:
        ValueError: A string is not a value of the type.
        ArrowNotImplementedError: Strings cannot be converted to the type.
    """
    return _read(notation.normalized(strings, target), target, notation)


def is_exact(strings: pa.StringArray, values: pa.FloatingPointArray) -> bool:
    """Whether each floating-point value represents the number in its string, at the precision of the string.

    That is the case if the shortest representation of the value is the same number, or if the string is the value
    printed with more digits: `%.17g` prints the double 1.2248 as `1.2248000000000001`.

    Args:
        strings: Numbers, without nulls.
        values: The parsed numbers.
    """
    numbers, lengths = values.to_numpy(), StringBuffers(strings).lengths
    tiny = (np.abs(numbers) < np.finfo(numbers.dtype).tiny) & (lengths >= _SHORTEST_UNDERFLOW)
    doubtful = (lengths > _SAFE_DIGITS[values.type]) | tiny | ~np.isfinite(numbers)
    if not doubtful.any():
        return True
    mask = pa.array(doubtful)
    return _represent_same_numbers(strings.filter(mask), values.filter(mask))


def is_same_number(text: str, value: str) -> bool:
    """Whether two strings represent the same number."""
    if value == "nan":
        return text.lower() == value
    try:
        return Decimal(text) == Decimal(value)
    except ArithmeticError:
        return False


def _read(strings: pa.StringArray, target: pa.DataType, notation: Notation) -> pa.Array:
    try:
        return _cast(strings, target, notation)
    except CAST_ERRORS:
        normalized = normalized_dates(strings, target)
        if normalized is None:
            raise
        return _cast(normalized, target, notation)


def _cast(strings: pa.StringArray, target: pa.DataType, notation: Notation) -> pa.Array:
    if pa.types.is_time(target):
        moments = pc.binary_join_element_wise(str(_EPOCH), strings, " ")
        return moments.cast(pa.timestamp(target.unit)).cast(target)
    if isinstance(target, pa.UuidType):
        identifiers = [None if text is None else UUID(text).bytes for text in strings.to_pylist()]
        return pa.ExtensionArray.from_storage(target, pa.array(identifiers, target.storage_type))
    if notation.timezone and pa.types.is_timestamp(target) and target.tz:
        return zoned(strings, target, notation.timezone)
    return pc.cast(strings, target)


def _represent_same_numbers(strings: pa.StringArray, values: pa.FloatingPointArray) -> bool:
    trimmed = pc.ascii_rtrim(pc.ascii_rtrim(strings, "0"), ".")
    strings, values = _differing(strings, values, trimmed, values.cast(pa.string()))
    printed = pa.array([f"{value:.17g}" for value in values.to_pylist()], pa.string())
    strings, values = _differing(strings, values, strings, printed)
    shortest = values.cast(pa.string())
    rest = zip(strings.to_pylist(), shortest.to_pylist(), values.to_pylist(), strict=True)
    return all(is_same_number(text, normalized) or _rounds_to(value, text) for text, normalized, value in rest)


def _differing(
    strings: pa.StringArray, values: pa.FloatingPointArray, normalized: pa.StringArray, expected: pa.StringArray
) -> tuple[pa.StringArray, pa.FloatingPointArray]:
    differ = pc.not_equal(normalized, expected)
    return strings.filter(differ), values.filter(differ)


def _rounds_to(value: float, text: str) -> bool:
    """Whether a double, rounded to the number of digits of a string, equals the number in the string."""
    digits = text.lower().partition("e")[0].replace(".", "").lstrip("-0")
    return bool(digits) and is_same_number(text, f"{value:.{len(digits) - 1}e}")


def _may_have_null_markers(strings: pa.StringArray) -> bool:
    """Whether a sample suggests null markers: a failing cast is expensive."""
    view = StringBuffers(strings)
    quoted_empty = len(strings) - np.count_nonzero(view.lengths) > strings.null_count
    return bool(quoted_empty or (len(view.data) and (view.at(view.starts[::_SAMPLED]) > NINE).any()))


def _is_lossless(strings: pa.StringArray, values: pa.Array) -> bool:
    kind = values.type
    if pa.types.is_integer(kind):
        return are_plain_numbers(strings)
    if pa.types.is_floating(kind):
        return are_plain_numbers(strings) and is_exact(strings, values)
    if pa.types.is_decimal(kind):
        return are_plain_numbers(strings) and not StringBuffers(strings).has_letters()
    if pa.types.is_boolean(kind):
        # Arrow also accepts 0 and 1. https://arrow.apache.org/docs/python/generated/pyarrow.csv.ConvertOptions.html
        return bool((StringBuffers(strings).lengths > 1).all())
    if pa.types.is_date32(kind) or pa.types.is_timestamp(kind):
        # Arrow also parses the year 0, and an offset can shift a time into the year 10000.
        return not outside_calendar(values)
    return True
