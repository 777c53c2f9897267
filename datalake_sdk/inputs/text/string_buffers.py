"""NumPy views of string arrays, for checks that are slower with Arrow's kernels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Positions = np.ndarray[Any, np.dtype[np.signedinteger[Any]]]

PLUS, MINUS, POINT, ZERO, NINE, EXPONENT = b"+-.09e"
SPACE, TAB = b" \t"
CASE_BIT = 0x20
"""The bit that distinguishes lowercase from uppercase ASCII."""


class StringBuffers:
    """The offsets and bytes of a string array.

    Args:
        strings: A string array or a slice of one; null counts as empty.
    """

    def __init__(self, strings: pa.StringArray) -> None:
        _, offsets, data = strings.buffers()
        bounds = np.frombuffer(offsets, np.int32)[strings.offset : strings.offset + len(strings) + 1]
        self.starts: Positions = bounds[:-1]
        self.ends: Positions = bounds[1:]
        self.data: Bytes = np.frombuffer(data or b"", np.uint8)[: bounds[-1]]

    @property
    def lengths(self) -> Positions:
        return self.ends - self.starts

    def at(self, positions: Positions) -> Bytes:
        """The bytes at the given positions, clipped to the last byte."""
        return self.data.take(positions, mode="clip")

    def are_padded(self) -> bool:
        """Whether a string starts or ends with a space or a tab."""
        if not len(self.data):
            return False
        is_present = self.lengths > 0
        first, last = self.at(self.starts[is_present]), self.at(self.ends[is_present] - 1)
        return bool(((first == SPACE) | (first == TAB) | (last == SPACE) | (last == TAB)).any())

    def has_letters(self) -> bool:
        """Whether a string contains an ASCII letter, or any other character above the digits in ASCII."""
        return bool((self.data[self.starts[0] :] > NINE).any())

    def has_points(self) -> bool:
        """Whether a string contains a point."""
        return bool((self.data[self.starts[0] :] == POINT).any())


def are_plain_numbers(strings: pa.StringArray) -> bool:
    """Whether no number has a plus sign or redundant leading zeros: `+5`, `-007`, `00.5`, `0x1F`.

    Args:
        strings: Numbers that Arrow has parsed, without nulls.
    """
    view = StringBuffers(strings)
    starts, first = view.starts, view.at(view.starts)
    signed = first == MINUS
    if signed.any():
        starts = starts + signed
        first = view.at(starts)
    zeros = np.flatnonzero((first == ZERO) & (view.ends - starts > 1))
    following = view.at(starts[zeros] + 1)
    return bool(((following == POINT) | (following | CASE_BIT == EXPONENT)).all() and not (first == PLUS).any())


def max_digits(strings: pa.StringArray) -> tuple[int, int]:
    """Maximum number of integer and of fractional digits, among numbers without exponent."""
    view = StringBuffers(strings)
    points = view.starts[0] + np.flatnonzero(view.data[view.starts[0] :] == POINT)
    owners = np.searchsorted(view.ends, points, side="right")
    integer = view.lengths - (view.at(view.starts) == MINUS)
    integer[owners] -= view.ends[owners] - points
    fractional = view.ends[owners] - points - 1
    return int(integer.max()), int(fractional.max(initial=0))
