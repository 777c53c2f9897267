"""Decodes Arrow arrays at every level of nesting. Arrow's casts support few encodings, some of them incorrectly."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.nested_arrays import has_extension, items_of, map_entries


def plain_array(array: pa.Array, target: pa.DataType) -> pa.Array:
    """The same values in their plain type.

    Args:
        array: Values in any encoding.
        target: Their plain type; null if all values are null.

    Raises:
        ArrowInvalid: The array is not valid, for example text that is not UTF-8.
        ArrowNotImplementedError: Arrow cannot decode the type.
    """
    decoded = _decoded(array, target)
    decoded.validate(full=True)
    return decoded


def _decoded(array: pa.Array, target: pa.DataType) -> pa.Array:
    given = array.type
    if given == target:
        return array
    if pa.types.is_null(target):
        return pa.nulls(len(array))
    if pa.types.is_dictionary(given):
        return _decoded(array.dictionary, target).take(array.indices)
    if pa.types.is_run_end_encoded(given):
        return _decoded(array.values, target).take(_runs(array))
    if pa.types.is_struct(given):
        return _struct(array, target)
    if pa.types.is_map(given):
        return _map(array, target)
    if hasattr(target, "value_type"):
        return _list(array, target)
    if isinstance(array, pa.ExtensionArray):
        return _decoded(array.storage, target)
    return array.cast(target)


def _runs(array: pa.RunEndEncodedArray) -> pa.Array:
    """The index of the run of each value."""
    positions = np.arange(array.offset, array.offset + len(array))
    return pa.array(np.searchsorted(array.run_ends.to_numpy(), positions, side="right"))


def _struct(array: pa.StructArray, target: pa.StructType) -> pa.StructArray:
    children = [_decoded(child, field.type) for child, field in zip(array.flatten(), target, strict=True)]
    return pa.StructArray.from_arrays(children, fields=list(target), mask=array.is_null())


def _list(array: pa.Array, target: pa.DataType) -> pa.Array:
    is_large = pa.types.is_large_list(target)
    offsets = _offsets(array, pa.int64() if is_large else pa.int32())
    build = pa.LargeListArray if is_large else pa.ListArray
    return build.from_arrays(offsets, _items(array, target.value_type), type=target, mask=array.is_null())


def _map(array: pa.MapArray, target: pa.MapType) -> pa.MapArray:
    entries = map_entries(array)
    keys, items = _items(entries, pa.struct([("key", target.key_type), ("value", target.item_type)])).flatten()
    return pa.MapArray.from_arrays(
        _offsets(entries, pa.int32()),
        keys,
        items,
        type=target,
        mask=array.is_null(),
    )


def _items(lists: pa.Array, target: pa.DataType) -> pa.Array:
    if lists.type.value_type == target and not has_extension(target):
        return lists.flatten()
    return items_of(lists, _decoded(lists.values, target))


def _offsets(array: pa.Array, data_type: pa.DataType) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(array), 0).cast(data_type)
    return pa.concat_arrays([pa.array([0], data_type), pc.cumulative_sum(lengths)])


def single_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column as one array, without copying unless it has several chunks."""
    if isinstance(column, pa.Array):
        return column
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def single_batch(table: pa.Table) -> pa.RecordBatch:
    """A table as one batch, without copying unless a column has several chunks."""
    batches = table.to_batches()
    if len(batches) == 1:
        return batches[0]
    return pa.RecordBatch.from_arrays([single_array(column) for column in table.columns], schema=table.schema)
