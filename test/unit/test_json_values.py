from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from pyiceberg import types as iceberg

from datalake_sdk.engine.schema import arrow_type
from datalake_sdk.json_values import InvalidValueError, conversion

TAGS = iceberg.ListType(1, iceberg.StringType(), element_required=True)
ADDRESS = iceberg.StructType(
    iceberg.NestedField(1, "city", iceberg.StringType(), required=True),
    iceberg.NestedField(2, "zip", iceberg.IntegerType(), required=False),
)
SIZES = iceberg.MapType(1, iceberg.StringType(), 2, iceberg.IntegerType(), value_required=False)
UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"

VALID = [
    (iceberg.BooleanType(), True, True),
    (iceberg.IntegerType(), -(2**31), -(2**31)),
    (iceberg.LongType(), 2**63 - 1, 2**63 - 1),
    (iceberg.FloatType(), Decimal("0.5"), 0.5),
    (iceberg.DoubleType(), 3, 3.0),
    (iceberg.DecimalType(10, 2), Decimal("1.10"), Decimal("1.10")),
    (iceberg.DecimalType(10, 2), Decimal("1.5E+3"), Decimal("1500.00")),
    (iceberg.DecimalType(10, 2), "12345678.9", Decimal("12345678.90")),
    (iceberg.DecimalType(38, 9), Decimal("9" * 29), Decimal("9" * 29)),
    (iceberg.DecimalType(38, 0), Decimal("1E+37"), Decimal(10**37)),
    (iceberg.DecimalType(4, 2), Decimal("0E+999999"), Decimal("0.00")),
    (iceberg.StringType(), "Nîmes", "Nîmes"),
    (iceberg.DateType(), "2026-01-31", date(2026, 1, 31)),
    (iceberg.TimeType(), "09:30:00.25", time(9, 30, 0, 250_000)),
    (iceberg.TimestampType(), "2026-01-31T09:30:00", datetime(2026, 1, 31, 9, 30)),
    (iceberg.TimestampType(), "0001-01-01T00:00:00", datetime(1, 1, 1)),
    (iceberg.TimestamptzType(), "2026-01-31T11:30:00+02:00", datetime(2026, 1, 31, 9, 30, tzinfo=UTC)),
    (iceberg.UUIDType(), UUID, uuid.UUID(UUID)),
    (iceberg.BinaryType(), "AQI=", b"\x01\x02"),
    (iceberg.FixedType(2), "AQI=", b"\x01\x02"),
    (TAGS, ["a", "b"], ["a", "b"]),
    (ADDRESS, {"city": "Lyon"}, {"city": "Lyon", "zip": None}),
    (SIZES, {"s": 1, "m": None}, [("s", 1), ("m", None)]),
]
INVALID = [
    (iceberg.BooleanType(), 1, "is 1; it must be true or false"),
    (iceberg.IntegerType(), 2**31, "is 2147483648; it must be a whole number of 32 bits"),
    (iceberg.LongType(), True, "is True; it must be a whole number of 64 bits"),
    (iceberg.LongType(), Decimal("1.0"), "is 1.0; it must be a whole number of 64 bits"),
    (iceberg.FloatType(), Decimal("1e39"), "it must be a number of 32 bits"),
    (iceberg.DoubleType(), "1", "is '1'; it must be a number"),
    (iceberg.DoubleType(), 10**400, "it must be a number"),
    (iceberg.DecimalType(4, 2), Decimal("1.234"), "it must be a number with at most 4 digits, 2 of them fractional"),
    (iceberg.DecimalType(4, 2), 100, "it must be a number with at most 4 digits"),
    (iceberg.DecimalType(4, 2), "NaN", "it must be a number with at most 4 digits"),
    (iceberg.DecimalType(4, 2), "1_0", "is '1_0'; it must be a number with at most 4 digits"),
    (iceberg.DecimalType(38, 28), Decimal("0." + "1" * 37), "it must be a number with at most 38 digits"),
    (iceberg.DecimalType(4, 2), Decimal("1E+1000000"), "it must be a number with at most 4 digits"),
    (iceberg.DecimalType(4, 2), Decimal("1E-10000000"), "it must be a number with at most 4 digits"),
    (iceberg.StringType(), 1, "is 1; it must be a string"),
    (iceberg.StringType(), "\ud800", "it must be a string without unpaired surrogates"),
    (iceberg.DateType(), "2026-02-30", "is '2026-02-30'; it must be a date such as '2026-01-31'"),
    (iceberg.DateType(), "20260131", "it must be a date"),
    (iceberg.TimeType(), "9:30", "it must be a time such as '09:30:00'"),
    (iceberg.TimestampType(), "2026-01-31T09:30:00Z", "it must be a time without zone"),
    (iceberg.TimestamptzType(), "2026-01-31T09:30:00", "it must be a time with its zone"),
    (iceberg.TimestamptzType(), "0001-01-01T00:00:00+14:00", "it must be a time with its zone"),
    (iceberg.TimestamptzType(), "2026-01-31T09:30:00.1234567Z", "at most 6 digits after the seconds"),
    (iceberg.UUIDType(), "f47ac10b", "it must be a UUID"),
    (iceberg.BinaryType(), "AQ", "it must be a string in Base64"),
    (iceberg.FixedType(3), "AQI=", "it must be 3 bytes in Base64"),
    (TAGS, "a", "it must be an array"),
    (TAGS, ["a", None], "is null; it must have a value"),
    (ADDRESS, {"city": "Lyon", "zip": "x"}, "is 'x'; it must be a whole number of 32 bits"),
    (ADDRESS, {"town": "Lyon"}, "is unknown; the fields are city, zip"),
    (SIZES, {"s": "x"}, "is 'x'; it must be a whole number of 32 bits"),
]


@pytest.mark.parametrize(("data_type", "given", "stored"), VALID)
def test_a_valid_value_of_json_is_stored_exactly(data_type, given, stored):
    column = pa.array([conversion(data_type)(given), None], type=arrow_type(data_type))
    assert column.to_pylist() == [stored, None]


@pytest.mark.parametrize(("data_type", "given", "problem"), INVALID)
def test_an_invalid_value_is_an_error_with_the_rule(data_type, given, problem):
    with pytest.raises(InvalidValueError) as raised:
        conversion(data_type)(given)
    assert problem in raised.value.problem


def test_an_invalid_nested_value_is_named():
    with pytest.raises(InvalidValueError) as raised:
        conversion(iceberg.ListType(1, ADDRESS, element_required=False))([{"city": "Lyon"}, {"city": 1}])
    assert raised.value.path == "[1].city"


def test_times_of_all_zones_are_stored_in_utc():
    stored = conversion(iceberg.TimestamptzType())("2026-01-31T00:00:00-05:30")
    assert stored.utcoffset() == timedelta(hours=-5, minutes=-30)
