"""Evaluates operands once: DuckDB expands a macro with a copy of an operand for each use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from datalake_sdk.sql.calls import call

SAMPLE = "sdk_sample"
"""Key in the `meta` of a quotient or an average: an expression with its type."""
_ROW = "sdk_operands"
_EXPENSIVE = frozenset({"sdk_average", "sdk_divide", "sdk_equal", "sdk_to_varchar", "sdk_to_varchar_of"})
"""Macros with long expansions: nested copies of them take DuckDB's planner minutes."""

_AGGREGATES = frozenset(
    re.findall(
        r"\w+",
        """
        any_value approx_count_distinct approx_quantile arg_max arg_max_null arg_min arg_min_null array_agg
        athena_map_agg avg bit_and bit_or bool_and bool_or corr count count_if covar_pop covar_samp geomean histogram
        kurtosis list max min regr_intercept regr_slope skewness stddev stddev_pop stddev_samp sum var_pop var_samp
        variance
        """,
    )
)
"""Names in DuckDB of the aggregates that translations use."""


def call_once(name: str, *operands: exp.Expr) -> exp.Expr:
    """Calls a macro; if an operand is expensive to copy, a lambda passes all operands as fields of a row."""
    if not any(map(_is_expensive, operands)):
        return call(name, *operands)
    row = call("row", *(operand.copy() for operand in operands))
    body = call(name, *(_field(number) for number in range(1, len(operands) + 1)))
    return _with_row(row, body)


def _with_row(row: exp.Expr, body: exp.Expr) -> exp.Expr:
    function = exp.Lambda(this=body, expressions=[exp.to_identifier(_ROW)])
    return call("list_extract", call("list_transform", call("list_value", row), function), exp.Literal.number(1))


def call_after_aggregation(name: str, body: exp.Expr) -> exp.Expr:
    """Calls a function in which DuckDB allows no aggregates; a lambda passes their values as fields of a row."""
    aggregates = [*_outermost_aggregates(body)]
    if not aggregates:
        return call(name, body)
    row = call("row", *(aggregate.copy() for aggregate in aggregates))
    root = exp.Paren(this=body.copy())
    for number, aggregate in enumerate([*_outermost_aggregates(root)], start=1):
        aggregate.replace(_field(number))
    return _with_row(row, call(name, root))


def typed_null(sample: exp.Expr) -> exp.Expr:
    """Returns a null with the type of an expression."""
    return exp.Case(ifs=[exp.If(this=exp.false(), true=sample.copy())])


def _outermost_aggregates(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Filter | exp.Window) or (
        isinstance(node, exp.Anonymous) and node.name.lower() in _AGGREGATES
    ):
        yield node
    elif not isinstance(node, exp.Query):
        for child in list(node.iter_expressions()):
            yield from _outermost_aggregates(child)


def _field(number: int) -> exp.Expr:
    return call("struct_extract", exp.to_identifier(_ROW), exp.Literal.number(number))


def _is_expensive(operand: exp.Expr) -> bool:
    return any(node.name.lower() in _EXPENSIVE for node in operand.find_all(exp.Anonymous))
