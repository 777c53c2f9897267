"""Clauses of SELECT: https://trino.io/docs/current/sql/select.html."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import InvalidQueryError, QueryFailedError, SqlUnsupportedError

NUMBERS = "FROM (VALUES 1, 2, 2, 3) AS t(x)"
COUNTING = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM (VALUES ('a', 1)) AS t(v, k) JOIN (VALUES (1, 'b')) AS u(k, w) USING (k)", [(1, "a", "b")]),
        (
            "SELECT * FROM (VALUES ('a', 1)) AS t(v, k) FULL JOIN (VALUES (2, 'b')) AS u(k, w) USING (k) ORDER BY k",
            [(1, "a", None), (2, None, "b")],
        ),
        (
            "SELECT * FROM (VALUES (1, 'a')) AS t(k, v) JOIN (VALUES (1, 'b')) AS u(k, w) USING (k)"
            " JOIN (VALUES ('b', 3)) AS s(w, z) USING (w)",
            [("b", 1, "a", 3)],
        ),
        (
            "SELECT avg(x) OVER (PARTITION BY bitwise_and(x, 2)), max(x) FILTER (WHERE bitwise_and(x, 1) = 1) OVER ()"
            " FROM (VALUES 1, 2, 3) AS t(x) ORDER BY x",
            [(1.0, 3), (2.5, 3), (2.5, 3)],
        ),
        (f"SELECT -x AS x {NUMBERS} ORDER BY x + 0", [(-3,), (-2,), (-2,), (-1,)]),
        (f"SELECT x, -sum(x) AS y {NUMBERS} GROUP BY x ORDER BY abs(y), x", [(1, -1), (3, -3), (2, -4)]),
        (f"SELECT x {NUMBERS} ORDER BY x FETCH FIRST 2 ROWS WITH TIES", [(1,), (2,), (2,)]),
        (f"SELECT x + 1 AS y {NUMBERS} ORDER BY 1 FETCH FIRST ROW WITH TIES", [(2,)]),
        (f"SELECT -x AS x {NUMBERS} ORDER BY x FETCH FIRST 2 ROWS WITH TIES", [(-3,), (-2,), (-2,)]),
        ("SELECT DISTINCT x + Y AS z FROM (VALUES (1, 2)) AS t(x, y) ORDER BY x + t.y", [(3,)]),
        (
            "SELECT x FROM (VALUES 1) AS t(x) WHERE EXISTS"
            " (SELECT count(*) FROM (VALUES 1, 2) AS u(y) GROUP BY y HAVING y = t.x)",
            [(1,)],
        ),
        (
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT * FROM (WITH t(n) AS (SELECT 5) SELECT n + 1 FROM t))"
            " SELECT count(*) > 1 FROM t",
            [(True,)],
        ),
        (f"{COUNTING} WHERE n < 11) SELECT sum(n) FROM t", [(66,)]),
        (
            "WITH RECURSIVE t(n) AS (SELECT * FROM (VALUES 1, 1) UNION SELECT n + 2 FROM t AS s WHERE n < 4)"
            " SELECT n FROM t ORDER BY n",
            [(1,), (3,), (5,)],
        ),
    ],
)
def test_clause_returns_the_rows_of_athena(rows, query, expected):
    assert rows(query) == expected


@pytest.mark.parametrize("condition", ["", "WHERE n < 12"])
def test_recursion_fails_beyond_the_depth_limit(rows, condition):
    with pytest.raises(QueryFailedError, match="Recursion depth limit exceeded \\(10\\)"):
        rows(f"{COUNTING} {condition}) SELECT sum(n) FROM t")


@pytest.mark.parametrize("clause", ["LIMIT 2.5", "LIMIT '2'", "OFFSET 1.5", "FETCH FIRST 1e0 ROWS ONLY"])
def test_limit_and_offset_must_be_integer_literals(rows, clause):
    with pytest.raises(InvalidQueryError, match="mismatched input .* Expecting: <integer>"):
        rows(f"SELECT 1 {clause}")


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT DISTINCT x {NUMBERS} ORDER BY x + 1",
        f"SELECT x {NUMBERS} FETCH FIRST ROW WITH TIES",
        f"SELECT x {NUMBERS} ORDER BY 2 FETCH FIRST ROW WITH TIES",
        f"SELECT x {NUMBERS} ORDER BY 0 FETCH FIRST ROW WITH TIES",
    ],
)
def test_clause_that_athena_rejects_is_invalid(rows, query):
    with pytest.raises(InvalidQueryError):
        rows(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT 1 AS x UNION SELECT 2 ORDER BY x FETCH FIRST ROW WITH TIES",
        f"SELECT * {NUMBERS} ORDER BY 1 FETCH FIRST ROW WITH TIES",
    ],
)
def test_with_ties_of_a_union_or_of_a_position_in_a_star_is_unsupported(rows, query):
    with pytest.raises(SqlUnsupportedError, match="WITH TIES"):
        rows(query)
