"""Maps Arrow types to Iceberg types, and decides which types can be promoted or converted."""

from __future__ import annotations

import pyarrow as pa
from pyiceberg import types as iceberg

from datalake_sdk.errors import UnsupportedTypeError

_UNASSIGNED_ID = -1
_MAX_DECIMAL_PRECISION = 38
_TIMES = (iceberg.DateType, iceberg.TimeType, iceberg.TimestampType, iceberg.TimestamptzType)
_NUMBERS = (iceberg.IntegerType, iceberg.LongType, iceberg.FloatType, iceberg.DoubleType, iceberg.DecimalType)

_EXACT: dict[pa.DataType, iceberg.IcebergType] = {
    pa.null(): iceberg.UnknownType(),
    pa.bool_(): iceberg.BooleanType(),
    pa.int8(): iceberg.IntegerType(),
    pa.int16(): iceberg.IntegerType(),
    pa.int32(): iceberg.IntegerType(),
    pa.uint8(): iceberg.IntegerType(),
    pa.uint16(): iceberg.IntegerType(),
    pa.int64(): iceberg.LongType(),
    pa.uint32(): iceberg.LongType(),
    pa.uint64(): iceberg.DecimalType(20, 0),
    pa.float16(): iceberg.FloatType(),
    pa.float32(): iceberg.FloatType(),
    pa.float64(): iceberg.DoubleType(),
    pa.date32(): iceberg.DateType(),
    pa.date64(): iceberg.DateType(),
    pa.string(): iceberg.StringType(),
    pa.large_string(): iceberg.StringType(),
    pa.string_view(): iceberg.StringType(),
    pa.binary(): iceberg.BinaryType(),
    pa.large_binary(): iceberg.BinaryType(),
    pa.binary_view(): iceberg.BinaryType(),
}


def iceberg_type(table: str, column: str, data_type: pa.DataType) -> iceberg.IcebergType:
    """The Iceberg type that stores an Arrow type.

    Unsigned 64-bit integers are stored as decimal(20, 0), nanoseconds as microseconds, and times with a zone in UTC.
    Null types become `unknown`, which is never stored in a table: see `known_type`.

    Args:
        table: Name for messages.
        column: Name for messages.
        data_type: Type of the batch's column.

    Returns:
        The type; ids of nested fields are unassigned.

    Raises:
        UnsupportedTypeError: Iceberg v2 does not have the type (durations, intervals, unions, decimals over 38 digits).
    """
    exact = _EXACT.get(data_type) or _parametrized_type(data_type)
    if exact is not None:
        return exact
    if pa.types.is_dictionary(data_type) or pa.types.is_run_end_encoded(data_type):
        return iceberg_type(table, column, data_type.value_type)
    if isinstance(data_type, pa.BaseExtensionType):
        return iceberg_type(table, column, data_type.storage_type)
    return _nested_type(table, column, data_type)


def _parametrized_type(data_type: pa.DataType) -> iceberg.IcebergType | None:
    if pa.types.is_timestamp(data_type):
        return iceberg.TimestamptzType() if data_type.tz else iceberg.TimestampType()
    if pa.types.is_time(data_type):
        return iceberg.TimeType()
    if pa.types.is_decimal(data_type) and data_type.precision <= _MAX_DECIMAL_PRECISION and data_type.scale >= 0:
        return iceberg.DecimalType(data_type.precision, data_type.scale)
    if pa.types.is_fixed_size_binary(data_type):
        return iceberg.FixedType(data_type.byte_width)
    return iceberg.UUIDType() if isinstance(data_type, pa.UuidType) else None


def _nested_type(table: str, column: str, data_type: pa.DataType) -> iceberg.IcebergType:
    if pa.types.is_struct(data_type) and data_type.num_fields:
        return iceberg.StructType(*[_field(table, column, child) for child in data_type])
    if pa.types.is_map(data_type):
        return iceberg.MapType(
            key_id=_UNASSIGNED_ID,
            key_type=iceberg_type(table, f"{column}.key", data_type.key_type),
            value_id=_UNASSIGNED_ID,
            value_type=iceberg_type(table, f"{column}.value", data_type.item_type),
            value_required=False,
        )
    if hasattr(data_type, "value_type"):
        return iceberg.ListType(
            element_id=_UNASSIGNED_ID,
            element_type=iceberg_type(table, f"{column}.element", data_type.value_type),
            element_required=False,
        )
    raise UnsupportedTypeError(table, column, str(data_type))


def _field(table: str, column: str, child: pa.Field) -> iceberg.NestedField:
    child_type = iceberg_type(table, f"{column}.{child.name}", child.type)
    return iceberg.NestedField(field_id=_UNASSIGNED_ID, name=child.name, field_type=child_type, required=False)


def merged_type(
    stored: iceberg.IcebergType, given: iceberg.IcebergType, *, by_value: bool = False
) -> iceberg.IcebergType | None:
    """The type that can hold values of both types, by Iceberg's type promotions (https://iceberg.apache.org/spec/#schema-evolution).

    Args:
        stored: Type of the table's column.
        given: Type of the batch's column.
        by_value: Whether to return the stored type also for numbers without a promotion, and for dates in a timestamp
            column; each value is checked later.

    Returns:
        The stored type, a wider one, or None if there is no promotion.
    """
    if isinstance(stored, iceberg.StructType) and isinstance(given, iceberg.StructType):
        return _merged_struct(stored, given, by_value)
    if isinstance(stored, iceberg.ListType) and isinstance(given, iceberg.ListType):
        element = merged_type(stored.element_type, given.element_type, by_value=by_value)
        return element and iceberg.ListType(stored.element_id, element, element_required=stored.element_required)
    if isinstance(stored, iceberg.MapType) and isinstance(given, iceberg.MapType):
        return _merged_map(stored, given, by_value)
    if stored == given or isinstance(given, iceberg.UnknownType) or _promotes(given, stored):
        return stored
    if _promotes(stored, given):
        return given
    return stored if by_value and _is_cast_by_value(given, stored) else None


def known_type(data_type: iceberg.IcebergType) -> iceberg.IcebergType:
    """Replaces `unknown` with string at every depth: Iceberg v2 has no type for values that are all null."""
    match data_type:
        case iceberg.UnknownType():
            return iceberg.StringType()
        case iceberg.StructType():
            return iceberg.StructType(*[with_type(field, known_type(field.field_type)) for field in data_type.fields])
        case iceberg.ListType():
            return data_type.model_copy(update={"element_type": known_type(data_type.element_type)})
        case iceberg.MapType():
            types = {"key_type": known_type(data_type.key_type), "value_type": known_type(data_type.value_type)}
            return data_type.model_copy(update=types)
    return data_type


def is_convertible(given: iceberg.IcebergType, declared: iceberg.IcebergType) -> bool:
    """Whether a type can be converted to another: false for numbers and times, and for times of day and dates."""
    if isinstance(given, _TIMES) and isinstance(declared, _TIMES):
        return isinstance(given, iceberg.TimeType) == isinstance(declared, iceberg.TimeType)
    numbers_and_times = (*_NUMBERS, *_TIMES)
    if isinstance(given, numbers_and_times) and isinstance(declared, numbers_and_times):
        return isinstance(given, _TIMES) == isinstance(declared, _TIMES)
    return True


def format_type(data_type: iceberg.IcebergType) -> str:
    """A type as a string without field ids and descriptions, for example `struct<a: long>`."""
    match data_type:
        case iceberg.StructType():
            return f"struct<{', '.join(map(_format_field, data_type.fields))}>"
        case iceberg.ListType():
            return f"list<{format_type(data_type.element_type)}>"
        case iceberg.MapType():
            return f"map<{format_type(data_type.key_type)}, {format_type(data_type.value_type)}>"
    return str(data_type)


def _format_field(field: iceberg.NestedField) -> str:
    return f"{field.name}: {'required ' if field.required else ''}{format_type(field.field_type)}"


def with_type(field: iceberg.NestedField, data_type: iceberg.IcebergType) -> iceberg.NestedField:
    """The same column with another type."""
    return iceberg.NestedField(field.field_id, field.name, data_type, required=field.required, doc=field.doc)


def _merged_struct(stored: iceberg.StructType, given: iceberg.StructType, by_value: bool) -> iceberg.StructType | None:
    offered = {field.name: field for field in given.fields}
    fields: list[iceberg.NestedField] = []
    for field in stored.fields:
        other = offered.pop(field.name, None)
        merged = merged_type(field.field_type, other.field_type, by_value=by_value) if other else field.field_type
        if merged is None:
            return None
        fields.append(with_type(field, merged))
    return iceberg.StructType(*fields, *offered.values())


def _merged_map(stored: iceberg.MapType, given: iceberg.MapType, by_value: bool) -> iceberg.MapType | None:
    value = merged_type(stored.value_type, given.value_type, by_value=by_value)
    if value is None or given.key_type not in (stored.key_type, iceberg.UnknownType()):
        return None
    return iceberg.MapType(stored.key_id, stored.key_type, stored.value_id, value, value_required=stored.value_required)


def _is_cast_by_value(given: iceberg.IcebergType, stored: iceberg.IcebergType) -> bool:
    if isinstance(stored, _NUMBERS):
        return isinstance(given, _NUMBERS)
    return isinstance(given, iceberg.DateType) and isinstance(stored, iceberg.TimestampType)


def _promotes(narrow: iceberg.IcebergType, wide: iceberg.IcebergType) -> bool:
    if isinstance(narrow, iceberg.DecimalType) and isinstance(wide, iceberg.DecimalType):
        return narrow.scale == wide.scale and narrow.precision <= wide.precision
    return (type(narrow), type(wide)) in {
        (iceberg.IntegerType, iceberg.LongType),
        (iceberg.FloatType, iceberg.DoubleType),
    }
