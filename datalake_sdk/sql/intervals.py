"""Intervals in sums, such as `order_date + INTERVAL '1' DAY`."""

from __future__ import annotations

from sqlglot import exp


def time_and_interval(node: exp.Add | exp.Sub) -> tuple[exp.Expr, exp.Expr] | None:
    """Returns the time and the interval of a sum or difference; None for other operands."""
    if is_interval(node.expression):
        return node.this, node.expression
    if isinstance(node, exp.Add) and is_interval(node.this):
        return node.expression, node.this
    return None


def is_interval(operand: exp.Expr) -> bool:
    """Whether an operand is an interval or a multiple of one."""
    inner = operand.unnest()
    return isinstance(inner, exp.Interval) or (isinstance(inner, exp.Mul) and inner.find(exp.Interval) is not None)


def interval_unit(interval: exp.Expr) -> str:
    """Returns the unit of an interval literal in uppercase; the smaller one if it has two."""
    literal = interval.find(exp.Interval)
    unit = literal.args.get("unit") if literal is not None else None
    if isinstance(unit, exp.IntervalSpan):
        unit = unit.expression
    return unit.name.upper() if unit is not None else ""
