"""Where the rows of CSV text end: exact with line breaks and delimiters inside quotes, and with stray quotes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

QUOTE = b'"'
_QUOTE, _LINE_FEED, _CARRIAGE_RETURN = b'"\n\r'

Positions = np.ndarray[Any, np.dtype[np.intp]]


def whole_rows(data: bytes, delimiter: str) -> int:
    """Length of the complete rows at the beginning of some text.

    Args:
        data: CSV text that begins with a row.
        delimiter: One ASCII character.
    """
    line_break = _line_break(data)
    if QUOTE not in data:
        return data.rfind(line_break) + 1
    quotes, end = quote_pairs(data, delimiter), len(data)
    while (found := data.rfind(line_break, 0, end)) >= 0:
        index = int(np.searchsorted(quotes, found))
        if index % 2 == 0:
            return found + 1
        end = int(quotes[index - 1])
    return 0


def row_starts(data: bytes, delimiter: str) -> Iterator[int]:
    """Where each row that is not blank begins."""
    raw = np.frombuffer(data, np.uint8)
    breaks = np.flatnonzero(raw == ord(_line_break(data)))
    row_ends = breaks[np.searchsorted(quote_pairs(data, delimiter), breaks) % 2 == 0]
    start = 0
    for end in [*row_ends.tolist(), len(data)]:
        if data[start:end].strip(b"\r\n"):
            yield start
        start = end + 1


def quote_pairs(data: bytes, delimiter: str) -> Positions:
    """Positions of the quotes that open and close fields, in turn; stray ones inside unquoted text are left out.

    A quote opens a field at the field's very beginning only, as in Python's and Arrow's readers. A doubled quote
    inside a quoted field counts as closing and opening again.
    """
    raw = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(raw == _QUOTE)
    before = raw[quotes - 1]
    opens = (before == ord(delimiter)) | (before == _LINE_FEED) | (before == _CARRIAGE_RETURN) | (quotes == 0)
    reopens = np.diff(quotes, prepend=-2) == 1
    return quotes if (opens | reopens)[::2].all() else _without_strays(quotes, opens)


def _without_strays(quotes: Positions, opens: np.ndarray[Any, np.dtype[np.bool_]]) -> Positions:
    kept: list[int] = []
    for position, is_opening in zip(quotes.tolist(), opens.tolist(), strict=True):
        is_closing = len(kept) % 2 == 1
        if is_closing or is_opening or (kept and kept[-1] == position - 1):
            kept.append(position)
    return np.array(kept, np.intp)


def _line_break(data: bytes) -> bytes:
    """Old files may end their lines with a carriage return alone."""
    return b"\n" if b"\n" in data else b"\r"
