"""Arrow types without their encodings: dictionaries, views and the like become the type of their values."""

from __future__ import annotations

import pyarrow as pa

_PLAIN = {
    pa.null(): pa.string(),
    pa.string_view(): pa.string(),
    pa.binary_view(): pa.binary(),
}


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The same columns in plain types, without metadata; a column of type null stays one, nested nulls are strings."""
    return pa.schema(
        [(field.name, field.type if pa.types.is_null(field.type) else plain_type(field.type)) for field in schema]
    )


def plain_type(data_type: pa.DataType) -> pa.DataType:
    """The type that holds the same values without an encoding."""
    if pa.types.is_dictionary(data_type) or pa.types.is_run_end_encoded(data_type):
        return plain_type(data_type.value_type)
    if pa.types.is_struct(data_type):
        return pa.struct([(field.name, plain_type(field.type)) for field in data_type])
    if pa.types.is_map(data_type):
        return pa.map_(plain_type(data_type.key_type), plain_type(data_type.item_type))
    if pa.types.is_list(data_type) or pa.types.is_list_view(data_type):
        return pa.list_(plain_type(data_type.value_type))
    if pa.types.is_large_list(data_type) or pa.types.is_large_list_view(data_type):
        return pa.large_list(plain_type(data_type.value_type))
    return _PLAIN.get(data_type, data_type)
