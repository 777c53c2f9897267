"""Conditions of a WHERE clause that compare a column of one table with constants: readers skip files by them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from sqlglot import exp

Constant: TypeAlias = int | str | date | datetime
_COMPARISONS: dict[type[exp.Expr], tuple[str, str]] = {
    exp.EQ: ("=", "="),
    exp.LT: ("<", ">"),
    exp.LTE: ("<=", ">="),
    exp.GT: (">", "<"),
    exp.GTE: (">=", "<="),
}
"""Operators, and those with exchanged operands."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?")


@dataclass(frozen=True)
class ColumnCondition:
    """A comparison of a column with constants, which is true for every row that the query uses.

    Args:
        column: Name of the column, in lower case.
        operator: `=`, `<`, `<=`, `>`, `>=` or `in`.
        values: The constant, or those of `in`.
    """

    column: str
    operator: str
    values: tuple[Constant, ...]


def column_conditions(table: exp.Table) -> tuple[ColumnCondition, ...]:
    """Finds the conditions on a table in the WHERE clause of the query that reads it; others are left out.

    They are also true of the rows of an outer join: rows without a match are null, and not selected.

    Args:
        table: Node of a parsed query.
    """
    clause = table.parent
    select = clause.parent if isinstance(clause, exp.From | exp.Join) else None
    if not isinstance(select, exp.Select) or select.args.get("where") is None:
        return ()
    is_only_relation = not select.args.get("joins") and not select.args.get("laterals")
    names = {table.alias_or_name.lower(), "" if is_only_relation else table.alias_or_name.lower()}
    return tuple(
        condition
        for conjunct in _conjuncts(select.args["where"].this)
        for column, condition in _comparisons(conjunct)
        if column.table.lower() in names and not column.args.get("db")
    )


def _conjuncts(node: exp.Expr) -> Iterator[exp.Expr]:
    node = node.unnest()
    if isinstance(node, exp.And):
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


def _comparisons(node: exp.Expr) -> Iterator[tuple[exp.Column, ColumnCondition]]:
    match node:
        case exp.Between(this=exp.Column() as column) if not node.args.get("symmetric"):
            yield from _comparison(column, ">=", [node.args["low"]])
            yield from _comparison(column, "<=", [node.args["high"]])
        case exp.In(this=exp.Column() as column, expressions=[_, *_] as values):
            yield from _comparison(column, "in", values)
        case exp.EQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
            operator, exchanged = _COMPARISONS[type(node)]
            if isinstance(node.left, exp.Column):
                yield from _comparison(node.left, operator, [node.right])
            elif isinstance(node.right, exp.Column):
                yield from _comparison(node.right, exchanged, [node.left])


def _comparison(
    column: exp.Column, operator: str, operands: list[exp.Expr]
) -> Iterator[tuple[exp.Column, ColumnCondition]]:
    values = [_constant(operand.unnest()) for operand in operands]
    known = tuple(value for value in values if value is not None)
    if len(known) == len(values):
        yield column, ColumnCondition(column.name.lower(), operator, known)


def _constant(node: exp.Expr) -> Constant | None:
    match node:
        case exp.Literal(is_string=True):
            return str(node.this)
        case exp.Literal() if node.this.isdigit():
            return int(node.this)
        case exp.Neg(this=exp.Literal(is_string=False) as number) if number.this.isdigit():
            return -int(number.this)
        case exp.Cast(this=exp.Literal(is_string=True) as text):
            return _time(text.this, node.to.this)
    return None


def _time(text: str, data_type: object) -> date | datetime | None:
    try:
        if data_type is exp.DataType.Type.DATE and _DATE.fullmatch(text):
            return date.fromisoformat(text)
        if data_type is exp.DataType.Type.TIMESTAMP and _TIMESTAMP.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        return None
    return None
