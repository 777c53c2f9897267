"""How lines of JSON are laid out: where all are written alike, values are cut out between the same keys, unparsed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from datalake_sdk.inputs.text.blocks import Block

LINE_FEED, QUOTE = b'\n"'
_BACKSLASH = b"\\"
_FIELD = re.compile(
    rb'[ \t\r]*"(?P<name>[^"\x00-\x1f]+)"[ \t\r]*:[ \t\r]*'
    rb'(?P<value>"[^"]*"|[\w.+-]+)'
    rb"(?P<behind>[ \t\r]*(?:,|}[ \t\r]*\n))"
)

Offsets = np.ndarray[Any, np.dtype[np.int32]]


@dataclass(frozen=True)
class Layout:
    """What is the same in all lines that are written like one of them.

    Args:
        names: Keys, in their order; they differ.
        are_texts: Whether each value stands in quotes.
        gaps: The bytes before each value, from the end of the one before it; quotes of texts are among them.
        tail: The bytes behind the last value, up to the end of the line.
    """

    names: tuple[str, ...]
    are_texts: tuple[bool, ...]
    gaps: tuple[bytes, ...]
    tail: bytes

    @property
    def quotes(self) -> int:
        """Quotes in a line."""
        return sum(literal.count(QUOTE) for literal in (*self.gaps, self.tail))

    def ends(self) -> list[tuple[int, int]]:
        """For each value the next quote, by its place among those of the line, and how far before it the value ends."""
        behind = [*self.gaps[1:], self.tail + self.gaps[0]]
        places, place = [], 0
        for gap, after in zip(self.gaps, behind, strict=True):
            place += gap.count(QUOTE)
            places.append((place, after.index(QUOTE)))
        return places


def layout_of(block: Block) -> Layout | None:
    """The layout of a block's first line; None when it is not a flat object."""
    end = block.data.find(LINE_FEED, 0, block.size)
    return _layout(block.data[: end + 1]) if end >= 0 else None


def cut(block: Block, layout: Layout) -> Mapping[str, pa.StringArray] | None:
    r"""Cuts the values out of a block's lines.

    Args:
        block: Ends with a line feed.
        layout: Of its first line.

    Returns:
        The bytes of each value, without quotes, checked for nothing but that they hold no quote and no backslash;
        None when a line is laid out in another way.
    """
    if block.data.find(_BACKSLASH, 0, block.size) >= 0:
        return None
    quotes = np.flatnonzero(np.frombuffer(block.data, np.uint8, block.size) == QUOTE).astype(np.int32)
    rows, are_too_many = divmod(len(quotes), layout.quotes)
    if are_too_many:
        return None
    if (bounds := _bounds(quotes, rows, block.size, layout)) is None:
        return None
    pieces = pa.StringArray.from_buffers(len(bounds) - 1, pa.py_buffer(bounds), block.buffer)
    if not _are_between(pieces, layout, block, rows):
        return None
    step = 2 * len(layout.names)
    return {
        name: pieces.take(pa.array(np.arange(2 * place, step * rows, step, dtype=np.int32)))
        for place, name in enumerate(layout.names)
    }


def _layout(line: bytes) -> Layout | None:
    names, are_texts, gaps, before, position = [], [], [], b"{", 1
    while match := _FIELD.match(line, position):
        quote = b'"' if match["value"].startswith(b'"') else b""
        names.append(match["name"].decode(errors="replace"))
        are_texts.append(bool(quote))
        gaps.append(before + line[match.start() : match.start("value")] + quote)
        before, position = quote + match["behind"], match.end()
    is_flat = line.startswith(b"{") and before.endswith(b"\n")
    if not is_flat or len(set(names)) < len(names):
        return None
    return Layout(tuple(names), tuple(are_texts), tuple(gaps), before)


def _bounds(quotes: Offsets, rows: int, size: int, layout: Layout) -> Offsets | None:
    """Where values begin and end if all lines are laid out so: begin, end, begin, ...; None when they are not."""
    bounds = np.empty((rows, len(layout.names), 2), np.int32)
    begins, ends = bounds[:, :, 0], bounds[:, :, 1]
    ends[-1, -1] = size - len(layout.tail)
    for place, (quote, distance) in enumerate(layout.ends()):
        found = quotes[quote :: layout.quotes]
        np.subtract(found, distance, out=ends[: len(found), place])
    for place, gap in enumerate(layout.gaps[1:], start=1):
        np.add(ends[:, place - 1], len(gap), out=begins[:, place])
    begins[0, 0] = len(layout.gaps[0])
    np.add(ends[:-1, -1], len(layout.tail + layout.gaps[0]), out=begins[1:, 0])
    return bounds.reshape(-1) if (begins <= ends).all() else None


def _are_between(pieces: pa.StringArray, layout: Layout, block: Block, rows: int) -> bool:
    """Whether the bytes between the values, and behind the last one, are those of the layout."""
    first, *others = layout.gaps
    wrap = layout.tail + first
    expected = pa.py_buffer((b"".join([*others, wrap]) * rows)[: -len(wrap)])
    found = pieces.take(pa.array(np.arange(1, len(pieces), 2, dtype=np.int32))).buffers()[2]
    are_same = not len(expected) or found.slice(0, len(expected)).equals(expected)
    return are_same and block.data.endswith(layout.tail, 0, block.size)
