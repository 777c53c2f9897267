"""Column lineage of queries in Athena's dialect."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import SqlParseError
from datalake_sdk.sql.column_lineage import query_lineage

_TABLES = {
    ("dev_sales", "orders"): ["order_id", "customer_id", "amount", "items", "address", "labels"],
    ("dev_sales", "customers"): ["customer_id", "country"],
}
_ID, _AMOUNT, _COUNTRY = "orders.order_id", "orders.amount", "customers.country"


def _columns(database: str, table: str) -> list[str]:
    return _TABLES.get((database, table), [])


def _lineage(statement: str) -> dict[str, str]:
    sources = query_lineage(statement, _columns, "dev_sales").columns
    return {
        name: ", ".join(f"{each.table}.{each.column} {each.transformation.name.lower()}" for each in columns)
        for name, columns in sources.items()
    }


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("SELECT order_id, 1 AS one FROM orders", {"order_id": f"{_ID} identity"}),
        ("SELECT amount * 2 FROM orders", {"_col0": f"{_AMOUNT} transformation"}),
        ('SELECT "Order_ID" AS "Id" FROM dev_sales.ORDERS', {"id": f"{_ID} identity"}),
        ("SELECT sum(amount) AS s FROM orders", {"s": f"{_AMOUNT} aggregation"}),
        ("SELECT approx_distinct(amount) AS s FROM orders", {"s": f"{_AMOUNT} aggregation"}),
        ("SELECT count(*) AS n FROM orders", {}),
        (
            "SELECT c.* FROM orders o JOIN customers c ON c.customer_id = o.customer_id",
            {
                "customer_id": "customers.customer_id identity",
                "country": f"{_COUNTRY} identity",
            },
        ),
        (
            "SELECT amount, country FROM orders JOIN customers USING (customer_id)",
            {
                "amount": f"{_AMOUNT} identity",
                "country": f"{_COUNTRY} identity",
            },
        ),
        (
            "SELECT customer_id FROM orders JOIN customers USING (customer_id)",
            {
                "customer_id": "customers.customer_id transformation, orders.customer_id transformation",
            },
        ),
        (
            "WITH t AS (SELECT * FROM orders), u(a) AS (SELECT amount + 1 FROM t) SELECT max(a) AS m FROM u",
            {
                "m": f"{_AMOUNT} aggregation",
            },
        ),
        (
            "WITH orders AS (SELECT country AS order_id FROM customers) SELECT order_id FROM orders",
            {
                "order_id": f"{_COUNTRY} identity",
            },
        ),
        (
            "SELECT order_id AS k FROM orders UNION ALL SELECT customer_id FROM customers",
            {
                "k": f"customers.customer_id identity, {_ID} identity",
            },
        ),
        (
            "(SELECT order_id AS k FROM orders) EXCEPT (SELECT country FROM customers) ORDER BY 1",
            {
                "k": f"{_COUNTRY} identity, {_ID} identity",
            },
        ),
        (
            "SELECT item, n FROM orders CROSS JOIN UNNEST(items) WITH ORDINALITY AS t(item, n)",
            {
                "item": "orders.items transformation",
                "n": "orders.items transformation",
            },
        ),
        (
            "SELECT k, v FROM orders CROSS JOIN UNNEST(labels) AS t(k, v)",
            {
                "k": "orders.labels transformation",
                "v": "orders.labels transformation",
            },
        ),
        (
            "SELECT row_number() OVER (PARTITION BY customer_id ORDER BY amount) AS r FROM orders",
            {
                "r": f"{_AMOUNT} transformation, orders.customer_id transformation",
            },
        ),
        ("SELECT o.address.city AS city FROM orders o", {"city": "orders.address transformation"}),
        ("SELECT (SELECT max(country) FROM customers) AS c FROM orders", {"c": f"{_COUNTRY} aggregation"}),
        ("SELECT transform(items, amount -> amount + 1) AS t FROM orders", {"t": "orders.items transformation"}),
        ("SELECT b FROM orders CROSS JOIN LATERAL (SELECT amount * 2 AS b) AS t", {"b": f"{_AMOUNT} transformation"}),
        ("SELECT order_id FROM orders FOR VERSION AS OF 12", {"order_id": f"{_ID} identity"}),
        (
            "TABLE customers",
            {
                "customer_id": "customers.customer_id identity",
                "country": f"{_COUNTRY} identity",
            },
        ),
        ("SELECT * FROM (VALUES (1, 2)) AS t(a, b)", {}),
        ('SELECT committed_at FROM "dev_sales"."orders$snapshots"', {}),
        ("SELECT a + 1 AS b FROM unknown", {"b": "unknown.a transformation"}),
        ("SELECT * FROM unknown", {}),
    ],
)
def test_columns_are_traced_to_the_tables(statement: str, expected: dict[str, str]) -> None:
    assert _lineage(statement) == expected


def test_a_recursive_query_is_traced_through_its_anchor() -> None:
    statement = """WITH RECURSIVE r(n) AS (SELECT order_id FROM orders UNION ALL SELECT n + 1 FROM r WHERE n < 3)
        SELECT n FROM r"""
    assert _ID in _lineage(statement)["n"]


def test_sources_have_the_database_of_the_stage() -> None:
    (source,) = query_lineage("SELECT amount FROM orders", _columns, "dev_sales").columns["amount"]
    assert source.database == "dev_sales"


def test_an_invalid_statement_is_an_error() -> None:
    with pytest.raises(SqlParseError):
        query_lineage("SELECT FROM WHERE", _columns)


def test_tables_are_known_even_if_their_columns_are_not():
    statement = 'SELECT * FROM orders, sales.unknown WHERE EXISTS (SELECT 1 FROM customers, "orders$files")'
    tables = query_lineage(statement, _columns, "dev_sales").tables
    assert tables == [("dev_sales", "customers"), ("dev_sales", "orders"), ("sales", "unknown")]
