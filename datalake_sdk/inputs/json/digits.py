"""Detects numbers of a JSON block that would lose digits as doubles, which preserve 15 to 17 digits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.inputs.text.blocks import Block
from datalake_sdk.inputs.text.conversion import lossless

_REAL = r"^-?(0|[1-9][0-9]*)(\.[0-9]+([eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)$"
_WHOLE = r"^-?[1-9][0-9]*$"
_LAST_EXACT_INTEGER = 2.0**53
_TINY = float(np.finfo(np.float64).tiny)
LONG_LENGTH = 16
"""Shorter numbers have at most as many digits as a double preserves."""
_MIN_RUN = LONG_LENGTH - 8 - 4
"""A long number extends at least this many bytes beyond one side of any eight aligned bytes inside it."""

_USUAL_LENGTH = 64
"""Around longer numbers, it is faster to search for all other bytes than to go from byte to byte."""
_SHORT_UNDERFLOW = re.compile(rb"[:,\[ \t]-?[0-9.]{1,15}[eE]-[0-9]{3}")
"""A number that is shorter than `LONG_LENGTH` and may be too small for a double."""

_POINT, _NINE, _QUOTE = np.frombuffer(b'.9"', np.uint8)
_ALL_TRUE = np.ones(8, np.bool_).view(np.uint64)[0]
_CACHED_BYTES = 256 << 10
_IS_NUMBER_BYTE = np.isin(np.arange(256, dtype=np.uint8), list(b"0123456789+-.eE"))
_PRECEDES_NUMBER = np.isin(np.arange(256, dtype=np.uint8), list(b":,[ \t"))

Flags = np.ndarray[Any, np.dtype[np.bool_]]
Positions = np.ndarray[Any, np.dtype[np.intp]]


def double_leaves(array: pa.Array) -> Iterator[pa.Array]:
    """The arrays of doubles in a column, at every level of nesting."""
    if pa.types.is_struct(array.type):
        for child in array.flatten():
            yield from double_leaves(child)
    elif pa.types.is_list(array.type):
        yield from double_leaves(array.flatten())
    elif pa.types.is_float64(array.type):
        yield array


def keeps_digits(block: Block, doubles: Sequence[pa.Array]) -> bool:
    """Whether the doubles read from a block preserve its numbers; may be False even if they do.

    Args:
        block: Valid JSON, one object per line.
        doubles: All numbers of the block that were read as doubles.
    """
    if _may_underflow(block, doubles):
        return False
    starts, ends = _long_spans(block)
    if are_kept(_strings(block, starts, ends), doubles):
        return True
    are_numbers = ~_are_in_strings(block, starts)
    return are_kept(_strings(block, starts[are_numbers], ends[are_numbers]), doubles)


def are_kept(long_numbers: pa.StringArray, doubles: Sequence[pa.Array]) -> bool:
    """Whether the doubles read from numbers preserve them; may be False even if they do.

    Args:
        long_numbers: Those of at least `LONG_LENGTH` characters; other strings are ignored.
        doubles: All numbers that were read as doubles.
    """
    if not len(long_numbers):
        return True
    reals = long_numbers.filter(pc.match_substring_regex(long_numbers, _REAL))
    if lossless(reals, pa.float64()) is None:
        return False
    are_whole = pc.match_substring_regex(long_numbers, _WHOLE)
    return not pc.any(are_whole).as_py() or all(_largest(values) < _LAST_EXACT_INTEGER for values in doubles)


def _may_underflow(block: Block, doubles: Sequence[pa.Array]) -> bool:
    if not any(_smallest(values) < _TINY for values in doubles):
        return False
    has_exponents = any(block.data.find(sign, 0, block.size) >= 0 for sign in (b"e-", b"E-"))
    return has_exponents and _SHORT_UNDERFLOW.search(block.data, 0, block.size) is not None


def _smallest(values: pa.Array) -> float:
    smallest = pc.min(pc.abs(values)).as_py()
    return float("inf") if smallest is None else float(smallest)


def _largest(values: pa.Array) -> float:
    return float(pc.max(pc.abs(values)).as_py() or 0)


def _long_spans(block: Block) -> tuple[Positions, Positions]:
    """Start and end of each long sequence that looks like a number, also inside strings."""
    raw = np.frombuffer(block.data, np.uint8, block.size)
    found = _aligned_digits(raw)
    found = found[_IS_NUMBER_BYTE[raw[found - _MIN_RUN]] | _IS_NUMBER_BYTE[raw.take(found + 7 + _MIN_RUN, mode="clip")]]
    starts, ends = _number_edges(raw, found)
    starts, firsts = np.unique(starts, return_index=True)
    ends = ends[firsts]
    is_long = (ends - starts >= LONG_LENGTH) & _PRECEDES_NUMBER[raw[starts - 1]]
    return starts[is_long], ends[is_long]


def _number_edges(raw: np.ndarray[Any, np.dtype[np.uint8]], found: Positions) -> tuple[Positions, Positions]:
    """Start and end of the sequences of bytes of numbers around groups of eight digits."""
    starts, ends = found, found + 8
    for _ in range(_USUAL_LENGTH):
        before, after = _IS_NUMBER_BYTE[raw[starts - 1]], _IS_NUMBER_BYTE[raw[ends]]
        if not before.any() and not after.any():
            return starts, ends
        starts, ends = starts - before, ends + after
    others = np.flatnonzero(~_IS_NUMBER_BYTE[raw])
    following = np.searchsorted(others, found)
    return others[following - 1] + 1, others[following]


def _strings(block: Block, starts: Positions, ends: Positions) -> pa.StringArray:
    spans = zip(starts.tolist(), ends.tolist(), strict=True)
    return pa.array([block.data[start:end] for start, end in spans], pa.binary()).cast(pa.string())


def _are_in_strings(block: Block, positions: Positions) -> Flags:
    """Whether the number of quotes before each position is odd, without escaped quotes."""
    text = block.rows.replace(b"\\\\", b"  ").replace(b'\\"', b"  ") if b"\\" in block.data else block.data
    quotes = np.flatnonzero(np.frombuffer(text, np.uint8, block.size) == _QUOTE)
    are_in_strings: Flags = np.searchsorted(quotes, positions) % 2 == 1
    return are_in_strings


def _aligned_digits(raw: np.ndarray[Any, np.dtype[np.uint8]]) -> Positions:
    """Positions of the aligned groups of eight bytes that consist of digits, points and slashes.

    Fifteen such bytes in a row contain a whole group.
    """
    found = [np.array([], np.intp)]
    for start in range(0, len(raw) - 7, _CACHED_BYTES):
        group = raw[start : start + _CACHED_BYTES]
        group = group[: len(group) // 8 * 8]
        are_digits = group - _POINT <= _NINE - _POINT
        found.append(start + 8 * np.flatnonzero(are_digits.view(np.uint64) == _ALL_TRUE))
    return np.concatenate(found)
