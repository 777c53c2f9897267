"""Queries whose translation combines several clauses, unsupported queries and limits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from datalake_sdk.errors import InvalidQueryError, QueryFailedError, SqlUnsupportedError

SALES = "(VALUES ('a', 1, 1.0), ('a', 2, 2.5), ('b', 3, 0.5)) AS t(k, n, price)"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("CAST(avg(price) / 2 / 3 AS varchar)", "0.2"),
        ("CAST(avg(price / n) / avg(price) AS varchar(9))", "0.6"),
        ("CAST(avg(n) / sum(n) / 2 AS varchar)", "1.6666666666666666E-1"),
        ("avg(price / n / 2) / 3", Decimal("0.1")),
    ],
)
def test_quotients_and_averages_can_be_nested(rows, expression, expected):
    assert rows(f"SELECT {expression} FROM {SALES}") == [(expected,)]
    assert rows(f"SELECT k FROM {SALES} GROUP BY k HAVING {expression} IS NULL") == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"SELECT n / 2, count(*) FROM {SALES} GROUP BY n / 2 ORDER BY n / 2", [(0, 1), (1, 2)]),
        (f"SELECT k FROM {SALES} GROUP BY k HAVING avg(price) > 1 ORDER BY sum(n) / count(*) DESC", [("a",)]),
        (
            f"SELECT k, sum(n) * 100.0 / sum(sum(n)) OVER () FROM {SALES} GROUP BY k ORDER BY k",
            [("a", Decimal("50.0")), ("b", Decimal("50.0"))],
        ),
        (f"SELECT avg(avg(price)) OVER () FROM {SALES} GROUP BY k", [(Decimal("1.2"),)] * 2),
        ("SELECT avg(x) / 2, 1 / avg(x) FROM (VALUES 1, 2) AS t(x)", [(0.75, 2 / 3)]),
        ("SELECT x FROM (VALUES 1, 2) AS t(x) WHERE (x, 'a') IN (VALUES (2, 'a'), (1, 'b'))", [(2,)]),
        ("SELECT transform(ARRAY[1.0, 2.5], x -> x / 2)", [([Decimal("0.5"), Decimal("1.3")],)]),
        ("SELECT upper(x) AS x, count(*) FROM (VALUES 'a', 'A') AS t(x) GROUP BY x", [("A", 1), ("A", 1)]),
        ("SELECT x FROM (VALUES 3, NULL, 1) AS t(x) ORDER BY x", [(1,), (3,), (None,)]),
        ("SELECT x FROM (VALUES 3, NULL, 1) AS t(x) ORDER BY x DESC", [(3,), (1,), (None,)]),
        ("SELECT x FROM (VALUES 1, 2, 3) AS t(x) ORDER BY x OFFSET 1 LIMIT 1", [(2,)]),
        ("SELECT x FROM (VALUES 1, 2) AS t(x) ORDER BY x DESC FETCH FIRST 1 ROWS ONLY", [(2,)]),
        (
            f"SELECT k, sum(n), grouping(k) FROM {SALES} GROUP BY ROLLUP (k) ORDER BY k",
            [("a", 3, 0), ("b", 3, 0), (None, 6, 1)],
        ),
        ("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT sum(n) FROM t", [(6,)]),
        ("(SELECT 1) UNION ALL (SELECT 2)", [(1,), (2,)]),
    ],
)
def test_query_returns_the_rows_of_athena(rows, query, expected):
    assert rows(query) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "format('%tA', DATE '2020-01-01')",
        "format(concat('%', 's'), 1)",
        "format_datetime(now(), 'ZZZ')",
        "json_exists('{}', 'lax $.a ? (@ > 1)')",
        "json_value('{}', 'lax $.a.size()')",
        "json_value('{}', 'lax $.a' DEFAULT 'x' ON EMPTY)",
        "json_query('{}', 'lax $..a')",
        "json_query('{}', 'lax $.a' OMIT QUOTES)",
        "CAST('a' AS char(3)) IN (SELECT 'a')",
        "current_user",
        "list_sort(ARRAY[1])",
        "sdk_divide(1, 2, 3)",
        "date_format(now(), '%D')",
        "date_format(now(), s)",
        "reduce(ARRAY[1], 0, (s, x) -> s + x, 2)",
        "zip_with(ARRAY[1], ARRAY[2], x -> x)",
        "word_stem('running')",
        "array_sort(ARRAY[1, 2], x -> 1)",
        "row_number() IGNORE NULLS OVER ()",
        "json_extract('{}', '$.a[*]')",
    ],
)
def test_expression_without_exact_counterpart_is_unsupported(rows, expression):
    with pytest.raises(SqlUnsupportedError):
        rows(f"SELECT {expression}")


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("1 / 0", "Division by zero"),
        ("1 % 0", "Division by zero"),
        ("CAST('x' AS integer)", "Cannot cast 'x' to an integer"),
        ("CAST(CAST(3000000000 AS bigint) AS integer)", "Out of range for integer"),
        ("DATE '2020-01-02' - DATE '2020-01-01'", "use date_diff"),
        ("date_add('hour', 1, DATE '2020-01-01')", "a date has no hour"),
        ("date_add('fortnight', 1, DATE '2020-01-01')", "fortnight is not a unit of time"),
        ("regexp_replace('a', 'a', '${name}')", "not \\$\\{name\\}"),
        ("split_to_map('a:1;a:2', ';', ':')", "Duplicate keys \\(a\\) are not allowed"),
        ("typeof('a')", "typeof\\(\\) of strings"),
        ("format('%d', 'x')", "%d takes an integer"),
        ("trim_array(ARRAY[1], 2)", "size must not exceed array cardinality 1: 2"),
        ("truncate(1.55e0, 1)", "takes a decimal"),
        ("length(5)", "takes a varchar or a varbinary"),
        ("array_sort(ARRAY[1, 2], (x, y) -> 5)", "must return either -1, 0, or 1"),
        ("(SELECT approx_percentile(x, w, 0.5) FROM (VALUES (1, 0)) AS t(x, w))", "weight must be > 0"),
        ("(SELECT approx_percentile(x, 1, 1.5) FROM (VALUES 1) AS t(x))", "Percentile must be between 0 and 1"),
        ("combinations(ARRAY[1], 6)", "combination size must not exceed 5: 6"),
        ("bit_count(128, 8)", "128 cannot be represented with 8 bits"),
        ("luhn_check('x')", "Input contains non-digit character"),
        ("from_base('9', 2)", "Not a valid base-2 number: 9"),
        ("url_decode('%zz')", "Illegal hex characters"),
    ],
)
def test_expression_fails_as_in_athena(rows, expression, reason):
    with pytest.raises(QueryFailedError, match=reason):
        rows(f"SELECT {expression}")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("try(sum(n) / 0)", None),
        ("try(sum(n) / count(*))", 2),
        ("try(avg(price / n) / 0)", None),
        ("try(max(n) FILTER (WHERE n < 3) / (min(n) - 1))", None),
        ("coalesce(try(sum(n) / (count(*) - 3)), -1)", -1),
    ],
)
def test_try_accepts_aggregates(rows, expression, expected):
    assert rows(f"SELECT {expression} FROM {SALES}") == [(expected,)]


@pytest.mark.parametrize(
    "literal", ["9223372036854775808", "-9223372036854775809", "99999999999999999999999999999999999999"]
)
def test_integer_literal_beyond_bigint_is_invalid(rows, literal):
    with pytest.raises(InvalidQueryError, match=f"Invalid numeric literal: {literal.lstrip('-')}") as caught:
        rows(f"SELECT {literal}")
    assert "DECIMAL '" in caught.value.hint


@pytest.mark.parametrize(
    "sql", ["SELECT {}", "SELECT 1 LIMIT {}", "SELECT -{}", "SELECT n FROM (VALUES 1) AS t(n) WHERE n = {}"]
)
def test_integer_literal_with_thousands_of_digits_is_invalid(rows, sql):
    with pytest.raises(InvalidQueryError, match="Invalid numeric literal: 9{40}…"):
        rows(sql.format("9" * 5_000))


@pytest.mark.parametrize("call", ["json_value(x, '$.a')", "json_query(x, '$.a')", "json_exists(x, '$.a')"])
def test_json_path_without_mode_is_invalid(rows, call):
    with pytest.raises(InvalidQueryError, match="no mode"):
        rows(f"SELECT {call} FROM (VALUES '{{}}') AS t(x)")


@pytest.mark.parametrize("expression", ["luhn_check('x')", "trim_array(ARRAY[1], 2)"])
def test_try_returns_null_for_an_invalid_argument(rows, expression):
    assert rows(f"SELECT try({expression})") == [(None,)]


@pytest.mark.parametrize(
    "sequence",
    [
        "sequence(1, 10001)",
        "sequence(10001, 1)",
        "sequence(1, 200000000)",
        "sequence(1, 200000000, 3)",
        "sequence(DATE '2000-01-01', DATE '2100-01-01')",
        "sequence(TIMESTAMP '2024-01-01 00:00:00', TIMESTAMP '2025-01-01 00:00:00', INTERVAL '1' MINUTE)",
    ],
)
def test_a_sequence_has_at_most_10000_entries(rows, sequence):
    with pytest.raises(QueryFailedError, match="must not have more than 10000 entries"):
        rows(f"SELECT {sequence}")


@pytest.mark.parametrize(
    ("sequence", "count"),
    [
        ("sequence(1, 10000)", 10_000),
        ("sequence(-1, -10000)", 10_000),
        ("sequence(-2000000000, 2000000000, 500000)", 8_001),
        ("sequence(DATE '2024-01-05', DATE '2024-01-01', INTERVAL '-2' DAY)", 3),
        ("sequence(1, CAST(NULL AS integer))", None),
        ("sequence(1, CAST(NULL AS integer), 2)", None),
    ],
)
def test_a_shorter_sequence_is_complete(rows, sequence, count):
    assert rows(f"SELECT cardinality({sequence})") == [(count,)]
