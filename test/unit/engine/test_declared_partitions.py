from __future__ import annotations

import datetime
import decimal
import uuid

import pyarrow as pa
import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import (
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

from datalake_sdk.engine.declared_partitions import declared_partitions
from datalake_sdk.engine.partitions import Partitioner, PartitionKey, partition_spec
from datalake_sdk.engine.schema import write_schema
from datalake_sdk.errors import PartitionSelectionError, UndeclaredPartitionsError, UnknownPartitionKeyError
from datalake_sdk.settings import PartitionInterval

NOON = datetime.datetime(2026, 2, 1, 12)
COLUMNS = {
    "flag": (BooleanType(), True),
    "n": (LongType(), 12),
    "f": (FloatType(), 0.1),
    "d": (DoubleType(), 0.1),
    "price": (DecimalType(9, 2), decimal.Decimal("1.50")),
    "name": (StringType(), "abcd"),
    "day": (DateType(), NOON.date()),
    "ts": (TimestampType(), NOON),
    "tz": (TimestamptzType(), NOON.replace(tzinfo=datetime.UTC)),
    "at": (TimeType(), NOON.time()),
    "uid": (UUIDType(), uuid.UUID(int=7)),
}
SCHEMA = Schema(*(NestedField(number, name, kind) for number, (name, (kind, _)) in enumerate(COLUMNS.items(), 1)))


def declared(key, values):
    spec = partition_spec("t", [PartitionKey.parse(key)], SCHEMA)
    return declared_partitions("t", {key: values}, spec, SCHEMA)


def record(key):
    """The partition of the row in COLUMNS."""
    spec = partition_spec("t", [PartitionKey.parse(key)], SCHEMA)
    row = pa.Table.from_pylist([{name: value for name, (_, value) in COLUMNS.items()}], write_schema(SCHEMA))
    _, (found,) = Partitioner(spec, SCHEMA).record_codes(row)
    return found


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("flag", "true"),
        ("n", "12"),
        ("f", "0.1"),
        ("d", 0.1),
        ("price", "1.5"),
        ("name", "abcd"),
        ("day", "2026-02-01"),
        ("ts", "2026-02-01T12:00"),
        ("tz", "2026-02-01T13:00+01:00"),
        ("at", "12:00"),
        ("uid", str(uuid.UUID(int=7))),
        ("year(day)", "2026"),
        ("month(ts)", "2026-02"),
        ("day(tz)", datetime.date(2026, 2, 1)),
        ("hour(ts)", "2026-02-01T12:00"),
        ("truncate(2, name)", "ab"),
        ("truncate(10, n)", 10),
        ("truncate(100, price)", "1"),
    ],
)
def test_a_value_selects_the_partition_of_its_rows(key, value):
    assert record(key) in declared(key, (value,))
    assert record(key) not in declared(key, (None,))


def test_a_bucket_is_selected_by_its_number():
    selected = {number for number in range(4) if record("bucket(4, n)") in declared("bucket(4, n)", (number,))}
    assert len(selected) == 1


@pytest.mark.parametrize(
    ("start", "end", "is_inside"),
    [("2026-02-01", "2026-02-02", True), ("2026-01-01", "2026-02-01", False), ("2026-02-02", "2026-03-01", False)],
)
def test_an_interval_includes_its_start_and_not_its_end(start, end, is_inside):
    assert (record("day(ts)") in declared("day(ts)", PartitionInterval(start, end))) == is_inside


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("month(ts)", "2026-02-03", "'2026-02-03'; it must be the start of a month, such as 2026-01"),
        ("day(ts)", "yesterday", "'yesterday'; it must be the start of a day"),
        ("n", "twelve", "'twelve'; it must be a long value"),
        ("n", True, "True; it must be a long value"),
        ("d", "nan", "'nan'; it must be a double value"),
        ("truncate(2, name)", "abc", "'abc'; it must be a string value as truncated by truncate(2, name)"),
        ("bucket(4, n)", 4, "4; it must be a number from 0 to 3"),
        ("month(ts)", 2026, "2026; it must be the start of a month, such as 2026-01"),
        ("day(ts)", "2026-02", "'2026-02'; it must be the start of a day, such as 2026-01-31"),
        ("hour(ts)", "2026-02-01", "'2026-02-01'; it must be the start of an hour"),
        ("day", "2026-02", "'2026-02'; it must be a date value"),
        ("price", "1.505", "'1.505'; it must be a decimal(9, 2) value"),
        ("price", "Infinity", "'Infinity'; it must be a decimal(9, 2) value"),
        ("n", 2**63, f"{2**63}; it must be a long value"),
    ],
)
def test_a_value_that_no_partition_has_is_rejected(key, value, message):
    with pytest.raises(PartitionSelectionError) as error:
        declared(key, (value,))
    assert message in str(error.value)


def test_an_interval_needs_an_order_and_a_start_before_its_end():
    with pytest.raises(PartitionSelectionError, match="no order"):
        declared("bucket(4, n)", PartitionInterval(0, 2))
    with pytest.raises(PartitionSelectionError, match="start is before its end"):
        declared("day(ts)", PartitionInterval("2026-02-02", "2026-02-02"))


def test_the_bounds_of_an_interval_may_be_shorter_than_the_unit_of_the_key():
    february = PartitionInterval("2026-02", "2026-03")
    assert all(record(key) in declared(key, february) for key in ("day(ts)", "hour(ts)", "day"))


def test_two_spellings_of_a_partition_key_are_rejected():
    spec = partition_spec("t", [PartitionKey.parse("truncate(2, name)")], SCHEMA)
    with pytest.raises(PartitionSelectionError, match="the only entry for this partition key"):
        declared_partitions("t", {"truncate(2, name)": ("ab",), "truncate(2,Name)": ("cd",)}, spec, SCHEMA)


def test_an_unknown_key_and_an_undeclared_partition_are_named():
    spec = partition_spec("t", [PartitionKey.parse("month(ts)")], SCHEMA)
    with pytest.raises(UnknownPartitionKeyError, match=r"'day\(ts\)'; the partition keys are 'month\(ts\)'"):
        declared_partitions("t", {"day(ts)": ("2026-01-01",)}, spec, SCHEMA)
    with pytest.raises(
        UndeclaredPartitionsError, match="1 partition outside of those in partitions: 'ts_month=2026-02'"
    ):
        declared("month(ts)", ("2026-01",)).check([record("month(ts)")])
