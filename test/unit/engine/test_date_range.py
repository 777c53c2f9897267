"""Unsupported dates are an error at every level of nesting."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from datalake_sdk.engine.date_range import check_dates
from datalake_sdk.errors import DateOutOfRangeError

LAST = datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)
FIRST = datetime.datetime(1, 1, 1)
FAR = 253_402_300_800_000_000
"""Microseconds of the first day of the year 10000."""


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_the_first_and_the_last_time_are_valid(zone):
    check_dates("t", "c", pa.array([FIRST, LAST, None]).cast(pa.timestamp("us", zone)))
    check_dates("t", "c", pa.array([FIRST.date(), LAST.date(), None]))
    check_dates("t", "c", pa.array([None], pa.timestamp("us", zone)))


@pytest.mark.parametrize(
    ("column", "when"),
    [
        (pa.array([0, FAR], pa.timestamp("us")), "after the year 9999"),
        (pa.array([0, FAR], pa.timestamp("us", "UTC")), "after the year 9999"),
        (pa.array([2**63 - 1], pa.timestamp("us")), "after the year 9999"),
        (pa.array([-719_163], pa.int32()).cast(pa.date32()), "before the year 1"),
        (pa.array([2**31 - 1], pa.int32()).cast(pa.date32()), "after the year 9999"),
        (pa.array([[0, FAR]], pa.list_(pa.timestamp("us"))), "after the year 9999"),
        (pa.array([{"at": FAR}], pa.struct([("at", pa.timestamp("us"))])), "after the year 9999"),
        (pa.array([[("k", FAR)]], pa.map_(pa.string(), pa.timestamp("us"))), "after the year 9999"),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else str(value),
)
def test_a_time_outside_the_years_1_to_9999_is_an_error(column, when):
    with pytest.raises(DateOutOfRangeError, match=f"t: column 'c' has a date or time {when};"):
        check_dates("t", "c", column)


def test_a_value_of_a_null_is_not_checked():
    lists = pa.ListArray.from_arrays([0, 1, 2], pa.array([0, FAR], pa.timestamp("us")), mask=pa.array([False, True]))
    check_dates("t", "c", lists)
