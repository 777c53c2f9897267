"""Plain Arrow types: encodings such as dictionaries and views are replaced by the type of their values."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import pyarrow as pa

_NULL = pa.null()
_PLAIN = {
    pa.string_view(): pa.string(),
    pa.binary_view(): pa.binary(),
    pa.bool8(): pa.bool_(),
    pa.uuid(): pa.uuid(),
}


@lru_cache(maxsize=8)
def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema with plain types and without metadata."""
    return pa.schema([(field.name, plain_type(field.type)) for field in schema])


def plain_type(data_type: pa.DataType, null: pa.DataType = _NULL, interval: pa.DataType | None = None) -> pa.DataType:
    """The type of the values without an encoding; UUID is the only extension type that is kept.

    Args:
        data_type: Type of a column or of values nested in it.
        null: Type that replaces the null type at every level.
        interval: Type that replaces intervals at every level; None keeps them.
    """
    if pa.types.is_null(data_type):
        return null
    if pa.types.is_interval(data_type):
        return interval or data_type
    if data_type in _PLAIN:
        return _PLAIN[data_type]
    return _nested_type(data_type, partial(plain_type, null=null, interval=interval))


def _nested_type(data_type: pa.DataType, plain: Callable[[pa.DataType], pa.DataType]) -> pa.DataType:
    if isinstance(data_type, pa.BaseExtensionType):
        return plain(data_type.storage_type)
    if pa.types.is_dictionary(data_type) or pa.types.is_run_end_encoded(data_type):
        return plain(data_type.value_type)
    if pa.types.is_struct(data_type):
        return pa.struct([(field.name, plain(field.type)) for field in data_type])
    if pa.types.is_map(data_type):
        return pa.map_(plain(data_type.key_type), plain(data_type.item_type))
    if pa.types.is_large_list(data_type) or pa.types.is_large_list_view(data_type):
        return pa.large_list(plain(data_type.value_type))
    if pa.types.is_fixed_size_list(data_type) and plain(data_type.value_type) == data_type.value_type:
        return data_type
    if _is_list(data_type):
        return pa.list_(plain(data_type.value_type))
    return data_type


def _is_list(data_type: pa.DataType) -> bool:
    kinds = (pa.types.is_list, pa.types.is_list_view, pa.types.is_fixed_size_list)
    return any(is_kind(data_type) for is_kind in kinds)
