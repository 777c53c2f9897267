from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum

import numpy as np
import pytest

from datalake_sdk.errors import ReservedParameterError, SqlParameterError, SqlPlaceholderError
from datalake_sdk.sql.parameters import statement_text, task_parameters, with_logical_date


def rendered(statement, **parameters):
    return statement_text(statement, "dev_", parameters)


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("FROM {database_prefix}sales.orders", "FROM dev_sales.orders"),
        ('FROM "{database_prefix}sales".orders', 'FROM "dev_sales".orders'),
        ("x = {country}", "x = 'l''Oise'"),
        ("x = '{country}'", "x = 'l''Oise'"),
        ("x LIKE 'in {country}%'", "x LIKE 'in l''Oise%'"),
        ('SELECT 1 AS "{country}"', 'SELECT 1 AS "l\'Oise"'),
        ('SELECT 1 AS "{quote}"', 'SELECT 1 AS """"'),
        ("d = DATE '{logical_date}'", "d = DATE '2026-02-28'"),
        ("FROM sales.{table:identifier} AS t", 'FROM sales."orders" AS t'),
        ("FROM {database_prefix}{table:identifier}.t", 'FROM "dev_orders".t'),
        ("ORDER BY {table:identifier}", 'ORDER BY "orders"'),
        ("""'{{"a": {{"b": {n}}}}}'""", """'{"a": {"b": 5}}'"""),
        ("PATTERN (a{{2}})", "PATTERN (a{2})"),
        ("'{braces}'", "'{n} {{n}}'"),
        ("SELECT 1 -- {unknown} it's {\n", "SELECT 1 -- {unknown} it's {\n"),
        ("SELECT /* {unknown} '{ */ {n}", "SELECT /* {unknown} '{ */ 5"),
        ("'it''s -- {n}'", "'it''s -- 5'"),
        ("SELECT 'a {country}", "SELECT 'a {country}"),
        ('SELECT "a {quote}', 'SELECT "a {quote}'),
        ("SELECT 1 /* {country}", "SELECT 1 /* {country}"),
    ],
)
def test_a_placeholder_is_replaced_according_to_its_position(statement, text):
    given = {"country": "l'Oise", "quote": '"', "table": "orders", "n": 5, "braces": "{n} {{n}}"}
    assert rendered(statement, logical_date="2026-02-28", **given) == text


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("5", "'5'"),
        (5, "5"),
        (-5, "(-5)"),
        (2**63, "DECIMAL '9223372036854775808'"),
        (True, "TRUE"),
        (None, "NULL"),
        (IntEnum("Level", {"HIGH": 3})["HIGH"], "3"),
        (np.int64(5), "5"),
        (np.True_, "TRUE"),
        (1.5, "1.5E0"),
        (np.float64(1.5), "1.5E0"),
        (1e30, "1e+30"),
        (float("nan"), "CAST('nan' AS DOUBLE)"),
        (Decimal("-1.50"), "DECIMAL '-1.50'"),
        (Decimal("NaN"), "CAST('nan' AS DOUBLE)"),
        (Decimal("-Infinity"), "CAST('-inf' AS DOUBLE)"),
        (date(2026, 2, 28), "DATE '2026-02-28'"),
        (datetime(2026, 2, 28, 9, 30), "TIMESTAMP '2026-02-28 09:30:00.000000'"),
        (datetime(2026, 2, 28, 9, tzinfo=UTC), "TIMESTAMP '2026-02-28 09:00:00.000000 UTC'"),
        (datetime(2026, 2, 28, tzinfo=timezone(timedelta(hours=2))), "TIMESTAMP '2026-02-27 22:00:00.000000 UTC'"),
    ],
)
def test_a_value_is_a_literal_of_its_type(value, literal):
    assert rendered("{v}", v=value) == literal


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("10", "10"),
        ("-1.50", "(-1.50)"),
        ("1e3", "1e3"),
        ("9223372036854775807", "9223372036854775807"),
        ("-12345678901234567890", "DECIMAL '-12345678901234567890'"),
        ("true", "TRUE"),
        ("null", "NULL"),
        ("00501", "'00501'"),
        ("1" * 38, f"DECIMAL '{'1' * 38}'"),
        ("1" * 39, f"'{'1' * 39}'"),
        ("-0." + "1" * 37, f"(-0.{'1' * 37})"),
        ("-0." + "1" * 38, f"'-0.{'1' * 38}'"),
        ("1_000", "'1_000'"),
        ("٣", "'٣'"),
        ("1; DROP TABLE t", "'1; DROP TABLE t'"),
        ("", "''"),
    ],
)
def test_a_task_parameter_that_looks_like_a_number_is_a_number(text, literal):
    parameters = task_parameters("2026-02-28", {"p": text})
    assert statement_text("{p} '{p}'", "", parameters) == f"{literal} '{text}'"


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("x = {contry}", "line 1, column 5: unknown parameter 'contry'; did you mean {country}?"),
        ("SELECT\n  '{contry}'", "line 2, column 4: unknown parameter 'contry'"),
        ("""'{"a": 1}'""", "line 1, column 2: unescaped '{'"),
        ("regexp_like(x, '[0-9]{4,5}')", "unescaped '{'"),
        ("'a}'", "unescaped '}'"),
        ("FROM sales.{country}", "{country} must be separated"),
        ("FROM orders_{country}", "{country} must be separated"),
        ("'a'{country}", "{country} must be separated"),
        ("{country}{country}", "{country} must be separated"),
        ("a{country:identifier}", "{country} must be separated"),
        ("U&'\\0041 {country}'", "line 1, column 10: a placeholder within U&'…'"),
        ("u&{country}", "{country} must be separated"),
        ("{country:name}", "unknown placeholder {country:name}"),
        ("/* a /* b */ {country} */", "nested comment"),
        ("SELECT {{# {country}", "unescaped '{'"),
    ],
)
def test_an_invalid_placeholder_is_rejected_with_its_position(statement, words):
    with pytest.raises(SqlPlaceholderError) as caught:
        rendered(statement, country="fr")
    assert words in caught.value.message


def test_an_unknown_placeholder_lists_the_available_ones():
    with pytest.raises(SqlPlaceholderError) as caught:
        rendered("{x}", country="fr")
    assert caught.value.hint == "Available: {country}, {database_prefix}. Write {{ and }} for literal braces."


@pytest.mark.parametrize("value", ['a"b', "a b", "a.b", "1a", "", "é", None, "a" * 256])
def test_a_name_that_is_not_an_identifier_is_rejected(value):
    with pytest.raises(SqlParameterError, match="SQL parameter 'v' is .*; it must be an identifier"):
        rendered("{v:identifier}", v=value)


@pytest.mark.parametrize(
    ("statement", "value", "words"),
    [("'{v}'", None, "is None"), ("{v}", ["a"], "is of type list"), ("{v}", b"a", "is of type bytes")],
)
def test_a_value_without_a_sql_literal_is_rejected(statement, value, words):
    with pytest.raises(SqlParameterError, match=words):
        rendered(statement, v=value)


@pytest.mark.parametrize("name", ["logical_date", "database_prefix"])
def test_a_parameter_cannot_have_the_name_of_a_built_in_placeholder(name):
    with pytest.raises(ReservedParameterError, match=name):
        with_logical_date("2026-02-28", {name: "x"})


def test_without_parameters_only_the_prefix_is_replaced():
    statement = """SELECT '{"a": {}}', regexp_like(x, '[0-9]{4}') FROM {database_prefix}sales.orders"""
    assert statement_text(statement, "dev_", None) == statement.replace("{database_prefix}", "dev_")
