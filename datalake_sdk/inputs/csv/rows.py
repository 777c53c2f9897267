"""Finds the boundaries of CSV rows, even if fields contain quoted line breaks or stray quotes.

A row ends with a line feed, a carriage return, or both; a file may contain all three.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from datalake_sdk.inputs.csv.dialect import Dialect

_LINE_FEED, _CARRIAGE_RETURN = b"\n\r"

Positions = np.ndarray[Any, np.dtype[np.intp]]


def whole_rows(data: bytes, dialect: Dialect) -> int:
    """Length of the complete rows at the beginning of some text.

    Args:
        data: CSV text that starts with a row.
        dialect: Dialect of the text.
    """
    text = _without_escapes(blanked(data, dialect, b" "), dialect)
    # A line feed may follow a carriage return at the very end.
    end = len(text) - text.endswith(b"\r")
    quotes = quote_pairs(text, dialect)
    while (found := _last_break(text, end)) >= 0:
        index = int(np.searchsorted(quotes, found))
        if index % 2 == 0:
            return found + 1
        end = int(quotes[index - 1])
    return 0


def row_starts(data: bytes, dialect: Dialect) -> Iterator[int]:
    """The start of each row, except blank lines and comments."""
    text = _without_escapes(blanked(data, dialect), dialect)
    raw = np.frombuffer(text, np.uint8)
    breaks = np.flatnonzero((raw == _LINE_FEED) | (raw == _CARRIAGE_RETURN))
    row_ends = breaks[np.searchsorted(quote_pairs(text, dialect), breaks) % 2 == 0]
    start = 0
    for end in [*row_ends.tolist(), len(text)]:
        if end > start:
            yield start
        start = end + 1


def quote_pairs(data: bytes, dialect: Dialect) -> Positions:
    """Positions of the opening and closing quotes of fields, alternately; stray quotes in unquoted text are ignored.

    Only a quote at the very beginning of a field opens it, as in Python's and Arrow's readers. A doubled quote
    inside a quoted field counts as a closing and an opening quote.

    Args:
        data: CSV text without comments.
        dialect: Dialect of the text.
    """
    if not dialect.quote or dialect.quote.encode() not in data:
        return np.array([], np.intp)
    raw = np.frombuffer(_without_escapes(data, dialect), np.uint8)
    quotes = np.flatnonzero(raw == ord(dialect.quote))
    before = raw[quotes - 1]
    opens = (before == ord(dialect.delimiter)) | (before == _LINE_FEED) | (before == _CARRIAGE_RETURN) | (quotes == 0)
    reopens = np.diff(quotes, prepend=-2) == 1
    return quotes if (opens | reopens)[::2].all() else _without_strays(quotes, opens)


def blanked(data: bytes, dialect: Dialect, filler: bytes = b"\n") -> bytes:
    """Overwrites each byte of the comments with `filler`, so that no position changes."""
    if not dialect.comment or dialect.comment.encode() not in data:
        return data
    return _comments_and_quoted_fields(dialect).sub(
        lambda match: match[0] if match[1] is None else filler * len(match[0]), data
    )


@lru_cache(maxsize=8)
def _comments_and_quoted_fields(dialect: Dialect) -> re.Pattern[bytes]:
    """Matches comments and quoted fields, which may contain the comment prefix; the group captures comments only."""
    delimiter, quote, escape, comment = (
        re.escape(text.encode()) for text in (dialect.delimiter, dialect.quote, dialect.escape, dialect.comment)
    )
    pattern = rb"(?<![^\n\r])(%b[^\n\r]*)" % comment
    if quote:
        literal = rb"[^%b%b]|%b%b" % (quote, escape, quote, quote) + (rb"|%b." % escape if escape else b"")
        pattern += rb"|(?<![^\n\r%b])%b(?:%b)*+%b?" % (delimiter, quote, literal, quote)
    return re.compile(pattern, re.DOTALL)


def _without_escapes(data: bytes, dialect: Dialect) -> bytes:
    """Overwrites each escaped character with a letter, so that it is not special."""
    if not dialect.escape or dialect.escape.encode() not in data:
        return data
    raw = np.frombuffer(data, np.uint8).copy()
    escapes = np.flatnonzero(raw == ord(dialect.escape))
    begins_run = np.diff(escapes, prepend=-2) != 1
    run_starts = np.maximum.accumulate(np.where(begins_run, escapes, 0))
    escaped = escapes[(escapes - run_starts) % 2 == 0] + 1
    raw[escaped[escaped < len(raw)]] = ord("x")
    return raw.tobytes()


def _last_break(text: bytes, end: int) -> int:
    found = text.rfind(b"\n", 0, end)
    return max(found, text.rfind(b"\r", found + 1, end))


def _without_strays(quotes: Positions, opens: np.ndarray[Any, np.dtype[np.bool_]]) -> Positions:
    kept: list[int] = []
    for position, is_opening in zip(quotes.tolist(), opens.tolist(), strict=True):
        is_closing = len(kept) % 2 == 1
        if is_closing or is_opening or (kept and kept[-1] == position - 1):
            kept.append(position)
    return np.array(kept, np.intp)
