"""Matches patterns of one set of ASCII characters, such as `^[0-9a-f]{32}$`, with the bytes of many strings at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_PATTERN = re.compile(
    r"\^(?:\[(?P<items>[!-~ ]+)\]|(?P<shorthand>\\[dw]))"
    r"(?:(?P<repeat>[+*])|\{(?P<least>0|[1-9][0-9]{0,2})(?P<is_range>,(?P<most>0|[1-9][0-9]{0,2})?)?\})\$"
)
"""A set and its number of repetitions, of which RE2 allows a thousand; with a leading zero, it is literal text."""
_ITEM = re.compile(r"(?P<low>[^\]\[\\^-])(?:-(?P<high>[^\]\[\\^-]))?")
_SHORTHANDS = {r"\d": "0-9", r"\w": "0-9A-Za-z_"}
_MAX_RANGES = 8
"""With more ranges, a regular expression is as fast."""
_BLOCK_BYTES = 64 << 10
"""Fits into the processor's cache."""


@dataclass(frozen=True)
class CharacterSet:
    """Strings of allowed characters.

    Args:
        ranges: First and last code of each range of ASCII characters.
        min_length: Minimum number of characters.
        max_length: Maximum number of characters; None for any number.
    """

    ranges: tuple[tuple[int, int], ...]
    min_length: int
    max_length: int | None

    def matches_all(self, strings: pa.StringArray) -> bool:
        """Whether all strings match; it may be false if only bytes of null strings do not match."""
        lengths = pc.min_max(pc.binary_length(strings))
        shortest, longest = lengths["min"].as_py(), lengths["max"].as_py()
        if shortest is None:
            return True
        if shortest < self.min_length or (self.max_length is not None and longest > self.max_length):
            return False
        codes = used_bytes(strings)
        return all(self._allows(codes[start : start + _BLOCK_BYTES]) for start in range(0, len(codes), _BLOCK_BYTES))

    def _allows(self, codes: np.ndarray) -> bool:
        allowed = np.zeros(len(codes), bool)
        for low, high in self.ranges:
            allowed |= codes - np.uint8(low) <= np.uint8(high - low)  # unsigned: smaller codes wrap around
        return bool(allowed.all())


def character_set(pattern: str) -> CharacterSet | None:
    """Parses a pattern; None if it is not a repeated set of ASCII characters between `^` and `$`.

    Args:
        pattern: Regular expression in the syntax of RE2.
    """
    parsed = _PATTERN.fullmatch(pattern)
    if parsed is None:
        return None
    ranges = _ranges(parsed["items"] or _SHORTHANDS[parsed["shorthand"]])
    min_length, max_length = _lengths(parsed)
    if not 0 < len(ranges) <= _MAX_RANGES or (max_length is not None and max_length < min_length):
        return None
    return CharacterSet(ranges, min_length, max_length)


def used_bytes(strings: pa.StringArray) -> np.ndarray:
    """The bytes of all strings, including those of null strings."""
    _, offsets, data = strings.buffers()
    if data is None:
        return np.empty(0, np.uint8)
    start, end = np.frombuffer(offsets, np.int32)[[strings.offset, strings.offset + len(strings)]]
    return np.frombuffer(data, np.uint8)[start:end]


def _lengths(parsed: re.Match[str]) -> tuple[int, int | None]:
    if parsed["repeat"]:
        return (1 if parsed["repeat"] == "+" else 0), None
    least = int(parsed["least"])
    if not parsed["is_range"]:
        return least, least
    return least, int(parsed["most"]) if parsed["most"] else None


def _ranges(items: str) -> tuple[tuple[int, int], ...]:
    """Ranges of a set, merged where they adjoin; empty if its syntax is not supported."""
    inner = items.removesuffix("-")
    matches = list(_ITEM.finditer(inner))
    if "".join(match[0] for match in matches) != inner:
        return ()
    codes = {ord(character) for character in items[len(inner) :]}
    for match in matches:
        codes.update(range(ord(match["low"]), ord(match["high"] or match["low"]) + 1))
    runs = (list(run) for _, run in groupby(enumerate(sorted(codes)), lambda pair: pair[1] - pair[0]))
    return tuple((run[0][1], run[-1][1]) for run in runs)
