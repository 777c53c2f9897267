"""Converts arrays of numpy to Arrow."""

from __future__ import annotations

import numpy as np
import pyarrow as pa


def number_array(numbers: np.ndarray) -> pa.Array:
    """Numbers as an Arrow array, without a copy.

    `pa.array` does the same, but its first call imports numpy.ma, which takes as long as the commit of a small upsert.
    """
    contiguous = np.ascontiguousarray(numbers)
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(contiguous.dtype), len(contiguous), [None, pa.py_buffer(contiguous)]
    )
