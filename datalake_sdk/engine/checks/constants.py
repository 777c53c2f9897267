"""Converts the constants of checks to the type of a column, so that comparisons are exact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pyarrow as pa

from datalake_sdk.contracts.checks import RowCheck
from datalake_sdk.errors import CheckTypeError
from datalake_sdk.table_contract import Scalar

_MICROSECONDS = 1_000_000
_MICROSECONDS_PER_DAY = 86_400 * _MICROSECONDS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Units:
    """A column as whole numbers: integers, or times in microseconds, days and so on.

    Args:
        storage: Integer type with the same width as the column's type.
        per_value: Number of units in 1, or in one microsecond for times.
    """

    storage: pa.DataType
    per_value: Fraction = Fraction(1)

    @property
    def lowest(self) -> int:
        bits: int = self.storage.bit_width
        return -(1 << (bits - 1))

    @property
    def highest(self) -> int:
        return -self.lowest - 1


def units_of(data_type: pa.DataType) -> Units | None:
    """The units of a type whose values are whole numbers; None for other types."""
    if pa.types.is_integer(data_type):
        return Units(data_type)
    if pa.types.is_date32(data_type):
        return Units(pa.int32(), Fraction(1, _MICROSECONDS_PER_DAY))
    if pa.types.is_timestamp(data_type) or pa.types.is_time64(data_type):
        scale = {"s": Fraction(1, _MICROSECONDS), "ms": Fraction(1, 1000), "us": Fraction(1), "ns": Fraction(1000)}
        return Units(pa.int64(), scale[data_type.unit])
    return None


def exact_value(check: RowCheck, value: Scalar, data_type: pa.DataType) -> Fraction:
    """A constant of a numeric or temporal column as a number of its units.

    Raises:
        CheckTypeError: The constant does not fit the type.
    """
    if pa.types.is_integer(data_type) or pa.types.is_decimal(data_type):
        if isinstance(value, bool | str) or (isinstance(value, float) and not math.isfinite(value)):
            raise CheckTypeError(check.name, value, str(data_type), "a number")
        return Fraction(str(value))
    units = units_of(data_type)
    if units is None or not isinstance(value, str):
        raise CheckTypeError(check.name, value, str(data_type), "a date or time in ISO 8601, for example 2026-01-31")
    return _microseconds(check, value, data_type) * units.per_value


def member_values(check: RowCheck, values: Sequence[Scalar], data_type: pa.DataType) -> pa.Array:
    """The constants that a column can hold, in its type or in that of its units.

    Raises:
        CheckTypeError: A constant has another kind of type.
    """
    units = units_of(data_type)
    if units is not None:
        whole = [exact_value(check, value, data_type) for value in values]
        inside = [int(each) for each in whole if each.denominator == 1 and units.lowest <= each <= units.highest]
        return pa.array(inside, units.storage)
    if pa.types.is_decimal(data_type):
        exact = [exact_value(check, value, data_type) for value in values]
        return pa.array([number for each in exact if (number := _decimal(each, data_type)) is not None], data_type)
    if pa.types.is_floating(data_type):
        numbers = [_number(check, value, data_type) for value in values]
        zeros = [0.0, -0.0] if 0.0 in numbers else []
        return pa.array([*numbers, *zeros], data_type)
    return pa.array([_of_type(check, value, data_type) for value in values], data_type)


def float_value(check: RowCheck, value: Scalar, data_type: pa.DataType) -> pa.Scalar:
    """A bound of a floating-point column.

    Raises:
        CheckTypeError: The constant is not a number.
    """
    return pa.scalar(_number(check, value, data_type), data_type)


def _number(check: RowCheck, value: Scalar, data_type: pa.DataType) -> float:
    if isinstance(value, bool | str):
        raise CheckTypeError(check.name, value, str(data_type), "a number")
    try:
        return float(value)
    except OverflowError:
        raise CheckTypeError(check.name, value, str(data_type), "a number of 64 bits") from None


def _decimal(value: Fraction, data_type: pa.DataType) -> Decimal | None:
    scaled = value * 10**data_type.scale
    if scaled.denominator != 1 or abs(scaled) >= 10**data_type.precision:
        return None
    return Decimal(int(scaled)).scaleb(-data_type.scale)


def _of_type(check: RowCheck, value: Scalar, data_type: pa.DataType) -> object:
    if pa.types.is_string(data_type) and isinstance(value, str):
        return value
    if pa.types.is_boolean(data_type) and isinstance(value, bool):
        return value
    if isinstance(data_type, pa.UuidType) and isinstance(value, str):
        return _uuid(check, value, data_type).bytes
    rule = "a quoted string" if pa.types.is_string(data_type) else "a constant of this type"
    raise CheckTypeError(check.name, value, str(data_type), rule)


def _uuid(check: RowCheck, text: str, data_type: pa.DataType) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise CheckTypeError(check.name, text, str(data_type), "a UUID") from None


def _microseconds(check: RowCheck, text: str, data_type: pa.DataType) -> Fraction:
    try:
        if pa.types.is_time64(data_type):
            clock = time.fromisoformat(text)
            _check_zone(check, text, data_type, clock)
            seconds = (clock.hour * 60 + clock.minute) * 60 + clock.second
            return Fraction(seconds * _MICROSECONDS + clock.microsecond)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CheckTypeError(check.name, text, str(data_type), "a date or time in ISO 8601") from None
    _check_zone(check, text, data_type, moment)
    elapsed = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
    return Fraction((elapsed.days * 86_400 + elapsed.seconds) * _MICROSECONDS + elapsed.microseconds)


def _check_zone(check: RowCheck, text: str, data_type: pa.DataType, given: datetime | time) -> None:
    is_zoned = pa.types.is_timestamp(data_type) and data_type.tz is not None
    if given.tzinfo is not None and not is_zoned:
        raise CheckTypeError(check.name, text, str(data_type), "a time without a zone")
