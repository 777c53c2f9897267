"""The logical dates of a backfill."""

from __future__ import annotations

import pytest

from datalake_sdk.operations.backfill.dates import logical_dates


@pytest.mark.parametrize(
    ("first", "last", "every", "expected"),
    [
        ("2024-02-28", "2024-03-01", "day", ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ("2026-01-31", "2026-01-31", "day", ["2026-01-31"]),
        ("2026-12-31T23", "2027-01-01T00", "hour", ["2026-12-31T23:00Z", "2027-01-01T00:00Z"]),
        ("2025-12", "2026-02", "month", ["2025-12-01", "2026-01-01", "2026-02-01"]),
        ("9999-12-31", "9999-12-31", "day", ["9999-12-31"]),
    ],
)
def test_the_first_and_the_last_date_are_included(first, last, every, expected):
    assert logical_dates(first, last, every) == expected
