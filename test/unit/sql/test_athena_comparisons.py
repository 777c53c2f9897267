"""Comparisons: https://trino.io/docs/current/functions/comparison.html."""

from __future__ import annotations

import math

import pytest

from datalake_sdk.errors import QueryFailedError
from datalake_sdk.platforms.local.sql import LocalSql


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("nan() = nan()", False),
        ("nan() <> nan()", True),
        ("nan() > 1", False),
        ("REAL '1' <= CAST(nan() AS real)", False),
        ("1e0 BETWEEN 0e0 AND nan()", False),
        ("nan() IN (nan())", False),
        ("(SELECT count(*) FROM (VALUES 1e0, nan(), 7e0) AS t(x) WHERE x > 5)", 1),
        ("(SELECT max(x) FROM (VALUES 1e0, nan(), 7e0) AS t(x))", 7.0),
        ("(SELECT max(x) FILTER (WHERE x < 5) FROM (VALUES 1e0, nan(), 7e0) AS t(x))", 1.0),
        ("(SELECT max_by(y, x) FROM (VALUES (1e0, 'a'), (nan(), 'b')) AS t(x, y))", "a"),
        ("greatest(1e0, nan())", 1.0),
        ("array_max(ARRAY[1e0, nan()])", 1.0),
        ("ARRAY[1, NULL] = ARRAY[1, NULL]", None),
        ("ARRAY[1, NULL] = ARRAY[2, NULL]", False),
        ("ARRAY[1, NULL] <> ARRAY[1]", True),
        ("ARRAY['null'] = ARRAY['null']", True),
        ("ROW(1, NULL) = ROW(1, NULL)", None),
        ("ROW(1, NULL) = ROW(2, 3)", False),
        ("ROW(1, ARRAY[2]) = ROW(1, ARRAY[2])", True),
        ("(1, NULL) IN ((1, 2), (3, 4))", None),
        ("ARRAY[1, NULL] IN (ARRAY[2, 2])", False),
        ("MAP(ARRAY[1, 2], ARRAY['a', 'b']) = MAP(ARRAY[2, 1], ARRAY['b', 'a'])", True),
        ("MAP(ARRAY[1, 2], ARRAY['a', NULL]) = MAP(ARRAY[2, 1], ARRAY['b', 'a'])", None),
        ("MAP(ARRAY[1, 2], ARRAY['a', NULL]) <> MAP(ARRAY[2, 1], ARRAY[NULL, 'x'])", True),
        ("contains(ARRAY[1, NULL], 2)", None),
        ("contains(ARRAY[1, NULL], 1)", True),
        ("arrays_overlap(ARRAY[1, NULL], ARRAY[2])", None),
        ("arrays_overlap(ARRAY[], ARRAY[NULL])", False),
        ("array_except(ARRAY[1], NULL)", None),
        ("CAST('a' AS char(3)) = CAST('a' AS char(2))", True),
        ("CAST('bar' AS char(5)) = 'bar'", True),
        ("(SELECT CAST(x AS char) FROM (VALUES 'bar') AS t(x))", "b"),
        ("(SELECT count(*) FROM (VALUES 1, 2) AS t(x) GROUP BY x HAVING x = 2)", 1),
        ("CAST('foo' AS char(5)) > CAST('foo' AS char(3))", False),
        ("CAST('a' AS char(3)) IN ('a', 'b')", True),
        ("(SELECT x = 'a' FROM (SELECT CAST('a' AS char(3)) AS x))", True),
    ],
)
def test_comparison_returns_the_value_of_athena(rows, expression, expected):
    assert rows(f"SELECT {expression}") == [(expected,)]


WITH_NAN = "(VALUES (1, 1e0), (2, nan())) AS"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"SELECT a.k, b.k FROM {WITH_NAN} a(k, x) LEFT JOIN {WITH_NAN} b(k, x) ON a.x = b.x", [(1, 1), (2, None)]),
        (f"SELECT a.k, b.k FROM {WITH_NAN} a(k, x) RIGHT JOIN {WITH_NAN} b(k, x) ON a.x = b.x", [(1, 1), (None, 2)]),
        (f"SELECT a.k, b.k FROM {WITH_NAN} a(k, x) LEFT JOIN {WITH_NAN} b(k, x) ON a.x <= b.x", [(1, 1), (2, None)]),
        (f"SELECT a.k, b.k FROM {WITH_NAN} a(k, x) JOIN {WITH_NAN} b(k, x) USING (x)", [(1, 1)]),
        (f"SELECT a.k, b.k FROM {WITH_NAN} a(k, x) LEFT JOIN {WITH_NAN} b(k, x) USING (x)", [(1, 1), (2, None)]),
        (f"SELECT a.k, b.k FROM {WITH_NAN} a(k, x) RIGHT JOIN {WITH_NAN} b(k, x) USING (x)", [(1, 1), (None, 2)]),
        (f"SELECT k FROM {WITH_NAN} a(k, x) WHERE x IN (SELECT x FROM {WITH_NAN} b(k, x))", [(1,)]),
        (f"SELECT k FROM {WITH_NAN} a(k, x) WHERE EXISTS (SELECT 1 FROM {WITH_NAN} b(k, x) WHERE b.x = a.x)", [(1,)]),
        (f"SELECT k, x IN (SELECT nan()) FROM {WITH_NAN} a(k, x)", [(1, False), (2, True)]),
    ],
)
def test_nan_matches_nothing_in_joins_and_subqueries(rows, query, expected):
    assert sorted(rows(query), key=str) == expected


@pytest.mark.parametrize("join", ["JOIN", "LEFT JOIN"])
def test_nan_of_a_table_matches_nothing_in_using(tmp_path, join):
    statement = f"SELECT count(b.k) FROM a.t AS a {join} a.t AS b USING (x)"
    stream = LocalSql(tmp_path).query(statement, lambda _: "SELECT 1 AS k, CAST('nan' AS DOUBLE) AS x")
    assert stream.read_all().to_pylist() == [{"_col0": 0}]


def test_maximum_is_nan_only_if_all_values_are_nan(rows):
    ((value,),) = rows("SELECT max(nan())")
    assert math.isnan(value)


def test_comparison_of_deeply_nested_nulls_fails(rows):
    with pytest.raises(QueryFailedError, match="nulls nested two levels deep"):
        rows("SELECT ARRAY[ARRAY[1, NULL]] = ARRAY[ARRAY[1, 2]]")


def test_join_condition_on_rows_can_be_hashed(rows):
    many = "(SELECT x, x AS y FROM UNNEST(sequence(1, 9999)) AS t(x))"
    assert rows(f"SELECT count(*) FROM {many} AS a JOIN {many} AS b ON (a.x, a.y) = (b.x, b.y)") == [(9999,)]


def test_join_condition_can_be_hashed(rows):
    many = "(SELECT x FROM UNNEST(sequence(1, 9999)) AS u(x))"
    assert rows(f"SELECT count(*) FROM {many} AS a LEFT JOIN {many} AS b ON a.x = b.x") == [(9999,)]
