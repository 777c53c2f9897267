"""Evaluates operands once: DuckDB expands a macro with a copy of an operand for each use."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from datalake_sdk.sql.calls import call
from datalake_sdk.sql.function_catalog import athena_functions

SAMPLE = "sdk_sample"
"""Key in the `meta` of a quotient or an average: an expression with its type."""
_ROW = "sdk_operands"
_EXPENSIVE = frozenset(
    {
        "sdk_average",
        "sdk_divide",
        "sdk_equal",
        "sdk_is_near_half",
        "sdk_source",
        "sdk_to_varchar",
        "sdk_to_varchar_of",
        "sdk_try_source",
    }
)
"""Macros with long expansions: nested copies of them take DuckDB's planner minutes."""
_VOLATILE = frozenset({"athena_rand", "athena_random", "athena_shuffle", "uuid"})
"""Functions whose value differs from call to call."""
_DUCKDB_AGGREGATES = frozenset(
    {
        "approx_count_distinct",
        "approx_quantile",
        "arg_max",
        "arg_max_null",
        "arg_min",
        "arg_min_null",
        "athena_map_agg",
        "bit_and",
        "bit_or",
        "geomean",
        "list",
    }
)
"""Aggregates in translated queries whose name differs from Athena's."""


def call_once(name: str, *operands: exp.Expr) -> exp.Expr:
    """Calls a macro; if an operand is expensive to copy, a lambda passes all operands as fields of a row."""
    if not any(_calls(operand, _EXPENSIVE) for operand in operands):
        return call_macro(name, *operands)
    row = call("row", *(operand.copy() for operand in operands))
    body = call(name, *(_field(number) for number in range(1, len(operands) + 1)))
    return _with_row(row, body)


def call_macro(name: str, *operands: exp.Expr) -> exp.Expr:
    """Calls a macro; a lambda passes volatile operands, so that all uses of an operand have the same value."""
    volatile = [operand.copy() for operand in operands if _calls(operand, _VOLATILE)]
    if not volatile:
        return call(name, *operands)
    fields = map(_field, range(1, len(volatile) + 1))
    body = call(name, *(next(fields) if _calls(operand, _VOLATILE) else operand.copy() for operand in operands))
    return _with_row(call("row", *volatile), body)


def evaluated_once(operand: exp.Expr, use: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Uses an operand several times; a lambda passes its value, unless it is a column or a literal.

    Args:
        operand: Any expression.
        use: Returns an expression with copies of its argument.
    """
    if isinstance(operand.unnest(), exp.Column | exp.Literal | exp.Null):
        return use(operand)
    return _with_row(call("row", operand.copy()), use(_field(1)))


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


def _with_row(row: exp.Expr, body: exp.Expr) -> exp.Expr:
    function = exp.Lambda(this=body, expressions=[exp.to_identifier(_ROW)])
    return call("list_extract", call("list_transform", call("list_value", row), function), exp.Literal.number(1))


def _outermost_aggregates(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Filter | exp.Window) or _is_aggregate(node):
        yield node
    elif not isinstance(node, exp.Query):
        for child in list(node.iter_expressions()):
            yield from _outermost_aggregates(child)


def _is_aggregate(node: exp.Expr) -> bool:
    if not isinstance(node, exp.Anonymous):
        return False
    function = athena_functions().get(node.name.lower())
    return node.name.lower() in _DUCKDB_AGGREGATES or (function is not None and function.kind == "aggregate")


def _field(number: int) -> exp.Expr:
    return call("struct_extract", exp.to_identifier(_ROW), exp.Literal.number(number))


def _calls(operand: exp.Expr, names: frozenset[str]) -> bool:
    return any(node.name.lower() in names for node in operand.find_all(exp.Anonymous))
