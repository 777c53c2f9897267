"""JSON Lines that are written alike, as machines write them: cut instead of parsed, which is several times faster."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.inputs.json.uniform.layout import LINE_FEED, QUOTE, Layout, cut, layout_of
from datalake_sdk.inputs.text.blocks import Block
from datalake_sdk.inputs.text.conversion import lossless, without
from datalake_sdk.inputs.text.string_buffers import MINUS, NINE, POINT, ZERO, TextBytes

_BACKSLASH = ord("\\")
_FIRST_PRINTED = ord(" ")
_NULL, _BEGINS_NULL = pa.array(["null"]), ord("n")
_LEAST_SHARE = 0.5
"""Lines that must be alike, of all: looking for them costs about a fifth of what parsing does."""

Arrays = dict[str, pa.Array]


@dataclass(frozen=True)
class _Parts:
    alike: Block
    others: Block
    order: pa.Array


def is_uniform(block: Block) -> bool:
    """Whether most lines of a block are flat objects that are written alike."""
    whole = _ended(block)
    layout = layout_of(whole)
    if layout is not None and cut(whole, layout) is not None:
        return True
    parts = _parts(whole)
    layout = layout_of(parts.alike) if parts else None
    return parts is not None and layout is not None and cut(parts.alike, layout) is not None


def read_uniform(block: Block, schema: pa.Schema, parse: Callable[[Block], Arrays | None]) -> Arrays | None:
    """Reads a block most lines of which are alike.

    Args:
        block: Lines of text.
        schema: Columns and the types in which they are read.
        parse: Reads the other lines.

    Returns:
        Each column of the schema; None where lines are not alike, or something in them must be looked at closely.
    """
    if any(map(pa.types.is_nested, schema.types)):
        return None
    whole = _ended(block)
    if (arrays := _alike(whole, schema)) is not None:
        return arrays
    parts = _parts(whole)
    if parts is None or (alike := _alike(parts.alike, schema)) is None or (others := parse(parts.others)) is None:
        return None
    return {name: pa.concat_arrays([alike[name], others[name]]).take(parts.order) for name in schema.names}


def _ended(block: Block) -> Block:
    if block.data[block.size - 1] == LINE_FEED:
        return block
    return Block(block.rows + b"\n", block.size + 1, block.offset, block.is_last)


def _alike(block: Block, schema: pa.Schema) -> Arrays | None:
    layout = layout_of(block)
    if layout is None or not set(layout.names) <= set(schema.names) or not _may_hold(layout, schema):
        return None
    if (values := cut(block, layout)) is None:
        return None
    rows = len(next(iter(values.values())))
    arrays = {name: pa.nulls(rows, schema.field(name).type) for name in schema.names if name not in values}
    for name, is_text in zip(layout.names, layout.are_texts, strict=True):
        array = _text(values[name]) if is_text else _bare(values[name], schema.field(name).type)
        if array is None:
            return None
        arrays[name] = array
    return arrays


def _may_hold(layout: Layout, schema: pa.Schema) -> bool:
    texts = [name for name, is_text in zip(layout.names, layout.are_texts, strict=True) if is_text]
    return all(pa.types.is_string(schema.field(name).type) for name in texts)


def _text(texts: pa.StringArray) -> pa.StringArray | None:
    """Texts without control characters, which JSON does not allow in them."""
    data = TextBytes(texts).data
    return texts if not len(data) or data.min() >= _FIRST_PRINTED else None


def _bare(tokens: pa.StringArray, target: pa.DataType) -> pa.Array | None:
    """Numbers, `true`, `false` and `null`; None when there is anything else, or a value is not of the type."""
    view = TextBytes(tokens)
    has_null = bool(len(view.data) and (view.at(view.starts) == _BEGINS_NULL).any())
    values = without(tokens, _NULL) if has_null else tokens
    if pa.types.is_boolean(target):
        return _booleans(values)
    given = values.drop_null() if has_null else values
    if not len(given):
        return pa.nulls(len(tokens), target)
    if pa.types.is_string(target) or not (pa.types.is_integer(target) or _are_json_numbers(given)):
        return None
    return lossless(values, target)


def _booleans(tokens: pa.StringArray) -> pa.BooleanArray | None:
    are_true = pc.equal(tokens, "true")
    are_known = pc.or_(are_true, pc.equal(tokens, "false"))
    return are_true if pc.all(are_known, min_count=0).as_py() else None


def _are_json_numbers(tokens: pa.StringArray) -> bool:
    """Whether tokens that Arrow may read as numbers have digits where JSON wants them: at the ends, behind points."""
    view = TextBytes(tokens)
    if not view.lengths.all():
        return False
    firsts = view.at(view.starts + (view.at(view.starts) == MINUS))
    data = view.data[view.starts[0] :]
    behind_points = data[1:][data[:-1] == POINT]
    return bool(_are_digits(firsts) and _are_digits(view.at(view.ends - 1)) and _are_digits(behind_points))


def _are_digits(characters: np.ndarray[Any, np.dtype[np.uint8]]) -> bool:
    return bool(((characters >= ZERO) & (characters <= NINE)).all())


def _parts(block: Block) -> _Parts | None:
    """Tells lines with the usual number of quotes, and without escapes, from the others; None when they are too few."""
    raw = np.frombuffer(block.data, np.uint8, block.size)
    ends = np.flatnonzero(raw == LINE_FEED) + 1
    counts = np.diff(np.searchsorted(np.flatnonzero(raw == QUOTE), ends), prepend=0)
    are_alike = counts == np.bincount(counts).argmax()
    are_alike[np.searchsorted(ends, np.flatnonzero(raw == _BACKSLASH), side="right")] = False
    if are_alike.all() or are_alike.mean() < _LEAST_SHARE:
        return None
    bounds = pa.py_buffer(np.append(0, ends).astype(np.int32))
    lines = pa.BinaryArray.from_buffers(pa.binary(), len(ends), [None, bounds, block.buffer])
    places = np.argsort(np.append(np.flatnonzero(are_alike), np.flatnonzero(~are_alike)))
    return _Parts(_joined(lines, are_alike), _joined(lines, ~are_alike), pa.array(places))


def _joined(lines: pa.BinaryArray, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> Block:
    data = lines.filter(pa.array(chosen)).buffers()[2].to_pybytes()
    return Block(data, len(data), 0, is_last=False)
