"""Calls of functions in a query's tree."""

from __future__ import annotations

from sqlglot import exp


def call(name: str, *arguments: exp.Expr | None) -> exp.Anonymous:
    """A call of a function under exactly this name; arguments that are None are omitted."""
    return exp.Anonymous(this=name, expressions=[argument for argument in arguments if argument is not None])
