from __future__ import annotations

import pytest

from datalake_sdk.errors import SqlNotAllowedError
from datalake_sdk.sql.hidden_columns import TableColumns, hide_columns

ORDERS = TableColumns({"id": False, "email": True, "age": False}, frozenset({"email", "age"}))
HIDDEN = (
    '(SELECT "id", CASE WHEN false THEN "email" ELSE \'[redacted]\' END AS "email", '
    'CASE WHEN false THEN "age" ELSE NULL END AS "age" FROM {})'
)


def hidden(statement):
    return hide_columns(statement, lambda database, table: ORDERS if (database, table) == ("sales", "orders") else None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("SELECT * FROM sales.orders", 'SELECT * FROM {sales.orders} AS "orders"'),
        ("SELECT o.id FROM Sales.ORDERS AS o", "SELECT o.id FROM {Sales.ORDERS} AS o"),
        ('SELECT id FROM "sales"."orders" o (a, b, c)', 'SELECT id FROM {"sales"."orders"} o (a, b, c)'),
        (
            "SELECT sales.orders.email FROM sales.orders JOIN sales.items ON sales.items.id = sales.orders.id",
            'SELECT orders.email FROM {sales.orders} AS "orders" JOIN sales.items ON sales.items.id = orders.id',
        ),
        (
            "WITH orders AS (SELECT * FROM sales.orders) SELECT * FROM orders",
            'WITH orders AS (SELECT * FROM {sales.orders} AS "orders") SELECT * FROM orders',
        ),
        (
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM (sales.orders CROSS JOIN sales.items))",
            'SELECT 1 WHERE EXISTS (SELECT 1 FROM ({sales.orders} AS "orders" CROSS JOIN sales.items))',
        ),
        (
            "SELECT awsdatacatalog.sales.orders.id FROM AwsDataCatalog.sales.orders",
            'SELECT orders.id FROM {AwsDataCatalog.sales.orders} AS "orders"',
        ),
        ('SELECT * FROM sales."orders$snapshots"', 'SELECT * FROM sales."orders$snapshots"'),
        ("SELECT 'sales.orders' FROM sales.items", "SELECT 'sales.orders' FROM sales.items"),
    ],
)
def test_a_table_becomes_a_subquery_without_values_of_hidden_columns(given, expected):
    for name in ("sales.orders", "Sales.ORDERS", '"sales"."orders"', "AwsDataCatalog.sales.orders"):
        expected = expected.replace(f"{{{name}}}", HIDDEN.format(name))
    assert hidden(given) == expected


def test_a_table_statement_becomes_a_query_without_values_of_hidden_columns():
    query = HIDDEN.format("sales.orders")[1:-1]
    assert hidden("TABLE sales.orders") == query
    assert hidden("WITH a AS (TABLE /* all */ sales.orders) TABLE a") == f"WITH a AS ({query}) TABLE a"


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT * FROM sales."orders$files"',
        'SELECT * FROM sales."orders$partitions"',
        "SELECT * FROM sales.orders FOR VERSION AS OF 1",
        "SELECT * FROM sales.orders FOR TIMESTAMP AS OF current_timestamp",
    ],
)
def test_metadata_with_values_and_earlier_snapshots_are_rejected(statement):
    with pytest.raises(SqlNotAllowedError):
        hidden(statement)
