"""Comparisons of padded char values and of rows with nulls, which Spark compares differently."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.cast_types import CHAR_LENGTH
from datalake_sdk.sql.column_sources import known


def translated_comparison(node: exp.Binary) -> exp.Expr:
    """Ignores the padding of char values; compares tuples field by field, so that nulls make the result null."""
    left, right = node.this.unnest(), node.expression.unnest()
    if _is_char(left) or _is_char(right):
        return type(node)(this=_unpadded(left), expression=_unpadded(right))
    if not (isinstance(node, exp.EQ) and isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple)):
        return node
    if len(left.expressions) != len(right.expressions):
        return node
    pairs = zip(left.expressions, right.expressions, strict=True)
    fields = [translated_comparison(exp.EQ(this=a.copy(), expression=b.copy())) for a, b in pairs]
    return exp.Paren(this=exp.and_(*fields, wrap=False))


def translated_range(node: exp.Between | exp.In) -> exp.Expr:
    """Ignores the padding of char values in BETWEEN and IN.

    Raises:
        SqlUnsupportedError: A char value is compared with the values of a subquery.
    """
    if not any(_is_char(operand) for operand in node.iter_expressions()):
        return node
    if node.args.get("query") is not None:
        raise SqlUnsupportedError("IN (SELECT …) of a char value", "CAST the value to varchar.")
    for operand in [*node.iter_expressions()]:
        operand.replace(_unpadded(operand))
    return node


def _is_char(operand: exp.Expr) -> bool:
    return known(operand, CHAR_LENGTH) is not None


def _unpadded(operand: exp.Expr) -> exp.Expr:
    return call("rtrim", operand.copy())
