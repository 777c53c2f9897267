"""Rows and results of tests of migrations."""

from __future__ import annotations

from datalake_sdk.operations.migration.run import MigratedTable

ORDERS = [{"id": number, "country": "fr" if number % 2 else "de", "name": f"n{number}"} for number in range(10)]


def good(outcomes: list[MigratedTable]) -> list[MigratedTable]:
    assert [outcome.error for outcome in outcomes] == [""] * len(outcomes)
    return outcomes
