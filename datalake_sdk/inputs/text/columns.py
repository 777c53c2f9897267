"""Inferred columns of an input: their shape, their type, and whether that type may still change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeGuard

import pyarrow as pa

from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.text.inference import Evidence, Kind, evidence_of_type
from datalake_sdk.naming import normalized_column_name


@dataclass(frozen=True)
class StructShape:
    """Objects with these keys; empty if no key has been seen."""

    fields: Mapping[str, Shape] = field(default_factory=dict)


@dataclass(frozen=True)
class ListShape:
    """Lists of items of this shape."""

    item: Shape


Shape = Evidence | StructShape | ListShape
TEXT = Evidence(Kind.TEXT)


@dataclass(frozen=True)
class Column:
    """A column as tasks decode it.

    Args:
        name: Name in the input.
        type: Type in every batch.
        shape: Shape of the values seen so far; tasks check further values against it.
        start: Initial type; None infers the type from the data.
        is_declared: Whether `start` is binding.
        is_final: Whether all values have been seen.
    """

    name: str
    type: pa.DataType
    shape: Shape
    start: pa.DataType | None = None
    is_declared: bool = False
    is_final: bool = False

    @cached_property
    def is_resolved(self) -> bool:
        """Whether no value can change the type."""
        is_text = self.start == pa.string() or (isinstance(self.shape, Evidence) and Kind.TEXT in self.shape.kinds)
        return self.is_declared or self.is_final or is_text

    @cached_property
    def is_open(self) -> bool:
        """Whether the type, or that of a nested field, is provisional because no value has been seen."""
        return not self.is_resolved and (pa.types.is_null(self.type) or _has_open_text(self.shape, self.type))

    @cached_property
    def common_type(self) -> str | None:
        """Name of the type if the values only need to be parsed: columns of one type can be decoded together."""
        is_parsed = not pa.types.is_string(self.type) and not pa.types.is_null(self.type)
        return str(self.type) if is_parsed and not self.is_declared and not self.is_open else None

    def admits(self, seen: Shape) -> bool:
        """Whether these values leave the type unchanged."""
        return self.is_resolved or _column_type(joined(self.shape, seen), self.start) == self.type


def start_type(name: str, options: InputOptions) -> pa.DataType | None:
    """Initial type of a column: the declared one, else that of the table, else None."""
    return _plain_text(options.types.get(normalized_column_name(name)))


def column(name: str, shape: Shape, options: InputOptions, *, is_final: bool) -> Column:
    """A column with the type that its shape implies."""
    start = start_type(name, options)
    if start is not None and normalized_column_name(name) in options.declared:
        return Column(name, start, shape, start, is_declared=True, is_final=is_final)
    return Column(name, _column_type(shape, start), shape, start, is_final=is_final)


def shape_type(shape: Shape, start: pa.DataType | None) -> pa.DataType:
    """The type that holds all values seen; without values, the initial type or string."""
    if start == pa.string():
        return start
    if isinstance(shape, StructShape) and shape.fields:
        return pa.struct([(name, shape_type(child, child_start(start, name))) for name, child in shape.fields.items()])
    if isinstance(shape, ListShape):
        return pa.list_(shape_type(shape.item, item_start(start)))
    if not isinstance(shape, Evidence):
        return pa.string()
    if start is None:
        return shape.type
    if pa.types.is_nested(start):
        return start if _is_empty(shape) and not shape.has_strings else shape.type
    return start if shape.fits_start else (shape | evidence_of_type(start)).type


def child_start(start: pa.DataType | None, name: str) -> pa.DataType | None:
    """Initial type of a field of a struct."""
    if start is None or not pa.types.is_struct(start):
        return None
    normalized = {child.name: child.type for child in start}
    return _plain_text(normalized.get(normalized_column_name(name), normalized.get(name)))


def item_start(start: pa.DataType | None) -> pa.DataType | None:
    """Initial type of a list's items."""
    return _plain_text(start.value_type) if start is not None and hasattr(start, "value_type") else None


def joined(first: Shape, second: Shape) -> Shape:
    """The shape of two pieces of a column together, in any order."""
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
    """The shapes of the columns of two pieces together."""
    fields = dict(first)
    for name, shape in second.items():
        fields[name] = joined(fields[name], shape) if name in fields else shape
    return fields


def _is_empty(shape: Shape) -> TypeGuard[Evidence]:
    return isinstance(shape, Evidence) and not shape.kinds


def _column_type(shape: Shape, start: pa.DataType | None) -> pa.DataType:
    """Null for a column without values: it has no type yet and is left out of the table."""
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
