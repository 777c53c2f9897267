"""Plans of translated queries: exact semantics for rare values must not slow down queries on common values."""

from __future__ import annotations

import duckdb
import pytest
from sqlglot import exp

from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.duckdb.column_types import COLUMNS, annotate_columns
from datalake_sdk.sql.duckdb.python_functions import define_functions
from datalake_sdk.sql.duckdb.translate import translate

TYPES = {"k": "BIGINT", "x": "DOUBLE", "moment": "TIMESTAMP", "price": "DECIMAL(20,2)", "doc": "VARCHAR"}


def plan(statement: str, is_optimized: bool = True) -> str:
    tree = parse_query(statement)
    for table in tree.find_all(exp.Table):
        table.meta[COLUMNS] = TYPES
    annotate_columns(tree)
    sql = translate(tree).sql("duckdb", identify=True)
    with duckdb.connect() as connection:
        columns = ", ".join(f"{name} {data_type}" for name, data_type in TYPES.items())
        connection.execute(f"CREATE TABLE a ({columns}); CREATE TABLE b ({columns})")
        define_functions(connection, sql)
        connection.execute("PRAGMA enable_optimizer" if is_optimized else "PRAGMA disable_optimizer")
        ((_, text),) = connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
    return text


@pytest.mark.parametrize(
    "expression",
    [
        "CAST(x AS varchar)",
        "CAST(moment AS varchar)",
        "CAST(doc AS double)",
        "CAST(x AS decimal(9, 2))",
        "price / x",
        "price / price",
        "x = x",
        "moment < moment",
        "floor(x)",
        "trim(doc)",
    ],
)
def test_expression_of_columns_creates_no_list_per_row(expression):
    assert "list_" not in plan(f"SELECT {expression} FROM a")


@pytest.mark.parametrize(
    "expression",
    [
        "CAST(translate(doc, doc, doc) AS decimal(9, 2))",
        "CAST(translate(doc, doc, doc) AS boolean)",
        "CAST(translate(doc, doc, doc) AS integer)",
        "CAST(translate(doc, doc, doc) AS date)",
        "trim(translate(doc, doc, doc))",
        "split_part(translate(doc, doc, doc), ',', 2)",
        "CAST(sqrt(x) AS decimal(9, 2))",
        "ceil(sqrt(x))",
    ],
)
def test_operand_is_planned_once(expression):
    unoptimized = plan(f"SELECT {expression} FROM a", is_optimized=False)
    assert unoptimized.count("translate(") + unoptimized.count("sqrt(") == 1


def test_timestamp_is_formatted_by_one_call():
    assert plan("SELECT CAST(moment AS varchar) FROM a").count("strftime") == 1


def test_comparison_of_plain_columns_needs_no_case_expression():
    assert "CASE" not in plan("SELECT k FROM a WHERE k = 5 AND doc < 'a' AND moment >= moment")


def test_correlated_exists_on_plain_columns_is_planned_as_a_semi_join():
    assert '"SEMI"' in plan("SELECT k FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.k = a.k)")


@pytest.mark.parametrize("side", ["LEFT", "RIGHT", "FULL"])
@pytest.mark.parametrize("column", ["k", "x"])
def test_outer_join_on_an_equality_is_planned_as_a_hash_join(side, column):
    assert "HASH_JOIN" in plan(f"SELECT a.k FROM a {side} JOIN b ON a.{column} = b.{column}")
