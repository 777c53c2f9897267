"""Doubles of manifests as they are written, for tables that are partitioned by one.

pyiceberg 0.12.0's compiled decoder rounds them to floats. https://github.com/apache/iceberg-python/pull/3808
"""

from __future__ import annotations

from pyiceberg.avro import STRUCT_DOUBLE
from pyiceberg.avro.decoder import BinaryDecoder
from pyiceberg.avro.reader import DoubleReader


def _read(self: DoubleReader, decoder: BinaryDecoder) -> float:
    (value,) = STRUCT_DOUBLE.unpack(decoder.read(STRUCT_DOUBLE.size))
    return float(value)


def read_whole_doubles() -> None:
    """Has pyiceberg read all 64 bits, in this process."""
    DoubleReader.read = _read  # type: ignore[method-assign]
