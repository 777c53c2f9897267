"""Projects rows of a data file to the table's current schema; columns are matched by field id."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

FIELD_ID = b"PARQUET:field_id"


def field_id(field: pa.Field) -> int | None:
    """A Parquet column's Iceberg field id, or None."""
    value = (field.metadata or {}).get(FIELD_ID)
    return int(value) if value is not None else None


def by_field_id(fields: Iterable[pa.Field]) -> dict[int, int]:
    """Position of each field by its Iceberg field id."""
    positions = ((field_id(field), position) for position, field in enumerate(fields))
    return {identifier: position for identifier, position in positions if identifier is not None}


def project(rows: pa.Table, stored: pa.Schema, target: pa.Schema) -> pa.Table:
    """Projects rows to the target schema: renames and widens columns, and adds missing ones as null.

    Args:
        rows: Rows with the file's columns.
        stored: Schema of the rows, with field ids at every level.
        target: Arrow schema with field ids.

    Returns:
        Rows with exactly the target schema.
    """
    positions = by_field_id(stored)
    columns = []
    for field in target:
        position = positions.get(field_id(field) or 0)
        if position is None:
            columns.append(pa.chunked_array([pa.nulls(rows.num_rows, field.type)]))
        else:
            chunks = [_projected(chunk, stored.field(position), field) for chunk in rows.column(position).chunks]
            columns.append(pa.chunked_array(chunks, field.type))
    return pa.Table.from_arrays(columns, schema=target)


def _projected(array: pa.Array, stored: pa.Field, target: pa.Field) -> pa.Array:
    if stored.type == target.type:
        return array
    if pa.types.is_struct(target.type):
        return _struct(array, stored, target)
    if pa.types.is_list(target.type):
        values = _projected(array.values, stored.type.value_field, target.type.value_field)
        return pa.ListArray.from_arrays(array.offsets, values, type=target.type, mask=_mask(array))
    if pa.types.is_map(target.type):
        items = _projected(array.items, stored.type.item_field, target.type.item_field)
        return pa.MapArray.from_arrays(array.offsets, array.keys, items, type=target.type, mask=_mask(array))
    return array.cast(target.type)


def _struct(array: pa.StructArray, stored: pa.Field, target: pa.Field) -> pa.Array:
    positions = by_field_id(stored.type)
    children = []
    for child in target.type:
        position = positions.get(field_id(child) or 0)
        if position is None:
            children.append(pa.nulls(len(array), child.type))
        else:
            children.append(_projected(array.field(position), stored.type.field(position), child))
    return pa.StructArray.from_arrays(children, fields=list(target.type), mask=_mask(array))


def _mask(array: pa.Array) -> pa.Array | None:
    return array.is_null() if array.null_count else None
