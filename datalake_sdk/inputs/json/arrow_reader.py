"""Reads JSON Lines with Arrow: fast, but not applicable to blocks that Arrow would misread or convert with loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.json import ParseOptions, ReadOptions, read_json

from datalake_sdk.inputs.json.digits import double_leaves, keeps_digits
from datalake_sdk.inputs.json.exact_reader import text_evidence
from datalake_sdk.inputs.json.flat_reader import is_worthwhile, read_flat_lines
from datalake_sdk.inputs.plain_arrays import single_array
from datalake_sdk.inputs.text.blocks import Block
from datalake_sdk.inputs.text.columns import Column, ListShape, Shape, StructShape, child_start, item_start
from datalake_sdk.inputs.text.conversion import converted
from datalake_sdk.inputs.text.inference import Evidence, Kind, booleans, evidence_of, numbers

_LINE_FEED, _BRACE = b"\n{"

Leaf = Callable[[pa.Array, pa.DataType | None], Evidence]


def read_with_arrow(block: Block, columns: Sequence[Column]) -> dict[str, pa.Array] | None:
    """Reads a block in which every value has its column's type.

    Args:
        block: Lines of text.
        columns: All columns that may occur in it.

    Returns:
        The columns, with dates and times as strings; None if the block needs the exact reader.
    """
    if any(_needs_digits(column) for column in columns):
        return None
    schema = pa.schema([(column.name, _read_type(column.type, is_final=column.is_final)) for column in columns])
    are_final = all(column.is_final for column in columns)
    return _parsed(block, schema, are_final=are_final)


def shape_of_array(array: pa.Array, start: pa.DataType | None, leaf: Leaf) -> Shape:
    """The shape of a column that Arrow has read.

    Args:
        array: Column returned by `read_with_arrow`.
        start: Initial type of the column.
        leaf: Returns evidence of values that are neither objects nor lists.
    """
    if pa.types.is_struct(array.type):
        children = zip(array.type, array.flatten(), strict=True)
        return StructShape(
            {field.name: shape_of_array(child, child_start(start, field.name), leaf) for field, child in children}
        )
    if pa.types.is_list(array.type):
        return ListShape(shape_of_array(array.flatten(), item_start(start), leaf))
    return leaf(array, start)


def leaf_evidence(array: pa.Array, nulls: pa.StringArray, start: pa.DataType | None) -> Evidence:
    """Evidence of strings, numbers or booleans."""
    if pa.types.is_string(array.type):
        return text_evidence(array, nulls, start)
    evidence = evidence_of(array.cast(pa.string()), nulls, (numbers, booleans), start)
    return evidence | Evidence(Kind.FRACTION) if evidence.kinds and pa.types.is_floating(array.type) else evidence


def fitted(array: pa.Array, target: pa.DataType, nulls: pa.StringArray) -> pa.Array | None:
    """Converts a column that Arrow has read, including strings to dates and times; None if a value does not fit."""
    if array.type == target:
        return array
    if pa.types.is_struct(target):
        children = [fitted(array.field(index), child.type, nulls) for index, child in enumerate(target)]
        if any(child is None for child in children):
            return None
        return pa.StructArray.from_arrays(children, fields=list(target), mask=array.is_null())
    if pa.types.is_list(target):
        items = fitted(array.values, target.value_type, nulls)
        if items is None:
            return None
        return pa.ListArray.from_arrays(array.offsets, items, type=target, mask=array.is_null())
    return converted(array.cast(pa.string()), target, nulls)


def _needs_digits(column: Column) -> bool:
    """Whether the type may still depend on the digits of numbers, which doubles do not keep."""
    return not column.is_final and column.type != column.start and _has_decimal(column.type)


def _has_decimal(data_type: pa.DataType) -> bool:
    if pa.types.is_nested(data_type):
        return any(_has_decimal(data_type.field(position).type) for position in range(data_type.num_fields))
    return bool(pa.types.is_decimal(data_type))


def _parsed(block: Block, schema: pa.Schema, *, are_final: bool) -> dict[str, pa.Array] | None:
    # A first line `null` crashes Arrow's reader. https://github.com/apache/arrow/issues/47409
    if not block.data.startswith(b"{"):
        return None
    if is_worthwhile(block.size, len(schema)):
        flat = read_flat_lines(block, schema, are_final=are_final)
        if flat is not None:
            return flat
    try:
        table = read_json(
            pa.BufferReader(block.buffer),
            ReadOptions(use_threads=False, block_size=block.size + 1),
            ParseOptions(explicit_schema=schema, unexpected_field_behavior="error"),
        )
    except ValueError:
        return None
    arrays = {name: single_array(table.column(name)) for name in table.column_names}
    is_whole = table.num_rows == _count_lines(block) and _is_exact(block, arrays.values(), are_final=are_final)
    return arrays if is_whole else None


def _read_type(target: pa.DataType, *, is_final: bool) -> pa.DataType:
    if pa.types.is_struct(target):
        return pa.struct([(field.name, _read_type(field.type, is_final=is_final)) for field in target])
    if pa.types.is_list(target):
        return pa.list_(_read_type(target.value_type, is_final=is_final))
    if pa.types.is_integer(target) or pa.types.is_boolean(target) or (is_final and pa.types.is_decimal(target)):
        return target
    # Arrow also reads quoted numbers, which are strings, as decimals.
    return pa.float64() if pa.types.is_floating(target) or pa.types.is_decimal(target) else pa.string()


def _count_lines(block: Block) -> int | None:
    """Number of lines; None if a line does not start with an object."""
    raw = np.frombuffer(block.data, np.uint8, block.size)
    breaks = np.flatnonzero(raw[:-1] == _LINE_FEED)
    return len(breaks) + 1 if (raw[breaks + 1] == _BRACE).all() else None


def _is_exact(block: Block, arrays: Iterable[pa.Array], *, are_final: bool) -> bool:
    """Whether no number has lost digits, and none is NaN, which means null."""
    doubles = [leaf for array in arrays for leaf in double_leaves(array)]
    if any(pc.any(pc.is_nan(leaf)).as_py() for leaf in doubles):
        return False
    return not doubles or are_final or keeps_digits(block, doubles)
