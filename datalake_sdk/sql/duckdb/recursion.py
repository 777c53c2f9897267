"""Unrolls WITH RECURSIVE to the number of steps after which Athena fails."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.sql.calls import call

MAX_STEPS = 10
"""Athena's `max_recursion_depth`: https://trino.io/docs/current/sql/select.html#with-recursive-clause"""


def unroll_recursion(tree: exp.Expr) -> None:
    """Replaces each recursive query by one common table expression per step; modifies the tree in place."""
    for clause in list(tree.find_all(exp.With)):
        if clause.args.get("recursive"):
            queries = [each for query in clause.expressions for each in _unrolled(query)]
            clause.set("recursive", False)
            clause.set("expressions", queries)


def _unrolled(query: exp.CTE) -> list[exp.CTE]:
    name, union = query.alias, query.this
    if not isinstance(union, exp.Union) or not _references(union.expression, name):
        return [query]
    levels = [_level(query, union.this.copy(), 0)]
    for number in range(1, MAX_STEPS + 2):
        levels.append(_level(query, _step(union.expression, name, number), number))
    *steps, beyond = (exp.select("*").from_(exp.to_table(level.alias)) for level in levels)
    failure = f"Recursion depth limit exceeded ({MAX_STEPS})"
    results = [*steps, beyond.where(call("error", exp.Literal.string(failure)))]
    query.set("this", exp.union(*results, distinct=bool(union.args.get("distinct"))))
    return [*levels, query]


def _level(query: exp.CTE, rows: exp.Expr, number: int) -> exp.CTE:
    alias = query.args["alias"].copy()
    alias.set("this", exp.to_identifier(_level_name(query.alias, number)))
    return exp.CTE(this=rows, alias=alias, materialized=True)


def _step(step: exp.Expr, name: str, number: int) -> exp.Expr:
    step = step.copy()
    for table in _references(step, name):
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(name)))
        table.set("this", exp.to_identifier(_level_name(name, number - 1)))
    return step


def _references(query: exp.Expr, name: str) -> list[exp.Table]:
    tables = [table for table in query.find_all(exp.Table) if not table.db and table.name.lower() == name.lower()]
    return [table for table in tables if not _is_hidden(table, query, name)]


def _is_hidden(table: exp.Table, query: exp.Expr, name: str) -> bool:
    """Whether a nested WITH clause redefines the name."""
    node: exp.Expr | None = table
    while node is not None:
        clause = node.args.get("with_")
        if clause is not None and any(each.alias.lower() == name.lower() for each in clause.expressions):
            return True
        node = node.parent if node is not query else None
    return False


def _level_name(name: str, number: int) -> str:
    return f"sdk_{name.lower()}_{number}"
