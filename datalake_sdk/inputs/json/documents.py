"""Rewrites JSON arrays and sequences of objects as JSON Lines while they are read."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from datalake_sdk.errors import CorruptInputError, DatalakeError, InvalidJsonLineError
from datalake_sdk.inputs.source import ReadChunk

_START = re.compile(rb"\s*(\{|\[\s*[{\]])")
_VALUE = re.compile(rb'[\[,]+(["\-0-9tfn])')
"""A value between objects that is not an object, with its first character."""
_KINDS = {b'"': "a string", b"t": "a boolean", b"f": "a boolean", b"n": "null"}
_CHUNK_SIZE = 1 << 20
_GAP_LIMIT = 1 << 20
WHITE_SPACE = b" \t\r\n"
_BACKSLASH, _QUOTE, _COMMA, _SPACE, _LINE_FEED = b'\\", \n'
_STEPS = np.zeros(256, np.int8)
_STEPS[[*b"{["]], _STEPS[[*b"}]"]] = 1, -1
_IS_BREAK = np.zeros(256, np.bool_)
_IS_BREAK[[*b"\r\n"]] = True
_IS_WHITE_SPACE = np.zeros(256, np.bool_)
_IS_WHITE_SPACE[[*WHITE_SPACE]] = True

Positions = np.ndarray[Any, np.dtype[np.signedinteger[Any]]]
Bytes = np.ndarray[Any, np.dtype[np.uint8]]


def is_json(text: bytes) -> bool:
    """Whether text starts like an object or an array of objects."""
    return _START.match(text) is not None


def is_array(text: bytes) -> bool:
    """Whether text starts like a JSON array."""
    return text.lstrip(WHITE_SPACE).startswith(b"[")


def has_one_object_per_line(text: bytes) -> bool:
    """Whether the first line that is not blank is a single object, or invalid JSON."""
    line, line_break, _ = text.lstrip(WHITE_SPACE).partition(b"\n")
    splitter = _Splitter("", in_array=False)
    try:
        objects = splitter.split(line).count(b"\n")
    except CorruptInputError:
        return True
    return objects <= 1 and not (line_break and splitter.is_inside)


def array_as_lines(name: str, read_chunk: ReadChunk) -> ReadChunk:
    """Rewrites the elements of one or more JSON arrays as one line each."""
    return _as_lines(read_chunk, _Splitter(name, in_array=True))


def sequence_as_lines(name: str, read_chunk: ReadChunk) -> ReadChunk:
    """Rewrites consecutive objects as one line each."""
    return _as_lines(read_chunk, _Splitter(name, in_array=False))


def _as_lines(read_chunk: ReadChunk, splitter: _Splitter) -> ReadChunk:
    def read_lines(size: int) -> bytes:
        while data := read_chunk(max(size, _CHUNK_SIZE)):
            if lines := splitter.split(data):
                return lines
        splitter.finish()
        return b""

    return read_lines


class _Splitter:
    """Finds the objects in text that arrives in chunks.

    Raises `CorruptInputError` if the text is truncated, or if anything but a comma separates two elements of an array,
    and `InvalidJsonLineError` if an element is not an object.

    Args:
        name: Name of the file, for messages.
        in_array: Whether the objects are elements of arrays.

    Attributes:
        is_inside: Whether the text so far ends inside an object.
    """

    def __init__(self, name: str, *, in_array: bool) -> None:
        self._name = name
        self._gaps = _Gaps(in_array=in_array)
        self._base = int(in_array)
        self._depth = 0
        self._in_string = False
        self._held = b""
        self._gap = b""
        self._count = 0

    @property
    def is_inside(self) -> bool:
        return self._depth > self._base

    def split(self, data: bytes) -> bytes:
        """Returns the objects of the next chunk, each terminated by a line feed."""
        data = self._held + data
        end = len(data.rstrip(b"\\"))
        data, self._held = data[:end], data[end:]
        was_inside = self.is_inside
        text, starts, ends = self._objects(np.frombuffer(data, np.uint8))
        if not len(starts):
            self._add_gap(data)
            return b""
        if not was_inside:
            self._check_gap(data[: starts[0]])
        lines = self._lines(data, text, starts, ends)
        if self.is_inside:
            return lines
        self._add_gap(data[ends[-1] :])
        return lines + b"\n"

    def finish(self) -> None:
        """Checks what follows the last object."""
        if self.is_inside or self._in_string or self._held:
            raise CorruptInputError(self._name, f"it ends inside object {self._count}")
        if not self._gaps.may_follow(self._gap, self._count):
            raise self._error(_after(self._gap, self._count))

    def _objects(self, raw: Bytes) -> tuple[Bytes, Positions, Positions]:
        """The text without line breaks outside strings, and the start and end of each object or part of one."""
        quotes = _unescaped_quotes(raw)
        brackets = self._outside(np.flatnonzero(_STEPS[raw]), quotes)
        steps = _STEPS[raw[brackets]].astype(np.int64)
        depths = self._depth + np.cumsum(steps)
        starts = brackets[(steps > 0) & (depths == self._base + 1)]
        ends = brackets[(steps < 0) & (depths == self._base)] + 1
        text = raw.copy()
        text[self._outside(np.flatnonzero(_IS_BREAK[raw]), quotes)] = _SPACE
        starts = np.concatenate(([0], starts)) if self.is_inside else starts
        self._depth = int(depths[-1]) if len(depths) else self._depth
        self._in_string ^= len(quotes) % 2 == 1
        ends = np.concatenate((ends, [len(raw)])) if self.is_inside else ends
        return text, starts[: len(ends)], ends[: len(starts)]

    def _lines(self, data: bytes, text: Bytes, starts: Positions, ends: Positions) -> bytes:
        """The objects of a chunk, separated by line feeds."""
        if self._are_regular_gaps(text, starts[1:], ends[:-1]):
            if self._base:
                text[self._commas(text, ends[:-1])] = _SPACE
            text[starts[1:] - 1] = _LINE_FEED
            self._count += len(starts) - 1
            return text[starts[0] : ends[-1]].tobytes()
        lines = [text[starts[0] : ends[0]].tobytes()]
        for previous_end, start, end in zip(ends.tolist(), starts[1:].tolist(), ends[1:].tolist(), strict=False):
            self._check_gap(data[previous_end:start])
            lines.append(text[start:end].tobytes())
        return b"\n".join(lines)

    def _are_regular_gaps(self, text: Bytes, starts: Positions, ends: Positions) -> bool:
        """Whether objects are separated by white space, and in an array by exactly one comma."""
        if not (starts > ends).all() or (self._visible(text, ends, starts) != self._base).any():
            return False
        commas = self._commas(text, ends) if self._base else ends
        return len(commas) == len(ends) and bool((commas < starts).all())

    def _commas(self, text: Bytes, ends: Positions) -> Positions:
        """The next comma after each position; omitted if there is none."""
        commas = np.flatnonzero(text == _COMMA)
        after = np.searchsorted(commas, ends)
        found: Positions = commas[after[after < len(commas)]]
        return found

    def _visible(self, text: Bytes, starts: Positions, ends: Positions) -> Positions:
        """The number of bytes in each range that are not white space."""
        counts = np.concatenate(([0], np.cumsum(~_IS_WHITE_SPACE[text])))
        visible: Positions = counts[ends] - counts[starts]
        return visible

    def _outside(self, positions: Positions, quotes: Positions) -> Positions:
        """The positions outside strings."""
        outside: Positions = positions[np.searchsorted(quotes, positions) % 2 == int(self._in_string)]
        return outside

    def _check_gap(self, data: bytes) -> None:
        self._add_gap(data)
        if not self._gaps.may_precede(self._gap, self._count):
            raise self._error(f"{_unexpected(self._gap, 'comma')} before object {self._count + 1}")
        self._gap = b""
        self._count += 1

    def _error(self, reason: str) -> DatalakeError:
        value = _VALUE.match(self._gap) if self._base else None
        if value is None:
            return CorruptInputError(self._name, reason)
        location = f"input '{self._name}', object {self._count + 1}"
        return InvalidJsonLineError(location, f"the value is {_KINDS.get(value[1], 'a number')}, not an object")

    def _add_gap(self, data: bytes) -> None:
        self._gap += data.translate(None, WHITE_SPACE)
        if len(self._gap) > _GAP_LIMIT:
            raise self._error(_after(self._gap, self._count))


class _Gaps:
    """Valid text between objects, without white space.

    Args:
        in_array: Whether the objects are elements of arrays.
    """

    def __init__(self, *, in_array: bool) -> None:
        patterns = (rb"\[(\]\[)*", rb",|\](\[\])*\[", rb"\](\[\])*", rb"(\[\])+") if in_array else (rb"",) * 4
        self._first, self._between, self._last, self._alone = map(re.compile, patterns)

    def may_precede(self, gap: bytes, count: int) -> bool:
        """Whether text may precede the object that follows `count` others."""
        return bool((self._between if count else self._first).fullmatch(gap))

    def may_follow(self, gap: bytes, count: int) -> bool:
        """Whether text may follow the last of `count` objects."""
        return bool((self._last if count else self._alone).fullmatch(gap))


def _unescaped_quotes(raw: Bytes) -> Positions:
    quotes: Positions = np.flatnonzero(raw == _QUOTE)
    is_doubtful = raw[quotes - 1] == _BACKSLASH
    if not is_doubtful.any():
        return quotes
    backslashes = np.flatnonzero(raw == _BACKSLASH)
    run_starts = backslashes[np.diff(backslashes, prepend=-2) > 1]
    lengths = quotes - run_starts[np.searchsorted(run_starts, quotes) - 1]
    unescaped: Positions = quotes[~is_doubtful | (lengths % 2 == 0)]
    return unescaped


def _after(gap: bytes, count: int) -> str:
    return f"{_unexpected(gap, ']')} after object {count}" if count else f"{_unexpected(gap, ']')} instead of an object"


def _unexpected(gap: bytes, expected: str) -> str:
    return f"unexpected '{gap[:20].decode(errors='replace')}'" if gap else f"missing {expected}"
