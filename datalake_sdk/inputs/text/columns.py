"""Columns of an input as far as they are known: their shape, their type, and how firm that type is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

import pyarrow as pa

from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.text.inference import Evidence, Kind, evidence_of_type
from datalake_sdk.naming import normalized_column_name


@dataclass(frozen=True)
class StructShape:
    """Objects with these keys; an object without keys so far has none."""

    fields: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True)
class ListShape:
    """Lists of items of this shape."""

    item: Shape


Shape = Evidence | StructShape | ListShape
TEXT = Evidence(Kind.TEXT)


@dataclass(frozen=True)
class Column:
    """A column as the tasks of one start decode it.

    Args:
        name: As in the input.
        type: Of every batch.
        shape: What was seen so far; a task checks values against it.
        start: Type in which the column starts; None leaves it to the data.
        is_declared: `start` is binding.
        is_final: All values were seen.
    """

    name: str
    type: pa.DataType
    shape: Shape
    start: pa.DataType | None = None
    is_declared: bool = False
    is_final: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether no value can change the type any more."""
        is_text = self.start == pa.string() or (isinstance(self.shape, Evidence) and Kind.TEXT in self.shape.kinds)
        return self.is_declared or self.is_final or is_text

    @property
    def is_open(self) -> bool:
        """Whether the type is null, or string in a field, only because no value was seen yet."""
        return not self.is_settled and (pa.types.is_null(self.type) or _has_open_text(self.shape, self.type))

    def admits(self, seen: Shape) -> bool:
        """Whether the type stays what it is with these values."""
        return self.is_settled or _column_type(joined(self.shape, seen), self.start) == self.type


def start_type(name: str, options: InputOptions) -> pa.DataType | None:
    """Type in which a column starts: the declared one, the table's one or none."""
    return _plain_text(options.types.get(normalized_column_name(name)))


def column(name: str, shape: Shape, options: InputOptions, *, is_final: bool) -> Column:
    """A column of the type that fits what was seen of it."""
    start = start_type(name, options)
    if start is not None and normalized_column_name(name) in options.declared:
        return Column(name, start, shape, start, is_declared=True, is_final=is_final)
    return Column(name, _column_type(shape, start), shape, start, is_final=is_final)


def shape_type(shape: Shape, start: pa.DataType | None) -> pa.DataType:
    """The type that holds everything seen; string where nothing was."""
    if start == pa.string():
        return start
    if isinstance(shape, StructShape) and shape.fields:
        return pa.struct([(name, shape_type(child, child_start(start, name))) for name, child in shape.fields.items()])
    if isinstance(shape, ListShape):
        return pa.list_(shape_type(shape.item, item_start(start)))
    if not isinstance(shape, Evidence):
        return pa.string()
    if start is None or pa.types.is_nested(start):
        return shape.type
    return start if shape.fits_start else (shape | evidence_of_type(start)).type


def child_start(start: pa.DataType | None, name: str) -> pa.DataType | None:
    """Type in which a field of a struct starts."""
    if start is None or not pa.types.is_struct(start):
        return None
    normalized = {child.name: child.type for child in start}
    return _plain_text(normalized.get(normalized_column_name(name), normalized.get(name)))


def item_start(start: pa.DataType | None) -> pa.DataType | None:
    """Type in which a list's items start."""
    return _plain_text(start.value_type) if start is not None and hasattr(start, "value_type") else None


def joined(first: Shape, second: Shape) -> Shape:
    """What two pieces of a column show together; the order of the pieces does not matter."""
    if isinstance(first, Evidence) and isinstance(second, Evidence):
        return first | second
    if isinstance(first, StructShape) and isinstance(second, StructShape):
        return StructShape(joined_fields(first.fields, second.fields))
    if isinstance(first, ListShape) and isinstance(second, ListShape):
        return ListShape(joined(first.item, second.item))
    if _is_empty(first):
        return second
    return first if _is_empty(second) else TEXT


def joined_fields(first: Mapping[str, Shape], second: Mapping[str, Shape]) -> dict[str, Shape]:
    """Shapes of all columns of two pieces."""
    fields = dict(first)
    for name, shape in second.items():
        fields[name] = joined(fields[name], shape) if name in fields else shape
    return fields


def _is_empty(shape: Shape) -> TypeGuard[Evidence]:
    return isinstance(shape, Evidence) and not shape.kinds


def _column_type(shape: Shape, start: pa.DataType | None) -> pa.DataType:
    """A column without values has no type yet: it is left out of the table."""
    is_empty = start is None and _is_empty(shape) and not shape.has_strings
    return pa.null() if is_empty else shape_type(shape, start)


def _has_open_text(shape: Shape, data_type: pa.DataType) -> bool:
    if isinstance(shape, StructShape) and shape.fields:
        return any(_has_open_text(child, data_type.field(name).type) for name, child in shape.fields.items())
    if isinstance(shape, ListShape):
        return _has_open_text(shape.item, data_type.value_type)
    return pa.types.is_string(data_type) and not (isinstance(shape, Evidence) and Kind.TEXT in shape.kinds)


def _plain_text(data_type: pa.DataType | None) -> pa.DataType | None:
    if data_type is not None and (pa.types.is_large_string(data_type) or pa.types.is_string_view(data_type)):
        return pa.string()
    return data_type
