"""Exact casts: a value that the target type cannot represent is an error and is never rounded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.engine.extension_types import storage
from datalake_sdk.microseconds import floored_to_microseconds, has_nanoseconds
from datalake_sdk.nested_arrays import flattened

_EXAMPLES = 5
_LONG_DIGITS = 20
"""Integer digits of any 64-bit integer, signed or not."""


class InexactCastError(Exception):
    """Values that the target type cannot represent exactly.

    Args:
        examples: Up to five of them.
    """

    def __init__(self, examples: tuple[str, ...]) -> None:
        super().__init__(", ".join(examples))
        self.examples = examples


def exact_cast(column: pa.Array, target: pa.DataType) -> pa.Array:
    """Casts a column, at every level of nesting; fields of structs are matched by name.

    A decimal or an integer converts to a floating-point type if the nearest value prints as the same number. A
    floating-point number converts to a decimal if its shortest representation does, and to an integer if it is whole.

    Args:
        column: Values without an encoding such as a dictionary.
        target: Type of the table's column.

    Raises:
        InexactCastError: The target type cannot represent a value.
    """
    if column.type == target:
        return column
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), target)
    if pa.types.is_struct(column.type) and pa.types.is_struct(target):
        return _cast_struct(column, target)
    if _is_list(column.type) and pa.types.is_list(target):
        return _cast_list(column, target)
    if pa.types.is_map(column.type) and pa.types.is_map(target):
        return _cast_map(column, target)
    if isinstance(column.type, pa.UuidType) and pa.types.is_string(target):
        return pa.array(map(_uuid_string, column), target)
    return _cast_values(_widest(storage(column)), target)


def _uuid_string(value: pa.Scalar) -> str | None:
    return str(value.as_py()) if value.is_valid else None


def _widest(column: pa.Array) -> pa.Array:
    """Widens small decimals and floats to types that Arrow casts and compares correctly."""
    if pa.types.is_decimal32(column.type) or pa.types.is_decimal64(column.type):
        return column.cast(pa.decimal128(column.type.precision, column.type.scale))
    return column.cast(pa.float32()) if pa.types.is_float16(column.type) else column


def _is_list(data_type: pa.DataType) -> bool:
    kinds = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(is_kind(data_type) for is_kind in kinds)


def _cast_struct(column: pa.StructArray, target: pa.StructType) -> pa.Array:
    # Unlike `field`, `flatten` applies the validity of the struct to its fields.
    given = dict(zip((field.name for field in column.type), column.flatten(), strict=True))
    children = [
        exact_cast(given[field.name], field.type) if field.name in given else pa.nulls(len(column), field.type)
        for field in target
    ]
    return pa.StructArray.from_arrays(children, fields=list(target), mask=column.is_null())


def _cast_list(column: pa.Array, target: pa.ListType) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(column), 0).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
    values = exact_cast(flattened(column), target.value_type)
    return pa.ListArray.from_arrays(offsets, values, type=target, mask=column.is_null())


def _cast_map(column: pa.MapArray, target: pa.MapType) -> pa.Array:
    # `keys` and `items` of a slice ignore its offset.
    whole = pa.concat_arrays([column, column.slice(0, 0)])
    keys, items = exact_cast(whole.keys, target.key_type), exact_cast(whole.items, target.item_type)
    return pa.MapArray.from_arrays(whole.offsets, keys, items, type=target, mask=whole.is_null())


def _cast_values(column: pa.Array, target: pa.DataType) -> pa.Array:
    try:
        return _converted(column, target)
    except pa.ArrowNotImplementedError:
        raise InexactCastError(()) from None
    except pa.ArrowInvalid:
        raise InexactCastError(tuple(islice(_inexact_values(column, target), _EXAMPLES))) from None


def _inexact_values(column: pa.Array, target: pa.DataType) -> Iterator[str]:
    for position in range(len(column)):
        try:
            _converted(column.slice(position, 1), target)
        except pa.ArrowInvalid:
            yield _text(column[position])


def _text(value: pa.Scalar) -> str:
    try:
        return str(value)
    except (OverflowError, ValueError):
        # Python cannot represent the date: https://docs.python.org/3/library/datetime.html#datetime.MAXYEAR
        return f"{value.type} {value.value}"


def _converted(column: pa.Array, target: pa.DataType) -> pa.Array:
    """Casts with Arrow, and checks the casts that Arrow does not perform exactly.

    Raises:
        ArrowInvalid: The target type cannot represent a value.
    """
    given = column.type
    if pa.types.is_floating(target) and (pa.types.is_decimal(given) or pa.types.is_integer(given)):
        return _number_to_floating(column, target)
    if pa.types.is_floating(target) and pa.types.is_floating(given):
        return _floating_to_floating(column, target)
    if pa.types.is_decimal(target) and pa.types.is_integer(given):
        wide = pa.decimal256(_LONG_DIGITS + target.scale, target.scale)
        return column.cast(wide).cast(target)
    if pa.types.is_decimal(target) and pa.types.is_floating(given):
        return _floating_to_decimal(column, target)
    column = floored_to_microseconds(column) if has_nanoseconds(given) else column
    values = column.cast(target)
    if (pa.types.is_boolean(target) and not pa.types.is_string(given)) or pa.types.is_date(target):
        _check(pc.equal(values.cast(column.type), column))
    return values


def _number_to_floating(column: pa.Array, target: pa.DataType) -> pa.Array:
    # Arrow may cast a decimal to a double adjacent to the nearest one: 0.3 becomes 0.30000000000000004.
    numbers = column if pa.types.is_decimal(column.type) else column.cast(pa.decimal128(_LONG_DIGITS, 0))
    values = numbers.cast(pa.string()).cast(target)
    _check(pc.equal(values.cast(pa.string()).cast(numbers.type), numbers))
    return values


def _floating_to_decimal(column: pa.Array, target: pa.DataType) -> pa.Array:
    numbers = column.cast(pa.string()).cast(target)
    # Arrow parses 1.6401551328412617e-264 as the decimal 0.
    _check(pc.equal(numbers.cast(pa.string()).cast(column.type), column))
    return numbers


def _floating_to_floating(column: pa.Array, target: pa.DataType) -> pa.Array:
    values = column.cast(target)
    _check(pc.equal(pc.is_inf(values), pc.is_inf(column)))
    return values


def _check(are_exact: pa.BooleanArray) -> None:
    if not pc.all(are_exact, min_count=0).as_py():
        raise pa.ArrowInvalid("the cast changes a value")
