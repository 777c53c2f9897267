"""The tables that a query names, and the names that its result's columns get."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError, UnqualifiedTableError

_OWN_CATALOG = "awsdatacatalog"
"""The lake's name in Athena."""


def lake_tables(tree: exp.Expr, database: str | None = None) -> list[exp.Table]:
    """The nodes that name tables of the lake; names of a WITH clause hide tables.

    Args:
        tree: A query.
        database: Given to tables that are named without one.

    Raises:
        UnqualifiedTableError: A name without database.
        SqlUnsupportedError: A function in a table's place, or a table of another catalog.
    """
    tables = []
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            raise SqlUnsupportedError(f"function {table.this.name}() in place of a table")
        if table.catalog.lower() not in ("", _OWN_CATALOG):
            raise SqlUnsupportedError(f"a table of catalog '{table.catalog}'", "Name tables as database.table.")
        if table.db:
            tables.append(table)
        elif not _is_of_with(table):
            if not database:
                raise UnqualifiedTableError(table.name)
            table.set("db", exp.to_identifier(database, quoted=True))
            tables.append(table)
    return tables


def name_columns(tree: exp.Expr) -> None:
    """Names the result's nameless columns `_col0`, `_col1` … as Athena does."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    for index, column in enumerate(select.selects if isinstance(select, exp.Select) else ()):
        if not isinstance(column, exp.Alias | exp.Column | exp.Dot | exp.Star):
            column.replace(exp.alias_(column.copy(), f"_col{index}"))


def _is_of_with(table: exp.Table) -> bool:
    name = table.name.lower()
    node = table.parent
    while node is not None:
        clause = node.args.get("with_")
        if clause is not None and any(query.alias.lower() == name for query in clause.expressions):
            return True
        node = node.parent
    return False
