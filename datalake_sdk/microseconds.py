"""Timestamps and times of day in microseconds, the highest resolution of Iceberg's format version 2."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def has_nanoseconds(data_type: pa.DataType) -> bool:
    """Whether a type is a timestamp or time of day in nanoseconds, which format version 2 does not support.

    https://iceberg.apache.org/spec/#primitive-types
    """
    return data_type == pa.time64("ns") or (pa.types.is_timestamp(data_type) and str(data_type.unit) == "ns")


def floored_to_microseconds(array: pa.Array) -> pa.Array:
    """Rounds nanoseconds down to microseconds: -1 ns becomes -1 µs.

    Args:
        array: Timestamps or times of day in nanoseconds.
    """
    is_time = pa.types.is_time(array.type)
    target = pa.time64("us") if is_time else pa.timestamp("us", array.type.tz)
    nanoseconds = pc.fill_null(array.view(pa.int64()), 0).to_numpy()
    mask = array.is_null().to_numpy(zero_copy_only=False)
    return pa.array(np.floor_divide(nanoseconds, 1000), pa.int64(), mask=mask).view(target)
