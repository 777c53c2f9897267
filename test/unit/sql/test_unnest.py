"""UNNEST of arrays, maps and rows."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import UnnestColumnsError, UnnestConditionError

ITEMS = "CAST(ARRAY[ROW('x', 2), ROW('y', 3)] AS array(row(sku varchar, qty integer)))"
NESTED = "(VALUES (MAP(ARRAY['a'], ARRAY[ARRAY[1, 2]]))) AS t(m)"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("SELECT * FROM UNNEST(ARRAY['a', 'b']) WITH ORDINALITY AS t(x, n)", [("a", 1), ("b", 2)]),
        (
            "SELECT id, x FROM (VALUES (1, ARRAY['a', 'b'])) AS t(id, xs) CROSS JOIN UNNEST(xs) AS u(x)",
            [(1, "a"), (1, "b")],
        ),
        ("SELECT * FROM UNNEST(ARRAY[1, 2], ARRAY['x']) AS t(id, x)", [(1, "x"), (2, None)]),
        (
            "SELECT * FROM UNNEST(ARRAY[1], ARRAY['x', 'y']) WITH ORDINALITY AS t(a, b, n)",
            [(1, "x", 1), (None, "y", 2)],
        ),
        ("SELECT * FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) AS t(k, v)", [("a", 1), ("b", 2)]),
        ("SELECT * FROM UNNEST(MAP(ARRAY['a'], ARRAY[1])) WITH ORDINALITY AS t(k, v, n)", [("a", 1, 1)]),
        ("SELECT * FROM UNNEST(MAP(ARRAY['a'], ARRAY[1]), ARRAY[7, 8]) AS t(k, v, x)", [("a", 1, 7), (None, None, 8)]),
        (f"SELECT sku, qty FROM UNNEST({ITEMS}) AS t(sku, qty)", [("x", 2), ("y", 3)]),
        (f"SELECT sku FROM UNNEST({ITEMS}) WHERE qty = 3", [("y",)]),
        ("SELECT * FROM UNNEST(ARRAY[ROW(1, 'a'), NULL]) AS t(n, s)", [(1, "a"), (None, None)]),
        ("SELECT * FROM UNNEST(ARRAY[ARRAY[1, 2]]) AS t(x)", [([1, 2],)]),
        (f"SELECT k, x FROM {NESTED}, UNNEST(m) AS u(k, v), UNNEST(v) AS w(x)", [("a", 1), ("a", 2)]),
        (
            f"WITH e AS (SELECT k, v FROM {NESTED} CROSS JOIN UNNEST(m) AS u(k, v)) "
            "SELECT k, x FROM e CROSS JOIN UNNEST(v) AS w(x)",
            [("a", 1), ("a", 2)],
        ),
        (
            "SELECT id, k, v FROM (VALUES (1, MAP(ARRAY['a'], ARRAY[5])), (2, NULL)) AS t(id, m) "
            "LEFT JOIN UNNEST(m) AS u(k, v) ON true",
            [(1, "a", 5), (2, None, None)],
        ),
        (
            "SELECT id FROM (VALUES (1, ARRAY[1, 2]), (2, ARRAY[5])) AS t(id, xs) "
            "WHERE EXISTS (SELECT 1 FROM UNNEST(xs) AS u(x) WHERE x > 4)",
            [(2,)],
        ),
        (
            f"SELECT id, (SELECT sum(qty) FROM UNNEST(xs) AS u(sku, qty)) FROM (VALUES (1, {ITEMS})) AS t(id, xs)",
            [(1, 5)],
        ),
        (
            "SELECT id FROM (VALUES (1, MAP(ARRAY['a'], ARRAY[5])), (2, MAP(ARRAY['a'], ARRAY[6]))) AS t(id, m) "
            "WHERE EXISTS (SELECT 1 FROM UNNEST(m) AS u(k, v) WHERE v = 5)",
            [(1,)],
        ),
    ],
)
def test_unnest_returns_one_row_per_element(rows, query, expected):
    assert sorted(rows(query), key=str) == sorted(expected, key=str)


def test_unnest_alias_must_name_every_column(rows):
    with pytest.raises(UnnestColumnsError, match="has 1 entries but 't' has 2 columns: 'key', 'value'"):
        rows("SELECT k FROM UNNEST(MAP(ARRAY['a'], ARRAY[1])) AS t(k)")


def test_join_with_unnest_rejects_a_condition(rows):
    with pytest.raises(UnnestConditionError, match="LEFT JOIN involving UNNEST"):
        rows("SELECT x FROM (VALUES 1) AS t(id) LEFT JOIN UNNEST(ARRAY[1]) AS u(x) ON x = id")
