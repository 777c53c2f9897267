"""Days and times at the ends of the calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from datalake_sdk.calendar import days_before
from datalake_sdk.operations.runs import parse_since

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (1, datetime(2026, 2, 28, 12, tzinfo=UTC)),
        (0.5, datetime(2026, 3, 1, tzinfo=UTC)),
        (10**12, datetime(1, 1, 1, 12, tzinfo=UTC)),
    ],
)
def test_no_time_is_before_the_year_1(days, expected):
    assert days_before(NOW, days) == expected


@pytest.mark.parametrize(
    ("age", "expected"), [("90m", timedelta(minutes=90)), ("12h", timedelta(hours=12)), ("7d", timedelta(days=7))]
)
def test_an_age_is_the_time_since_then(age, expected):
    assert abs(datetime.now(UTC) - parse_since(age) - expected) < timedelta(minutes=1)


def test_the_largest_age_selects_all_runs():
    assert parse_since("999999d").year == 1
