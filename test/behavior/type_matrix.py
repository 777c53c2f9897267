"""Matrix of the types of batches and columns: which values each column stores unchanged; it rejects all others."""

from __future__ import annotations

import datetime
import decimal
import uuid

import pyarrow as pa
import pyarrow.compute as pc
import pytest

TIME_OF_DAY = pytest.mark.not_on_spark("Spark does not support times of day")
_AT = datetime.datetime(2024, 1, 2, 3, 4, 5)
_UUID = pa.array([uuid.UUID(int=5).bytes], pa.binary(16)).cast(pa.uuid())


def _one(value: object, data_type: pa.DataType) -> pa.Array:
    return pa.array([value], data_type)


def _decimal(text: str, data_type: pa.DataType) -> pa.Array:
    return _one(decimal.Decimal(text), data_type)


STORED = {
    "boolean": _one(False, pa.bool_()),
    "int": _one(7, pa.int32()),
    "long": _one(7, pa.int64()),
    "float": _one(7.5, pa.float32()),
    "double": _one(7.5, pa.float64()),
    "decimal": _decimal("7.25", pa.decimal128(9, 2)),
    "date": _one(_AT.date(), pa.date32()),
    "time": _one(_AT.time(), pa.time64("us")),
    "timestamp": _one(_AT, pa.timestamp("us")),
    "timestamptz": _one(_AT, pa.timestamp("us", "UTC")),
    "string": _one("y", pa.string()),
    "binary": _one(b"y", pa.binary()),
    "fixed": _one(b"y" * 16, pa.binary(16)),
    "uuid": _UUID,
    "list": _one([7], pa.list_(pa.int64())),
    "struct": _one({"a": 7}, pa.struct([("a", pa.int64())])),
    "map": _one([("k", 7)], pa.map_(pa.string(), pa.int64())),
}
"""A column of each Iceberg type."""

GIVEN = {
    "bool": _one(True, pa.bool_()),
    **{f"int{bits}": _one(1, getattr(pa, f"int{bits}")()) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": _one(1, getattr(pa, f"uint{bits}")()) for bits in (8, 16, 32, 64)},
    "large_int": _one(2**62 + 1, pa.int64()),
    "largest_uint": _one(2**64 - 1, pa.uint64()),
    **{f"whole{bits}": _one(1.0, getattr(pa, f"float{bits}")()) for bits in (16, 32, 64)},
    **{f"half{bits}": _one(1.5, getattr(pa, f"float{bits}")()) for bits in (16, 32, 64)},
    "large_double": _one(2.0**70, pa.float64()),
    "nan": _one(float("nan"), pa.float64()),
    "infinite": _one(float("inf"), pa.float64()),
    "decimal32": _decimal("1.00", pa.decimal32(5, 2)),
    "decimal64": _decimal("1.50", pa.decimal64(5, 2)),
    "decimal128": _decimal("1.1", pa.decimal128(38, 16)),
    "decimal256": _decimal("1.1", pa.decimal256(38, 3)),
    "long_decimal": _decimal("0.12345678901234568", pa.decimal128(38, 20)),
    "date32": _one(_AT.date(), pa.date32()),
    "date64": _one(_AT.date(), pa.date64()),
    "time_s": _one(_AT.time(), pa.time32("s")),
    "time_us": _one(_AT.time(), pa.time64("us")),
    "time_ns": _one(_AT.time(), pa.time64("ns")),
    **{f"timestamp_{unit}": _one(_AT, pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")},
    "zoned": _one(_AT, pa.timestamp("us", "Europe/Paris")),
    "zoned_ns": _one(_AT, pa.timestamp("ns", "UTC")),
    "text": _one("x", pa.string()),
    "large_text": _one("x", pa.large_string()),
    "text_view": _one("x", pa.string_view()),
    "digits": _one("1", pa.string()),
    "bytes": _one(b"x", pa.binary()),
    "large_bytes": _one(b"x", pa.large_binary()),
    "bytes_view": _one(b"x", pa.binary_view()),
    "fixed16": _one(b"x" * 16, pa.binary(16)),
    "fixed3": _one(b"xxx", pa.binary(3)),
    "uuid": _UUID,
    "categories": pa.array(["x"]).dictionary_encode(),
    "numbered_categories": pa.array([1]).dictionary_encode(),
    "runs": pc.run_end_encode(pa.array([1])),
    "integers": _one([1], pa.list_(pa.int64())),
    "doubles": _one([1.0, None], pa.list_(pa.float64())),
    "halves": _one([1.5], pa.list_(pa.float64())),
    "many_integers": _one([1], pa.large_list(pa.int64())),
    "two_integers": _one([1, 2], pa.list_(pa.int64(), 2)),
    "nulls": _one([None], pa.list_(pa.null())),
    "strings": _one(["x"], pa.list_(pa.string())),
    "struct": _one({"a": 1}, pa.struct([("a", pa.int64())])),
    "struct_of_double": _one({"a": 1.0}, pa.struct([("a", pa.float64())])),
    "struct_of_null": _one({"a": None}, pa.struct([("a", pa.null())])),
    "struct_of_text": _one({"a": "x"}, pa.struct([("a", pa.string())])),
    "map": _one([("k", 1)], pa.map_(pa.string(), pa.int64())),
    "map_of_doubles": _one([("k", 1.0)], pa.map_(pa.string(), pa.float64())),
    "map_by_number": _one([(1, 1)], pa.map_(pa.int64(), pa.int64())),
}
"""A column of each Arrow type that Iceberg can store, with values that some columns accept and others reject."""

_SMALL = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "numbered_categories", "runs"}
_WHOLE = {"whole16", "whole32", "whole64", "decimal32"}
_FRACTIONS = {"half16", "half32", "half64", "decimal64", "decimal128", "decimal256"}
_DOUBLES = {"large_double", "nan", "infinite"}
ACCEPTED = {
    "boolean": {"bool"},
    "int": _SMALL | _WHOLE | {"large_int"},
    "long": _SMALL | _WHOLE | {"large_int"},
    "float": _SMALL | _WHOLE | _FRACTIONS | _DOUBLES,
    "double": _SMALL | _WHOLE | _FRACTIONS | _DOUBLES | {"long_decimal"},
    "decimal": _SMALL | _WHOLE | _FRACTIONS,
    "date": {"date32", "date64"},
    "time": {"time_s", "time_us", "time_ns"},
    "timestamp": {"timestamp_s", "timestamp_ms", "timestamp_us", "timestamp_ns", "date32", "date64"},
    "timestamptz": {"zoned", "zoned_ns"},
    "string": {"text", "large_text", "text_view", "digits", "categories"},
    "binary": {"bytes", "large_bytes", "bytes_view"},
    "fixed": {"fixed16"},
    "uuid": {"uuid"},
    "list": {"integers", "doubles", "many_integers", "two_integers", "nulls"},
    "struct": {"struct", "struct_of_double", "struct_of_null"},
    "map": {"map", "map_of_doubles"},
}
"""Accepted values by column type; an int column is widened to long for `large_int`, a float column to double."""


def as_stored(column: str, given: pa.Array) -> object:
    """The value that a column stores for an accepted value."""
    value = given[0].as_py()
    if column in ("float", "double") and isinstance(value, decimal.Decimal):
        return _one(float(value), STORED[column].type)[0].as_py()
    if column == "timestamp" and type(value) is datetime.date:
        return datetime.datetime.combine(value, datetime.time())
    return pytest.approx(value, rel=0, abs=0, nan_ok=True) if isinstance(value, float) else value
