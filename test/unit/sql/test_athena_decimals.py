"""Decimals are exact: https://trino.io/docs/current/functions/decimal.html."""

from __future__ import annotations

from decimal import Decimal

import pytest

from datalake_sdk.errors import QueryFailedError


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("123456789012345678.12 / 3", "41152263004115226.04"),
        ("CAST('12345678901234567890.12' AS decimal(22,2)) / 2", "6172839450617283945.06"),
        ("DECIMAL '500000000000000000000000000000000075' / DECIMAL '-50'", "-10000000000000000000000000000000002"),
        ("DECIMAL '10' / DECIMAL '.000000001'", "10000000000.000000000"),
        ("DECIMAL '-7' / DECIMAL '123456789012345678'", "0"),
        ("(SELECT avg(x) FROM (VALUES 10000000000000001.1, 10000000000000001.3) AS t(x))", "10000000000000001.2"),
        ("(SELECT avg(x) FROM (VALUES -0.1, -0.2) AS t(x))", "-0.2"),
        ("(SELECT sum(x) / count(x) FROM (VALUES 0.1, 0.2) AS t(x))", "0.2"),
    ],
)
def test_division_and_average_of_decimals_are_exact(rows, expression, expected):
    assert rows(f"SELECT {expression}") == [(Decimal(expected),)]


@pytest.mark.parametrize("quotient", ["x / y", "x / 0", "1.0 / 0.0", "x / y / 2", "12345678901234567890.1 / y"])
def test_decimal_division_by_zero_fails(rows, quotient):
    with pytest.raises(QueryFailedError, match="DIVISION_BY_ZERO"):
        rows(f"SELECT {quotient} FROM (VALUES (1.5, 0.0)) AS t(x, y)")


def test_having_can_compare_quotients(rows):
    query = "SELECT k FROM (VALUES (1, 3.50, 2), (2, 1.00, 2)) AS t(k, x, y) GROUP BY k HAVING sum(x) / sum(y) > 1"
    assert rows(query) == [(1,)]


def test_average_of_no_rows_is_null(rows):
    assert rows("SELECT avg(x) FROM (VALUES 1.0) AS t(x) WHERE x > 2") == [(None,)]


@pytest.mark.parametrize(
    "expression",
    [
        "DECIMAL '200000000000000000000000000000000000' / DECIMAL '0.30'",
        "DECIMAL '99999999999999999999999999999999999997' % DECIMAL '3.0000000000000000'",
    ],
)
def test_intermediate_result_beyond_38_digits_fails(rows, expression):
    with pytest.raises(QueryFailedError):
        rows(f"SELECT {expression}")
