"""Children of nested Arrow arrays, where Arrow's functions ignore slices or do not support extension types."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def flattened(lists: pa.Array) -> pa.Array:
    """The items of all lists, in order, without those of null lists."""
    return items_of(lists, lists.values) if has_extension(lists.type.value_type) else lists.flatten()


def items_of(lists: pa.Array, values: pa.Array) -> pa.Array:
    """The items of all lists, taken from `values`, which replaces the values of the lists.

    Unlike `take`, Arrow's `flatten` fails for nested types that contain an extension type.
    """
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy().astype(np.int64)
    firsts = np.cumsum(lengths) - lengths
    positions = np.arange(lengths.sum()) + np.repeat(_starts(lists) - firsts, lengths)
    return values.take(pa.array(positions, pa.int64()))


def has_extension(data_type: pa.DataType) -> bool:
    """Whether a type is, or contains, an extension type."""
    if isinstance(data_type, pa.BaseExtensionType):
        return True
    if pa.types.is_dictionary(data_type) or pa.types.is_run_end_encoded(data_type):
        return has_extension(data_type.value_type)
    return any(has_extension(data_type.field(position).type) for position in range(data_type.num_fields))


def map_entries(array: pa.MapArray) -> pa.ListArray:
    """Maps as lists of structs with the fields `key` and `value`, without copying."""
    entries = pa.StructArray.from_arrays([array.keys, array.items], names=["key", "value"])
    return pa.Array.from_buffers(
        pa.list_(entries.type), len(array), array.buffers()[:2], offset=array.offset, children=[entries]
    )


def _starts(lists: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Position of each list's first item in the values."""
    starts: np.ndarray[Any, np.dtype[np.int64]]
    if pa.types.is_fixed_size_list(lists.type):
        starts = (lists.offset + np.arange(len(lists), dtype=np.int64)) * lists.type.list_size
    else:
        starts = lists.offsets.to_numpy()[: len(lists)].astype(np.int64)
    return starts
