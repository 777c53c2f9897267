"""Operands of a macro that are planned and computed once: DuckDB copies an operand to each place that uses it."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.sql.calls import call

SAMPLE = "sdk_sample"
"""Fact about a quotient or an average: an expression of its type."""
_ROW = "sdk_operands"
_EXPENSIVE = frozenset({"sdk_average", "sdk_divide", "sdk_equal", "sdk_to_varchar", "sdk_to_varchar_of"})
"""Macros that are long once expanded, so that copies of their copies would keep DuckDB's planner busy for minutes."""


def call_once(name: str, *operands: exp.Expr) -> exp.Expr:
    """A call of a macro; operands that are expensive to copy are fields of a row, which a lambda hands to the macro."""
    if not any(map(_is_expensive, operands)):
        return call(name, *operands)
    row = call("row", *(operand.copy() for operand in operands))
    body = call(name, *(_field(number) for number in range(1, len(operands) + 1)))
    function = exp.Lambda(this=body, expressions=[exp.to_identifier(_ROW)])
    return call("list_extract", call("list_transform", call("list_value", row), function), exp.Literal.number(1))


def only_type(sample: exp.Expr) -> exp.Expr:
    """A null of an expression's type."""
    return exp.Case(ifs=[exp.If(this=exp.false(), true=sample.copy())])


def _field(number: int) -> exp.Expr:
    return call("struct_extract", exp.to_identifier(_ROW), exp.Literal.number(number))


def _is_expensive(operand: exp.Expr) -> bool:
    return any(node.name.lower() in _EXPENSIVE for node in operand.find_all(exp.Anonymous))
