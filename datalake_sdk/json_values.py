"""Converts values of JSON to the Python values of Iceberg types; a value that does not fit exactly is an error."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import struct
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from functools import partial
from typing import Any, NoReturn, TypeAlias, TypeVar
from uuid import UUID

from pyiceberg import types as iceberg

Conversion: TypeAlias = Callable[[Any], Any]
"""Raises InvalidValueError."""

_Parsed = TypeVar("_Parsed")
_MAX_SHOWN = 60
_DECIMAL_STRING = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMALS = Context(prec=38)
_NON_FINITE = ("NaN", "Infinity", "-Infinity")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(?P<zone>Z|[+-]\d\d:\d\d)?", re.ASCII)


class InvalidValueError(ValueError):
    """A value that does not fit its column.

    Args:
        path: Location within the value, for example `.city` or `[2]`.
        problem: The value received and what is valid.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem


def conversion(data_type: iceberg.IcebergType, *, non_finite: bool = False) -> Conversion:
    """Returns the conversion of non-null values to a type.

    Args:
        data_type: Type of the values.
        non_finite: Whether floating-point numbers may be the strings `NaN`, `Infinity` and `-Infinity`.
    """
    convert = partial(_nested_conversion, non_finite)
    if isinstance(data_type, iceberg.IntegerType):
        return partial(_whole_number, 31)
    if isinstance(data_type, iceberg.LongType):
        return partial(_whole_number, 63)
    if isinstance(data_type, iceberg.DecimalType):
        return partial(_decimal, data_type)
    if isinstance(data_type, iceberg.FixedType):
        return partial(_fixed, len(data_type))
    if isinstance(data_type, iceberg.ListType):
        return partial(_list, convert(data_type.element_type, data_type.element_required))
    if isinstance(data_type, iceberg.MapType):
        key = partial(_map_key, data_type.key_type, conversion(data_type.key_type, non_finite=non_finite))
        return partial(_map, key, convert(data_type.value_type, data_type.value_required))
    if isinstance(data_type, iceberg.StructType):
        return partial(_struct, {each.name: convert(each.field_type, each.required) for each in data_type.fields})
    if non_finite and isinstance(data_type, iceberg.FloatType | iceberg.DoubleType):
        return partial(_any_number, _CONVERSIONS[type(data_type)])
    return _CONVERSIONS[type(data_type)]


def _nested_conversion(non_finite: bool, data_type: iceberg.IcebergType, required: bool) -> Conversion:
    convert = conversion(data_type, non_finite=non_finite)
    return lambda value: _missing(required) if value is None else convert(value)


def _missing(required: bool) -> None:
    if required:
        raise InvalidValueError("", "is null; it must have a value")


def _fail(value: object, rule: str) -> NoReturn:
    text = f"'{value}'" if isinstance(value, str) else str(value)
    raise InvalidValueError("", f"is {text[:_MAX_SHOWN]}; it must be {rule}")


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else _fail(value, "true or false")


def _whole_number(bits: int, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**bits) <= value < 2**bits:
        _fail(value, f"a whole number of {bits + 1} bits")
    return int(value)


def _number(value: Any, rule: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        _fail(value, rule)
    try:
        number = float(value)
    except OverflowError:
        _fail(value, rule)
    return _fail(value, rule) if math.isinf(number) else number


def _double(value: Any) -> float:
    return _number(value, "a number")


def _float(value: Any) -> float:
    number = _number(value, "a number")
    try:
        struct.pack("<f", number)
    except OverflowError:
        _fail(value, "a number of 32 bits")
    return number


def _any_number(finite: Conversion, value: Any) -> Any:
    return float(value) if value in _NON_FINITE else finite(value)


def _decimal(data_type: iceberg.DecimalType, value: Any) -> Decimal:
    rule = f"a number with at most {data_type.precision} digits, {data_type.scale} of them fractional"
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        _fail(value, rule)
    if isinstance(value, str) and not _DECIMAL_STRING.fullmatch(value):
        _fail(value, rule)
    try:
        number = Decimal(value)
    except InvalidOperation:
        _fail(value, rule)
    if not _has_digits(number, data_type):
        _fail(value, rule)
    return number.quantize(Decimal((0, (1,), -data_type.scale)), context=_DECIMALS)


def _has_digits(number: Decimal, data_type: iceberg.DecimalType) -> bool:
    """Whether a type has the digits of a number, apart from zeros at its ends."""
    _, digits, exponent = number.as_tuple()
    significant = bytes(digits).rstrip(b"\0")
    fraction = len(significant) - len(digits) - int(exponent)
    whole = len(digits) + int(exponent)
    return not significant or (fraction <= data_type.scale and whole <= data_type.precision - data_type.scale)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        _fail(value, "a string")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            _fail(ascii(value), "a string without unpaired surrogates")
    return str(value)


def _text(value: Any, pattern: re.Pattern[str], rule: str) -> re.Match[str]:
    found = pattern.fullmatch(value) if isinstance(value, str) else None
    return found or _fail(value, rule)


def _date(value: Any) -> date:
    rule = "a date such as '2026-01-31'"
    return _parsed(date.fromisoformat, _text(value, _DATE, rule).string, rule)


def _time(value: Any) -> time:
    rule = "a time such as '09:30:00' with at most 6 digits after the seconds"
    return _parsed(time.fromisoformat, _text(value, _TIME, rule).string, rule)


def _timestamp(has_zone: bool, value: Any) -> datetime:
    zone = (
        "with its zone, such as '2026-01-31T09:30:00Z'" if has_zone else "without zone, such as '2026-01-31T09:30:00'"
    )
    rule = f"a time {zone}, with at most 6 digits after the seconds"
    found = _text(value, _TIMESTAMP, rule)
    if bool(found["zone"]) != has_zone:
        _fail(value, rule)
    return _parsed(_timestamp_of, found.string, rule)


def _timestamp_of(text: str) -> datetime:
    timestamp = datetime.fromisoformat(text)
    try:
        timestamp.replace(tzinfo=timestamp.tzinfo or UTC).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
    return timestamp


def _parsed(parse: Callable[[str], _Parsed], value: str, rule: str) -> _Parsed:
    try:
        return parse(value)
    except ValueError:
        return _fail(value, rule)


def _uuid(value: Any) -> bytes:
    rule = "a UUID such as 'f47ac10b-58cc-4372-a567-0e02b2c3d479'"
    if not isinstance(value, str) or len(value) != len(str(UUID(int=0))):
        _fail(value, rule)
    return _parsed(UUID, value, rule).bytes


def _binary(value: Any) -> bytes:
    if not isinstance(value, str):
        _fail(value, "a string in Base64")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return _fail(value, "a string in Base64")


def _fixed(length: int, value: Any) -> bytes:
    content = _binary(value)
    return content if len(content) == length else _fail(value, f"{length} bytes in Base64")


def _list(element: Conversion, value: Any) -> list[Any]:
    if not isinstance(value, list):
        _fail(value, "an array")
    return [_at(f"[{position}]", element, each) for position, each in enumerate(value)]


def _map(key: Conversion, element: Conversion, value: Any) -> list[tuple[Any, Any]]:
    if not isinstance(value, dict):
        _fail(value, "an object")
    return [(_at(f".{name}", key, name), _at(f".{name}", element, each)) for name, each in value.items()]


def _map_key(data_type: iceberg.IcebergType, convert: Conversion, name: str) -> Any:
    """Converts a key, which JSON writes as a string: `{"1": …}` is a map with the number 1."""
    is_text = _CONVERSIONS.get(type(data_type)) not in (_boolean, _float, _double, None)
    if is_text or isinstance(data_type, iceberg.FixedType):
        return convert(name)
    try:
        return convert(json.loads(name, parse_float=Decimal))
    except json.JSONDecodeError:
        return convert(name)


def _struct(fields: dict[str, Conversion], value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        _fail(value, "an object")
    for name in value.keys() - fields.keys():
        raise InvalidValueError(f".{name}", f"is unknown; the fields are {', '.join(fields)}")
    return {name: _at(f".{name}", convert, value.get(name)) for name, convert in fields.items()}


def _at(path: str, convert: Conversion, value: Any) -> Any:
    try:
        return convert(value)
    except InvalidValueError as error:
        raise InvalidValueError(path + error.path, error.problem) from None


_CONVERSIONS: dict[type[iceberg.IcebergType], Conversion] = {
    iceberg.BooleanType: _boolean,
    iceberg.FloatType: _float,
    iceberg.DoubleType: _double,
    iceberg.StringType: _string,
    iceberg.DateType: _date,
    iceberg.TimeType: _time,
    iceberg.TimestampType: partial(_timestamp, False),
    iceberg.TimestamptzType: partial(_timestamp, True),
    iceberg.UUIDType: _uuid,
    iceberg.BinaryType: _binary,
}
