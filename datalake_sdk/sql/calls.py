"""Calls of functions in a query's tree, and their arguments."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError


def call(name: str, *arguments: exp.Expr | None) -> exp.Anonymous:
    """Returns a call of a function with exactly this name; arguments that are None are omitted."""
    return exp.Anonymous(this=name, expressions=[argument for argument in arguments if argument is not None])


def literal_argument(node: exp.Anonymous, argument: exp.Expr, noun: str) -> str:
    """Returns the value of an argument that must be a literal.

    Args:
        node: The call.
        argument: One of its arguments.
        noun: Name of the argument in messages, for example `format`.

    Raises:
        SqlUnsupportedError: The argument is not a literal.
    """
    if not isinstance(argument, exp.Literal):
        raise SqlUnsupportedError(
            f"{node.name.lower()}() with a {noun} that is not a literal", f"Write the {noun} as a literal."
        )
    value: str = argument.name
    return value


def null_if_any(arguments: Sequence[exp.Expr], otherwise: exp.Expr) -> exp.Case:
    """Returns null if an argument is null, as most of Athena's functions do, else `otherwise`."""
    any_null = exp.or_(*[exp.Is(this=argument.copy(), expression=exp.Null()) for argument in arguments])
    return exp.Case(ifs=[exp.If(this=any_null, true=exp.Null())], default=otherwise)
