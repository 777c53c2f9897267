"""The range of the keys of a batch as a condition of Spark SQL."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pyiceberg.conversions import to_bytes
from pyiceberg.manifest import DataFile
from pyiceberg.schema import Schema
from pyiceberg.types import (
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
)

from datalake_sdk.spark_engine.key_range import key_range


def file_of(field_type, low, high):
    bounds = [{1: to_bytes(field_type, value)} for value in (low, high)]
    return DataFile.from_args(lower_bounds=bounds[0], upper_bounds=bounds[1])


def range_of(field_type, *files):
    return key_range(Schema(NestedField(1, "key", field_type)), ["key"], files)


@pytest.mark.parametrize(
    ("field_type", "low", "high", "literals"),
    [
        (IntegerType(), -5, 7, ("-5L", "7L")),
        (LongType(), -(2**63), 2**63 - 1, ("-9223372036854775808L", "9223372036854775807L")),
        (DecimalType(9, 2), Decimal("-1.50"), Decimal("20.25"), ("-1.50BD", "20.25BD")),
        (StringType(), "O'Brien", "back\\slash", (r"'O\'Brien'", r"'back\\slash'")),
        (DateType(), -1, 19_000, ("DATE '1969-12-31'", "DATE '2022-01-08'")),
        (TimestampType(), 0, 1, ("TIMESTAMP_NTZ '1970-01-01 00:00:00'", "TIMESTAMP_NTZ '1970-01-01 00:00:00.000001'")),
        (
            TimestamptzType(),
            0,
            1,
            ("TIMESTAMP_LTZ '1970-01-01 00:00:00+00:00'", "TIMESTAMP_LTZ '1970-01-01 00:00:00.000001+00:00'"),
        ),
    ],
)
def test_keys_are_between_the_bounds_of_their_file(field_type, low, high, literals):
    assert range_of(field_type, file_of(field_type, low, high)) == f"`key` BETWEEN {literals[0]} AND {literals[1]}"


def test_the_range_covers_all_files():
    files = [file_of(LongType(), 30, 40), file_of(LongType(), -2, -1), file_of(LongType(), 5, 6)]
    assert range_of(LongType(), *files) == "`key` BETWEEN -2L AND 40L"


def test_keys_are_not_bounded_without_statistics():
    assert range_of(LongType(), file_of(LongType(), 1, 2), DataFile.from_args()) == "TRUE"
    assert range_of(DoubleType(), file_of(DoubleType(), 1.0, 2.0)) == "TRUE"
    assert range_of(LongType()) == "TRUE"
