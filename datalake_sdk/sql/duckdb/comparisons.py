"""Comparisons of values that DuckDB compares otherwise: NaN, nulls within arrays and rows, maps, and padded text."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.sql.calls import call
from datalake_sdk.sql.column_sources import known

LENGTH = "sdk_char_length"
"""Fact about an expression: it is a char of this length, padded with spaces."""
_FLOATS = (exp.DType.DOUBLE, exp.DType.FLOAT)
_NESTED_CALLS = ("athena_map", "row")
_LONGEST_IN = 20
_OUTER = ("LEFT", "RIGHT", "FULL")


def compared(node: exp.Binary) -> exp.Expr:
    """`=`, `<>`, `<`, `<=`, `>` or `>=`."""
    if _is_padded(node.this) or _is_padded(node.expression):
        return type(node)(this=_unpadded(node.this), expression=_unpadded(node.expression))
    if _is_out_of_reach(node):
        return node
    if isinstance(node, exp.EQ | exp.NEQ):
        return _equality(node)
    # NaN is the largest value in DuckDB; in Athena it is not larger than any.
    larger = node.this if isinstance(node, exp.GT | exp.GTE) else node.expression
    return node if _is_plain(larger) else call("sdk_unless_nan", node.copy(), larger.copy())


def between(node: exp.Between) -> exp.Expr:
    """`x BETWEEN low AND high`, as two comparisons where the bounds are no plain values."""
    value, low, high = node.this, node.args["low"], node.args["high"]
    if node.args.get("symmetric") or (_is_plain(high) and not _is_padded(value)):
        return node
    above, below = exp.GTE(this=value, expression=low), exp.LTE(this=value.copy(), expression=high)
    return exp.Paren(this=exp.And(this=compared(above), expression=compared(below)))


def contained(node: exp.In) -> exp.Expr:
    """`x IN (a, b)`, as comparisons where these differ from DuckDB's."""
    value, elements = node.this, node.expressions
    if not elements or len(elements) > _LONGEST_IN or isinstance(elements[0], exp.Values):
        return node
    operands = [value, *elements]
    if not any(_is_nested(operand) or _is_padded(operand) or _is_float(operand) for operand in operands):
        return node
    equal = [compared(exp.EQ(this=value.copy(), expression=element.copy())) for element in elements]
    return exp.Paren(this=exp.or_(*equal, wrap=False))


def distinct(node: exp.NullSafeEQ | exp.NullSafeNEQ) -> exp.Expr:
    """`IS NOT DISTINCT FROM` and `IS DISTINCT FROM`."""
    if _is_padded(node.this) or _is_padded(node.expression):
        return type(node)(this=_unpadded(node.this), expression=_unpadded(node.expression))
    return node


def _equality(node: exp.Binary) -> exp.Expr:
    if _is_plain(node.this) or _is_plain(node.expression):
        return node
    equal = call("sdk_equal", node.this.copy(), node.expression.copy())
    return equal if isinstance(node, exp.EQ) else exp.Paren(this=exp.Not(this=equal))


def _is_out_of_reach(node: exp.Binary) -> bool:
    """Whether DuckDB must see the comparison itself: to plan a join by it, or to find columns of an outer query."""
    if node.this.find(exp.Query) or node.expression.find(exp.Query):
        return True
    clause = node.find_ancestor(exp.Having, exp.Join, exp.Select)
    return isinstance(clause, exp.Having) or (isinstance(clause, exp.Join) and clause.side in _OUTER)


def _is_plain(operand: exp.Expr) -> bool:
    """Whether an operand is a single value that is not NaN."""
    operand = operand.unnest()
    if isinstance(operand, exp.Cast):
        return isinstance(operand.this, exp.Literal) and operand.to.this not in _FLOATS
    return isinstance(operand, exp.Literal | exp.Boolean | exp.Null | exp.Interval)


def _is_nested(operand: exp.Expr) -> bool:
    operand = operand.unnest()
    is_call = isinstance(operand, exp.Anonymous) and operand.name.lower() in _NESTED_CALLS
    return is_call or isinstance(operand, exp.Array | exp.Tuple)


def _is_float(operand: exp.Expr) -> bool:
    operand = operand.unnest()
    if isinstance(operand, exp.Cast):
        return operand.to.this in _FLOATS
    return isinstance(operand, exp.Anonymous) and operand.name.lower() == "athena_nan"


def _is_padded(operand: exp.Expr) -> bool:
    return known(operand, LENGTH) is not None


def _unpadded(operand: exp.Expr) -> exp.Expr:
    return call("rtrim", operand.copy(), exp.Literal.string(" "))
