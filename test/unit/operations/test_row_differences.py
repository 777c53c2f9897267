"""Differences between the expected and the written rows of a table."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from datalake_sdk.operations.test_task.differences import row_differences


@pytest.mark.parametrize(
    ("expected", "written"),
    [
        ([{"a": 1}], [{"a": 1.0}]),
        ([{"a": 12.5}], [{"a": Decimal("12.50")}]),
        ([{"a": None}], [{"a": None, "other": 1}]),
        ([{"a": 1, "b": 2}, {"a": 1}], [{"a": 1, "b": None}, {"b": 2, "a": 1}]),
        ([{"a": date(2026, 1, 1)}], [{"a": date(2026, 1, 1)}]),
        ([{"a": datetime(2026, 1, 1)}], [{"a": datetime(2026, 1, 1)}]),
        ([{"a": [1, {"b": True}]}], [{"a": [1.0, {"b": True}]}]),
        ([{"a": 0}], [{"a": -0.0}]),
        (
            [{"a": datetime(2026, 1, 1, 5, tzinfo=timezone(timedelta(hours=2)))}],
            [{"a": datetime(2026, 1, 1, 3, tzinfo=UTC)}],
        ),
        ([{"a": {"b": 1, "c": 2}}], [{"a": {"c": 2, "b": 1}}]),
        ([], []),
    ],
)
def test_equal_rows_have_no_differences(expected, written):
    assert row_differences(expected, written) == []


@pytest.mark.parametrize(
    ("expected", "written", "lines"),
    [
        ([{"a": 1}], [], ["- a=1"]),
        ([], [{"a": 1}], ["+ a=1"]),
        ([{"a": 1}, {"a": 1}], [{"a": 1}], ["- a=1"]),
        ([{"a": 1}], [{"a": "1"}], ["+ a='1'", "- a=1"]),
        ([{"a": 1, "b": 2}, {"a": 2, "b": 2}], [{"a": 2, "b": 3}, {"a": 1, "b": 2}], ["- a=2, b=2", "+ a=2, b=3"]),
        ([{"a": 1}], [{"b": 1}], ["- a=1", "+ a=no such column"]),
        (
            [{"a": Decimal("1." + 36 * "1")}],
            [{"a": Decimal("1." + 35 * "1")}],
            [f"+ a=1.{35 * '1'}", f"- a=1.{36 * '1'}"],
        ),
        ([{"a": True}], [{"a": None}], ["+ a=null", "- a=true"]),
    ],
)
def test_differences_are_lines_of_rows(expected, written, lines):
    assert row_differences(expected, written) == lines
