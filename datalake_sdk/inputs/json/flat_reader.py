"""Reads flat JSON Lines with Arrow's CSV parser, which takes a third of the time of its JSON parser.

Compact lines are split at colons. The fields of `{"id":5,"name":"a: b"}` are `{"id"`, `5,"name"` and `"a: b"}`. Lines
with a space after each colon and comma are split at spaces. The fields of `{"id": 5, "name": "a: b"}` are `{"id":`,
`5,`, `"name":` and `"a: b"}`. A quote at the start of a field protects the delimiters of a string. Every value must be
followed by the next key, and the text must not contain other quotes than those around keys and strings.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from datalake_sdk.inputs.json.digits import LONG_LENGTH, are_kept
from datalake_sdk.inputs.plain_arrays import single_array
from datalake_sdk.inputs.text.blocks import Block
from datalake_sdk.inputs.text.string_buffers import MINUS, POINT, StringBuffers, are_plain_numbers

_QUOTE, _BACKSLASH, _LINE_FEED, _SPACE = b'"\\\n '
_CACHED_BYTES = 256 << 10
_MIN_BYTES_PER_COLUMN = 64 << 10
"""The calls for a column take as long as is saved for that many bytes."""
_MIN_BYTES_PER_ESCAPE = 512
"""Unescaping a string takes as long as is saved for that many bytes."""
_TINY = np.finfo(np.float64).tiny
_BOOLEANS = pa.array(["false", "true"])
_NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Positions = np.ndarray[Any, np.dtype[np.intp]]


def is_worthwhile(size: int, columns: int) -> bool:
    """Whether `read_flat_lines` is faster than Arrow's JSON parser for a number of bytes and of columns."""
    return size >= columns * _MIN_BYTES_PER_COLUMN


def read_flat_lines(block: Block, schema: pa.Schema, *, are_final: bool) -> dict[str, pa.Array] | None:
    """Reads objects with the same keys in the same order, without white space or with a space after colons and commas.

    Args:
        block: Lines of valid UTF-8.
        schema: Columns; those of other types than integers, doubles, booleans and strings are not supported.
        are_final: Whether doubles may lose digits, because the types have been inferred from all values.

    Returns:
        The columns; None if a line is not such an object, if it has escaped quotes or many other escapes, or if a value
        does not have the type of its column.
    """
    has_escapes = block.data.find(b"\\", 0, block.size) >= 0
    if not all(map(_is_supported, schema.types)) or (has_escapes and not _are_unescapable(block)):
        return None
    if (layout := _layout(block, schema)) is None or (text := _scanned(block)) is None:
        return None
    fields = _fields(block, layout)
    if not fields or len(fields[0]) != len(text.ends) or (values := _values(text, layout, fields)) is None:
        return None
    arrays = {}
    for name, (tokens, are_strings) in zip(layout.names, values, strict=True):
        strings = _unescaped(tokens) if has_escapes else tokens
        target = schema.field(name).type
        if strings is None or (array := _converted(strings, are_strings, target, are_final=are_final)) is None:
            return None
        arrays[name] = array
    return arrays


def _is_supported(data_type: pa.DataType) -> bool:
    return data_type in (pa.float64(), pa.bool_(), pa.string()) or pa.types.is_integer(data_type)


def _are_unescapable(block: Block) -> bool:
    """Whether there are few escapes, and no backslash before a quote, so that every quote delimits a string."""
    raw = np.frombuffer(block.data, np.uint8, block.size)
    escapes = 0
    for start in range(0, len(raw), _CACHED_BYTES):
        found = start + np.flatnonzero(raw[start : start + _CACHED_BYTES] == _BACKSLASH)
        escapes += len(found)
        if escapes * _MIN_BYTES_PER_ESCAPE > len(raw) or (raw.take(found + 1, mode="clip") == _QUOTE).any():
            return False
    return True


@dataclass(frozen=True)
class _Layout:
    """The parts of every line that are not values.

    Args:
        names: Names of the columns, in the order of their keys.
        delimiter: Where the line is split.
        first: The first field.
        suffixes: What follows each value in its field.
        keys: The fields between two values; none if keys are in the suffixes.
    """

    names: Sequence[str]
    delimiter: str
    first: bytes
    suffixes: Sequence[bytes]
    keys: Sequence[bytes]

    @property
    def field_count(self) -> int:
        return 1 + len(self.suffixes) + len(self.keys)


def _layout(block: Block, schema: pa.Schema) -> _Layout | None:
    """The layout of the first line; None if it is not of a kind that can be read."""
    end = block.data.find(b"\n", 0, block.size)
    line = block.data[: block.size if end < 0 else end]
    try:
        names = [name for name, _ in json.loads(line, object_pairs_hook=list)] if line.startswith(b'{"') else []
    except (ValueError, RecursionError):
        return None
    if not names or sorted(names) != sorted(schema.names):
        return None
    keys = [f'"{name}":'.encode() for name in names]
    is_spaced = line.startswith(b"{%b " % keys[0])
    if not _occur_in_order(line, [b", %b " % key if is_spaced else b",%b" % key for key in keys[1:]]):
        return None
    if is_spaced:
        return _Layout(names, " ", b"{" + keys[0], [b","] * (len(names) - 1) + [b"}"], keys[1:])
    return _Layout(names, ":", b"{" + keys[0][:-1], [*(b"," + key[:-1] for key in keys[1:]), b"}"], [])


def _occur_in_order(line: bytes, parts: Sequence[bytes]) -> bool:
    position = 0
    return all((position := line.find(part, position) + 1) for part in parts)


@dataclass(frozen=True)
class _Text:
    """The bytes of some lines, the position of each line's end, and the number of quotes."""

    raw: Bytes
    ends: Positions
    quotes: int

    def has_quotes(self, positions: Positions) -> bool:
        """Whether there is a quote at every position."""
        return bool((self.raw.take(positions, mode="clip") == _QUOTE).all())


def _scanned(block: Block) -> _Text | None:
    """Finds the lines; None if there are other control characters, which are invalid in strings."""
    raw = np.frombuffer(block.data, np.uint8, block.size)
    breaks, quotes = [], 0
    for start in range(0, len(raw), _CACHED_BYTES):
        part = raw[start : start + _CACHED_BYTES]
        found = np.flatnonzero(part < _SPACE)
        if (part[found] != _LINE_FEED).any():
            return None
        breaks.append(start + found)
        quotes += int(np.count_nonzero(part == _QUOTE))
    if raw[-1] != _LINE_FEED:
        breaks.append(np.array([len(raw)]))
    return _Text(raw, np.concatenate(breaks), quotes)


def _fields(block: Block, layout: _Layout) -> list[pa.BinaryArray]:
    """The text between delimiters, without the quotes of strings; empty if a line has another number of fields."""
    names = [str(position) for position in range(layout.field_count)]
    try:
        table = read_csv(
            pa.BufferReader(block.buffer),
            ReadOptions(use_threads=False, block_size=block.size + 1, column_names=names),
            ParseOptions(delimiter=layout.delimiter, double_quote=False),
            ConvertOptions(check_utf8=False, column_types=dict.fromkeys(names, pa.binary())),
        )
    except ValueError:
        return []
    return [single_array(column) for column in table.columns]


def _values(
    text: _Text, layout: _Layout, fields: Sequence[pa.BinaryArray]
) -> list[tuple[pa.StringArray, Flags]] | None:
    """The values of each column, and whether they are strings; None if there is any text that the layout lacks."""
    if not _all(pc.equal(fields[0], layout.first)):
        return None
    step = 2 if layout.keys else 1
    starts = np.append(0, text.ends[:-1] + 1) + len(layout.first) + 1
    other_quotes = text.quotes - 2 * len(layout.names) * len(text.ends)
    values = []
    for position, (field, suffix) in enumerate(zip(fields[1::step], layout.suffixes, strict=True)):
        are_strings = text.raw.take(starts, mode="clip") == _QUOTE
        ends = starts + StringBuffers(field).lengths + 2 * are_strings
        closing = ends[are_strings] - len(suffix) - 1
        if not _all(pc.ends_with(field, suffix)) or not text.has_quotes(closing):
            return None
        values.append((pc.binary_slice(field, 0, -len(suffix)).view(pa.string()), are_strings))
        starts, other_quotes = ends + 1, other_quotes - 2 * len(closing)
        if position < len(layout.keys):
            key = layout.keys[position]
            if not _are_keys(text, fields[step * (position + 1)], key, starts):
                return None
            starts = starts + len(key) + 1
    return None if other_quotes else values


def _are_keys(text: _Text, field: pa.BinaryArray, key: bytes, starts: Positions) -> bool:
    """Whether all fields, whose quotes have been removed, are a key."""
    return text.has_quotes(starts + len(key) - 2) and _all(pc.equal(field, key.replace(b'"', b"")))


def _all(flags: pa.BooleanArray) -> bool:
    return bool(pc.all(flags, min_count=0).as_py())


def _unescaped(tokens: pa.StringArray) -> pa.StringArray | None:
    """Replaces escapes; None if one is invalid."""
    view = StringBuffers(tokens)
    rows = np.unique(np.searchsorted(view.ends, np.flatnonzero(view.data == _BACKSLASH), side="right"))
    if not len(rows):
        return tokens
    are_escaped = np.zeros(len(tokens), np.bool_)
    are_escaped[rows] = True
    try:
        values = json.loads('["' + '","'.join(tokens.take(pa.array(rows)).to_pylist()) + '"]')
        return pc.replace_with_mask(tokens, pa.array(are_escaped), pa.array(values, pa.string()))
    except ValueError:
        return None


def _converted(tokens: pa.StringArray, are_strings: Flags, target: pa.DataType, *, are_final: bool) -> pa.Array | None:
    """Converts values; None if one does not have the type."""
    if pa.types.is_string(target):
        return _strings(tokens, are_strings)
    if are_strings.any():
        return None
    are_null = pc.equal(tokens, "null")
    if pc.any(are_null).as_py():
        tokens = pc.if_else(are_null, None, tokens)
    return _booleans(tokens) if pa.types.is_boolean(target) else _numbers(tokens, target, are_final=are_final)


def _strings(tokens: pa.StringArray, are_strings: Flags) -> pa.StringArray | None:
    if are_strings.all():
        return tokens
    others = tokens.filter(pa.array(~are_strings))
    return pc.if_else(pa.array(are_strings), tokens, None) if _all(pc.equal(others, "null")) else None


def _booleans(tokens: pa.StringArray) -> pa.BooleanArray | None:
    return pc.equal(tokens, "true") if _all(pc.is_in(tokens.drop_null(), _BOOLEANS)) else None


def _numbers(tokens: pa.StringArray, target: pa.DataType, *, are_final: bool) -> pa.Array | None:
    try:
        numbers = pc.cast(tokens, target)
    except ValueError:
        return None
    given = tokens.drop_null()
    if not _are_json_numbers(given):
        return None
    is_exact = are_final or pa.types.is_integer(target) or are_kept(_doubtful(given, numbers.drop_null()), [numbers])
    return numbers if is_exact else None


def _doubtful(tokens: pa.StringArray, numbers: pa.DoubleArray) -> pa.StringArray:
    """Numbers that may have lost digits, or whose exponents may be out of range."""
    view = StringBuffers(tokens)
    are_doubtful = view.lengths >= LONG_LENGTH
    if len(tokens) and view.has_letters():
        magnitudes = np.abs(numbers.to_numpy())
        are_doubtful |= np.isinf(magnitudes) | ((magnitudes < _TINY) & (view.lengths >= len("1e-400")))
    return tokens.filter(pa.array(are_doubtful)) if are_doubtful.any() else tokens.slice(0, 0)


def _are_json_numbers(tokens: pa.StringArray) -> bool:
    """Whether tokens that Arrow has parsed are also numbers in JSON, unlike `+5`, `05`, `.5`, `5.` and `inf`."""
    if not len(tokens):
        return True
    if not are_plain_numbers(tokens):
        return False
    view = StringBuffers(tokens)
    if view.has_letters():
        return _all(pc.match_substring_regex(tokens, _NUMBER))
    first, last = view.at(view.starts), view.at(view.ends - 1)
    second = view.at(view.starts[first == MINUS] + 1)
    return not any((digits == POINT).any() for digits in (first, second, last))
