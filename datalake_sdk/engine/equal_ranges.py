"""Ranges of equal values in sorted arrays."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np


def equal_ranges(values: np.ndarray) -> Iterator[tuple[int, int]]:
    """Start and end (exclusive) of each range of equal values.

    Args:
        values: One-dimensional; may be empty.
    """
    edges = np.flatnonzero(values[1:] != values[:-1]) + 1
    bounds = [0, *edges.tolist(), len(values)] if len(values) else [0]
    yield from pairwise(bounds)
