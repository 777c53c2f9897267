"""The tables that a query reads, and the names of its result's columns."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.errors import UnqualifiedTableError


def lake_tables(tree: exp.Expr, database: str | None = None) -> list[exp.Table]:
    """Returns the nodes that name tables of the lake; names of a WITH clause hide tables.

    Args:
        tree: A query.
        database: Database of tables that are named without one; their nodes get it.

    Raises:
        UnqualifiedTableError: A table is named without its database, and none is given.
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
    """Whether a name is that of a query in an enclosing WITH clause, as far as the clause is visible there."""
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
    """Names of a WITH clause that a node sees: a query of the clause sees those before it, and itself if recursive."""
    names = [query.alias.lower() for query in clause.expressions]
    positions = [index for index, query in enumerate(clause.expressions) if query is inner]
    if not positions:
        return set(names)
    return set(names[: positions[0] + bool(clause.args.get("recursive"))])
