"""Aggregates with their FILTER and OVER clauses, which sqlglot wraps around the call."""

from __future__ import annotations

from sqlglot import exp

_CLAUSES = (exp.Filter, exp.Window)


def with_clauses(aggregate: exp.Expr) -> exp.Expr:
    """Returns the outermost clause of an aggregate in a tree, or the aggregate if it has no clause."""
    outermost = aggregate
    while isinstance(outermost.parent, _CLAUSES) and outermost.arg_key == "this":
        outermost = outermost.parent
    return outermost


def of_same_rows(outermost: exp.Expr, other: exp.Expr) -> exp.Expr:
    """Wraps another aggregate in the same FILTER and OVER clauses.

    Args:
        outermost: An aggregate with its clauses, as `with_clauses` returns it.
        other: The call of the other aggregate.
    """
    if not isinstance(outermost, _CLAUSES):
        return other
    copy = outermost.copy()
    innermost = copy
    while isinstance(innermost.this, _CLAUSES):
        innermost = innermost.this
    innermost.set("this", other)
    return copy
