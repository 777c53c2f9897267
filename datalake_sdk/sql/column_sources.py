"""Metadata of expressions, such as the zone of a timestamp, looked up through the columns of subqueries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

_RELATIONS = ("with_", "from_", "joins", "laterals")


def known(node: exp.Expr, fact: str) -> Any:
    """Returns a fact from the `meta` of an expression, or of the expression behind a column; None if unknown."""
    while fact not in node.meta and isinstance(node, exp.Paren | exp.Alias):
        node = node.this
    if fact in node.meta:
        return node.meta[fact]
    source = _source(node) if isinstance(node, exp.Column) else None
    return known(source, fact) if source is not None else None


def relations_first(tree: exp.Expr) -> list[exp.Expr]:
    """Returns all nodes: children before parents, FROM before SELECT, and an aggregate after its OVER clause."""
    nodes, pending = [], [tree]
    while pending:
        node = pending.pop()
        nodes.append(node)
        pending += sorted(node.iter_expressions(), key=_visit_order)
    return nodes[::-1]


def _visit_order(child: exp.Expr) -> int:
    if child.arg_key in _RELATIONS:
        return 0
    return 2 if child.arg_key == "this" and isinstance(child.parent, exp.Filter | exp.Window) else 1


def _source(column: exp.Column) -> exp.Expr | None:
    name, qualifier = column.name.lower(), column.table.lower()
    select = column.find_ancestor(exp.Select)
    while select is not None:
        for relation in _relations(select):
            if qualifier in ("", relation.alias_or_name.lower()):
                for output, expression in _outputs(relation):
                    if output == name:
                        return expression
        select = _outer(select)
    return None


def _outer(select: exp.Select) -> exp.Select | None:
    """Returns the query that a correlated subquery refers to; a subquery in FROM is never correlated."""
    outer = select.find_ancestor(exp.Select, exp.From, exp.Join, exp.Lateral, exp.CTE)
    return outer if isinstance(outer, exp.Select) else None


def _relations(select: exp.Select) -> Iterator[exp.Expr]:
    clauses = [select.args.get("from_"), *select.args.get("joins", ()), *select.args.get("laterals", ())]
    return (clause.this for clause in clauses if clause is not None and isinstance(clause.this, exp.Expr))


def _outputs(relation: exp.Expr) -> Iterator[tuple[str, exp.Expr]]:
    """Yields names and expressions of a relation's columns, if the query defines them."""
    query = relation.this if isinstance(relation, exp.Subquery) else _with_query(relation)
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if not isinstance(query, exp.Select):
        return
    names = [column.name.lower() for column in _alias_columns(relation)]
    for position, expression in enumerate(query.selects):
        if isinstance(expression, exp.Star):
            for inner in _relations(query):
                yield from _outputs(inner)
        else:
            name = names[position] if position < len(names) else expression.alias_or_name.lower()
            yield name, expression


def _alias_columns(relation: exp.Expr) -> list[exp.Expr]:
    alias = relation.args.get("alias")
    if (alias is None or not alias.columns) and isinstance(relation, exp.Table):
        clause = _with_clause(relation)
        alias = clause.args.get("alias") if clause is not None else None
    return list(alias.columns) if alias is not None else []


def _with_query(relation: exp.Expr) -> exp.Expr | None:
    clause = _with_clause(relation)
    return clause.this if clause is not None else None


def _with_clause(relation: exp.Expr) -> exp.CTE | None:
    if not isinstance(relation, exp.Table) or relation.db:
        return None
    node = relation.parent
    while node is not None:
        clause = node.args.get("with_")
        for query in clause.expressions if clause is not None else ():
            if query.alias.lower() == relation.name.lower() and query is not relation.find_ancestor(exp.CTE):
                return query  # type: ignore[no-any-return]
        node = node.parent
    return None
