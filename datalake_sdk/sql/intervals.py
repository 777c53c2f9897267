"""Intervals in sums, such as `order_date + INTERVAL '1' DAY`."""

from __future__ import annotations

import re

from sqlglot import exp

PARTS_OF_DAY = ("HOUR", "MINUTE", "SECOND")
"""Units of intervals that a date does not have."""
_DAYS = re.compile(r"[0-9]{1,6}")
"""Numbers of days that cannot move a date of the years 1 to 9999 out of the range of any engine."""


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


def whole_days(interval: exp.Expr) -> exp.Literal | None:
    """Returns the number of days of an interval literal such as `INTERVAL '7' DAY`; None for other intervals."""
    literal = interval.unnest()
    if not isinstance(literal, exp.Interval) or interval_unit(literal) != "DAY":
        return None
    return exp.Literal(this=literal.name, is_string=False) if _DAYS.fullmatch(literal.name) else None
