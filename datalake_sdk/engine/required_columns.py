"""Finds nulls in required structs, lists and maps, which Arrow would write to Parquet as empty values.

Arrow itself rejects nulls in required columns of other types.
https://github.com/apache/arrow/blob/main/cpp/src/parquet/arrow/writer.cc
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa


def required_nested(schema: pa.Schema) -> list[str]:
    """Returns the columns that are required structs, lists or maps, or contain such fields."""
    return [field.name for field in schema if _is_checked(field)]


def null_field(rows: pa.Table, columns: list[str]) -> str | None:
    """Returns the path of a required field of the given columns that is null in some rows; None if there is none."""
    chunks = ((column, chunk) for column in columns for chunk in rows[column].chunks)
    nulls = (path for column, chunk in chunks for path in _nulls(column, rows.field(column), chunk))
    return next(nulls, None)


def _is_checked(field: pa.Field) -> bool:
    return pa.types.is_nested(field.type) and (not field.nullable or any(map(_is_checked, _fields(field.type))))


def _nulls(path: str, field: pa.Field, values: pa.Array) -> Iterator[str]:
    """Yields the paths of required fields with nulls, without those inside null values."""
    if values.null_count and not field.nullable:
        yield path
    if not pa.types.is_nested(field.type):
        return
    present = values.drop_null() if values.null_count else values
    if len(present):
        for child, items in zip(_fields(field.type), _children(present), strict=True):
            yield from _nulls(f"{path}.{child.name}", child, items)


def _fields(nested: pa.DataType) -> list[pa.Field]:
    if pa.types.is_map(nested):
        return [nested.key_field, nested.item_field]
    return list(nested) if pa.types.is_struct(nested) else [nested.value_field]


def _children(values: pa.Array) -> list[pa.Array]:
    if pa.types.is_struct(values.type):
        return list(values.flatten())
    first, end = (values.offsets[index].as_py() for index in (0, -1))
    children = [values.keys, values.items] if pa.types.is_map(values.type) else [values.values]
    return [child.slice(first, end - first) for child in children]
