"""Binds parts of a query to find their types without running them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import duckdb
from sqlglot import exp

from datalake_sdk.sql.duckdb.python_functions import define_functions

Q = TypeVar("Q", bound=exp.Query)


def probed_types(connection: duckdb.DuckDBPyConnection, query: exp.Query) -> list[Any] | None:
    """Returns the types of a query's columns; None if the query does not bind, for example a correlated one."""
    sql = query.sql("duckdb", identify=True)
    try:
        define_functions(connection, sql)
        return list(connection.sql(sql).types)
    except duckdb.Error:
        return None


def with_common_tables(query: Q, node: exp.Expr) -> Q:
    """Adds the common table expressions that are visible from a node."""
    visible = [*_common_tables(node)]
    if visible:
        query.set("with_", exp.With(expressions=[table.copy() for table in reversed(visible)]))
    return query


def _common_tables(node: exp.Expr) -> Iterator[exp.CTE]:
    """Yields the common table expressions visible from a node, nearest first."""
    seen: set[str] = set()
    child: exp.Expr = node
    while (parent := child.parent) is not None:
        clause = child if isinstance(child, exp.With) else parent.args.get("with_")
        tables = list(clause.expressions) if clause is not None and clause is not child else []
        if isinstance(child, exp.CTE):
            tables = parent.expressions[: parent.expressions.index(child)]
        for table in reversed(tables):
            if table.alias.lower() not in seen:
                seen.add(table.alias.lower())
                yield table
        child = parent
