"""cron, rate and at expressions behave as documented by AWS."""

from __future__ import annotations

import datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from test.emulator.schedule_expressions import InvalidExpressionError, occurrences

START = datetime.datetime(2026, 1, 1, 0, 0, tzinfo=datetime.UTC)  # a Thursday


def first(expression, count=3, zone="UTC", start=START):
    return [f"{moment:%Y-%m-%dT%H:%M}" for moment in islice(occurrences(expression, ZoneInfo(zone), start), count)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 10 * * ? *)", ["2026-01-01T10:00", "2026-01-02T10:00", "2026-01-03T10:00"]),
        ("cron(15 12 ? * MON-FRI *)", ["2026-01-01T12:15", "2026-01-02T12:15", "2026-01-05T12:15"]),
        ("cron(0/15 9-10 ? * THU *)", ["2026-01-01T09:00", "2026-01-01T09:15", "2026-01-01T09:30"]),
        ("cron(0 8 1 * ? *)", ["2026-01-01T08:00", "2026-02-01T08:00", "2026-03-01T08:00"]),
        ("cron(0 0 L * ? *)", ["2026-01-31T00:00", "2026-02-28T00:00", "2026-03-31T00:00"]),
        ("cron(0 0 15W * ? *)", ["2026-01-15T00:00", "2026-02-16T00:00", "2026-03-16T00:00"]),
        ("cron(0 0 1W AUG ? *)", ["2026-08-03T00:00", "2027-08-02T00:00", "2028-08-01T00:00"]),
        ("cron(0 0 LW * ? *)", ["2026-01-30T00:00", "2026-02-27T00:00", "2026-03-31T00:00"]),
        ("cron(0 0 ? * 2#1 *)", ["2026-01-05T00:00", "2026-02-02T00:00", "2026-03-02T00:00"]),
        ("cron(0 0 ? * 6L *)", ["2026-01-30T00:00", "2026-02-27T00:00", "2026-03-27T00:00"]),
        ("cron(0 0 ? * SAT-MON *)", ["2026-01-03T00:00", "2026-01-04T00:00", "2026-01-05T00:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
        ("cron(0 0 1 1 ? 2027-2028)", ["2027-01-01T00:00", "2028-01-01T00:00"]),
        ("cron(0 0 31 2 ? *)", []),
        ("rate(1 hour)", ["2026-01-01T00:00", "2026-01-01T01:00", "2026-01-01T02:00"]),
        ("rate(5 minutes)", ["2026-01-01T00:00", "2026-01-01T00:05", "2026-01-01T00:10"]),
        ("at(2026-05-01T12:30:00)", ["2026-05-01T12:30"]),
        ("at(2025-05-01T12:30:00)", []),
    ],
)
def test_the_occurrences_of_an_expression(expression, expected):
    assert first(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 8 29,30 3 ? 2026)", ["2026-03-29T06:00", "2026-03-30T06:00"]),
        ("at(2026-01-01T12:00:00)", ["2026-01-01T11:00"]),
        ("cron(30 2 29,30 3 ? 2026)", ["2026-03-30T00:30"]),  # 02:30 does not exist on the 29th
        ("cron(30 2 25,26 10 ? 2026)", ["2026-10-25T00:30", "2026-10-26T01:30"]),  # 02:30 occurs twice on the 25th
    ],
)
def test_an_expression_follows_its_time_zone(expression, expected):
    assert first(expression, zone="Europe/Paris") == expected


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 0 * * * *)",
        "cron(0 0 ? * ? *)",
        "cron(0 0 * * ?)",
        "cron(60 0 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 0 32 * ? *)",
        "cron(0 0 ? * MOO *)",
        "cron(0 0 ? * MON#6 *)",
        "cron(0/0 0 * * ? *)",
        "rate(0 hours)",
        "rate(1 second)",
        "rate(1.5 hours)",
        "at(2026-13-01T00:00:00)",
        "at(tomorrow)",
        "every day",
        "cron(0 0 * * ? *",
    ],
)
def test_a_malformed_expression_is_rejected(expression):
    with pytest.raises(InvalidExpressionError, match="Invalid Schedule Expression"):
        occurrences(expression, ZoneInfo("UTC"), START)
