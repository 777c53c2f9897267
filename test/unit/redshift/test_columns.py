"""Types and staged values of copies in Redshift."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest
from pyiceberg import types as iceberg
from pyiceberg.schema import Schema

from datalake_sdk.engine.schema import arrow_type
from datalake_sdk.errors import RedshiftTypeError, RedshiftValueError
from datalake_sdk.redshift.columns import declared_length, redshift_columns
from datalake_sdk.redshift.staged_values import StagedValues

_STRUCT = iceberg.StructType(
    iceberg.NestedField(20, "at", iceberg.TimestamptzType()),
    iceberg.NestedField(21, "price", iceberg.DecimalType(5, 2)),
    iceberg.NestedField(22, "shares", iceberg.ListType(23, iceberg.DoubleType())),
)
_UTC = datetime.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=datetime.UTC)
_ID = UUID("00000000-0000-0000-0000-00000000000a")


def _schema(*types: iceberg.IcebergType) -> Schema:
    return Schema(*(iceberg.NestedField(position, f"c{position}", type_) for position, type_ in enumerate(types, 1)))


def _staged(type_: iceberg.IcebergType, *values: object) -> list[object]:
    schema = _schema(type_)
    batch = pa.record_batch([pa.array(values, arrow_type(type_))], names=["c1"])
    return StagedValues("t", redshift_columns("t", schema)).convert(batch).column(0).to_pylist()


@pytest.mark.parametrize(
    ("type_", "declared", "staged"),
    [
        (iceberg.BooleanType(), "BOOLEAN", "BOOLEAN"),
        (iceberg.IntegerType(), "INTEGER", "INTEGER"),
        (iceberg.LongType(), "BIGINT", "BIGINT"),
        (iceberg.FloatType(), "REAL", "REAL"),
        (iceberg.DoubleType(), "DOUBLE PRECISION", "DOUBLE PRECISION"),
        (iceberg.DecimalType(38, 37), "DECIMAL(38, 37)", "DECIMAL(38, 37)"),
        (iceberg.DateType(), "DATE", "DATE"),
        (iceberg.TimeType(), "TIME", "VARCHAR(15)"),
        (iceberg.TimestampType(), "TIMESTAMP", "TIMESTAMP"),
        (iceberg.TimestamptzType(), "TIMESTAMPTZ", "TIMESTAMP"),
        (iceberg.StringType(), "VARCHAR(128)", "VARCHAR(128)"),
        (iceberg.UUIDType(), "VARCHAR(36)", "VARCHAR(36)"),
        (iceberg.BinaryType(), "VARBYTE(128)", "VARBYTE(128)"),
        (iceberg.FixedType(4), "VARBYTE(128)", "VARBYTE(128)"),
        (_STRUCT, "SUPER", "VARBYTE(128)"),
        (iceberg.ListType(30, iceberg.LongType()), "SUPER", "VARBYTE(128)"),
        (iceberg.MapType(31, iceberg.StringType(), 32, iceberg.LongType()), "SUPER", "VARBYTE(128)"),
    ],
)
def test_each_iceberg_type_has_a_type_in_redshift(type_, declared, staged):
    (column,) = redshift_columns("t", _schema(type_))
    assert (column.declared(50), column.declared_staged(50)) == (declared, staged)


def test_values_are_staged_in_types_that_copy_loads():
    assert _staged(iceberg.TimeType(), datetime.time(1, 2, 3, 4), None) == ["01:02:03.000004", None]
    assert _staged(iceberg.TimestamptzType(), _UTC, None) == [_UTC.replace(tzinfo=None), None]
    assert _staged(iceberg.UUIDType(), _ID.bytes, None) == [str(_ID), None]
    assert _staged(iceberg.FixedType(2), b"\x00\xff", None) == [b"\x00\xff", None]
    (given, missing) = _staged(_STRUCT, {"at": _UTC, "price": Decimal("1.50"), "shares": [0.5, None]}, None)
    assert json.loads(given) == {"at": "2026-01-02T03:04:05.000006Z", "price": 1.5, "shares": [0.5, None]}
    assert missing is None
    assert _staged(iceberg.MapType(31, iceberg.StringType(), 32, iceberg.BinaryType()), [("a", b"\xff")]) == [
        b'{"a": "/w=="}'
    ]


def test_columns_are_longer_than_their_longest_value_up_to_the_limit():
    assert [declared_length(longest, 65_535) for longest in (0, 1, 50, 64, 40_000)] == [64, 64, 128, 128, 65_535]


@pytest.mark.parametrize(
    ("type_", "value", "words"),
    [
        (
            iceberg.StringType(),
            "é" * 32_768,
            "'c1' has the value 'ééé.*VARCHAR cannot store .65,536 bytes; at most 65,535",
        ),
        (iceberg.ListType(30, iceberg.DoubleType()), [1.0, float("nan")], "'c1' has the value 'nan', which SUPER"),
        (
            iceberg.MapType(31, iceberg.StringType(), 32, _STRUCT),
            [("a", {"at": None, "price": None, "shares": [float("inf")]})],
            "'c1' has the value 'inf', which SUPER",
        ),
        (
            iceberg.BinaryType(),
            b"\xab" * 16_777_217,
            "'c1' has the value 'abab.*VARBYTE cannot store .16,777,217 bytes",
        ),
    ],
)
def test_values_that_redshift_cannot_store_are_errors_with_column_and_value(type_, value, words):
    with pytest.raises(RedshiftValueError, match=words):
        _staged(type_, None, value)


@pytest.mark.parametrize(
    ("type_", "number", "value"),
    [(iceberg.TimestampType(), -300_000_000_000_000_000, "'-7537-"), (iceberg.DateType(), 200_000_000, "'549551-")],
)
def test_times_out_of_range_are_errors(type_, number, value):
    times = pa.array([None, number], pa.int32() if isinstance(type_, iceberg.DateType) else pa.int64())
    batch = pa.record_batch([times.view(arrow_type(type_))], names=["c1"])
    with pytest.raises(RedshiftValueError, match=f"{value}.*4713 BC to 294276 AD"):
        StagedValues("t", redshift_columns("t", _schema(type_))).convert(batch)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (_schema(iceberg.DecimalType(38, 38)), "'c1' has decimal.38, 38.; Redshift supports .*37 fractional digits"),
        (Schema(iceberg.NestedField(1, "é" * 64, iceberg.LongType())), "a name of 128 bytes"),
        (_schema(*[iceberg.LongType()] * 1601), "1601 columns"),
        (_schema(iceberg.TimestampNanoType()), "timestamp_ns"),
    ],
)
def test_tables_that_redshift_cannot_store_are_errors(schema, words):
    with pytest.raises(RedshiftTypeError, match=words):
        redshift_columns("t", schema)
