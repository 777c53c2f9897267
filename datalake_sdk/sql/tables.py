"""Finds the tables that a query reads, and names the columns of its result."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.errors import UnqualifiedTableError


def lake_tables(tree: exp.Expr, database: str | None = None) -> list[exp.Table]:
    """Returns the nodes that refer to tables of the lake, not to queries of a WITH clause.

    Args:
        tree: A query.
        database: Database of unqualified tables; it is added to their nodes.

    Raises:
        UnqualifiedTableError: A table is unqualified, and no database is given.
    """
    tables = []
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier) or (not table.db and _is_with_query(table)):
            continue
        if not table.db:
            if not database:
                raise UnqualifiedTableError(table.name)
            table.set("db", exp.to_identifier(database, quoted=True))
        tables.append(table)
    return tables


def name_columns(tree: exp.Expr) -> None:
    """Names the result's unnamed columns `_col0`, `_col1` … as Athena does."""
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    for index, column in enumerate(select.selects if isinstance(select, exp.Select) else ()):
        if not isinstance(column, exp.Alias | exp.Column | exp.Dot | exp.Star):
            column.replace(exp.alias_(column.copy(), f"_col{index}"))


def _is_with_query(table: exp.Table) -> bool:
    """Whether a name refers to a query of an enclosing WITH clause that is visible to the node."""
    name = table.name.lower()
    inner: exp.Expr = table
    node = table.parent
    while node is not None:
        clause = node if isinstance(node, exp.With) else node.args.get("with_")
        if clause is not None and clause is not inner and name in _visible_names(clause, inner):
            return True
        inner, node = node, node.parent
    return False


def _visible_names(clause: exp.With, inner: exp.Expr) -> set[str]:
    """Returns the names that are visible to a node: in the clause itself, those of preceding queries.

    With RECURSIVE, a query also sees its own name.
    """
    names = [query.alias.lower() for query in clause.expressions]
    positions = [index for index, query in enumerate(clause.expressions) if query is inner]
    if not positions:
        return set(names)
    return set(names[: positions[0] + bool(clause.args.get("recursive"))])
