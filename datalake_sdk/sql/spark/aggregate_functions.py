"""Translates Athena's aggregates to Spark."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.aggregates import of_same_rows, with_clauses
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.function_calls import Rule, renamed
from datalake_sdk.sql.spark.scalar_functions import logarithm
from datalake_sdk.sql.spark.templates import expanded
from datalake_sdk.sql.spark.type_rules import placeholder

_RENAMED = {
    "approx_distinct": "approx_count_distinct",
    "approx_percentile": "approx_percentile",
    "bitwise_and_agg": "bit_and",
    "bitwise_or_agg": "bit_or",
    "count": "count",
    "max": "max",
    "max_by": "max_by",
    "min": "min",
    "min_by": "min_by",
}


def _any_value(node: exp.Anonymous) -> exp.Expr:
    return call("any_value", *node.expressions, exp.Boolean(this=True))


def _average(node: exp.Anonymous) -> exp.Expr:
    (value,) = node.expressions
    sample = call("any_value", *(value.expressions if isinstance(value, exp.Distinct) else [value.copy()]))
    return _around(
        node, call("avg", value), lambda average: placeholder("average", average, of_same_rows(average, sample))
    )


def _geometric_mean(node: exp.Anonymous) -> exp.Expr:
    (value,) = node.expressions
    return _around(node, call("avg", expanded(logarithm("ln"), value)), lambda average: call("exp", average))


def _array_agg(node: exp.Anonymous) -> exp.Expr:
    """Keeps nulls, and returns null for no rows; Spark drops nulls and returns an empty array."""
    (value,) = node.expressions
    return _around(node, *_collected(value))


def _map_agg(node: exp.Anonymous) -> exp.Expr:
    key, value = node.expressions
    entry = expanded("CASE WHEN :a IS NOT NULL THEN struct(:a, :b) END", key, value)
    return _around(node, call("collect_list", entry), lambda entries: _unless_empty("map_from_entries(:a)", entries))


def _skewness(node: exp.Anonymous) -> exp.Expr:
    (value,) = node.expressions
    count = call("count", value.copy())

    def finished(skewness: exp.Expr) -> exp.Expr:
        return expanded("CASE WHEN :b >= 3 THEN :a END", skewness, of_same_rows(skewness, count))

    return _around(node, call("skewness", value), finished)


def _kurtosis(node: exp.Anonymous) -> exp.Expr:
    """Returns the kurtosis of a sample; Spark computes that of a population."""
    (value,) = node.expressions
    count = call("count", value.copy())

    def finished(kurtosis: exp.Expr) -> exp.Expr:
        sample = "(:b - 1e0) / ((:b - 2e0) * (:b - 3e0)) * ((:b + 1e0) * :a + 6e0)"
        return expanded(f"CASE WHEN :b >= 4 THEN {sample} END", kurtosis, of_same_rows(kurtosis, count))

    return _around(node, call("kurtosis", value), finished)


def _reduce(node: exp.Anonymous) -> exp.Expr:
    value, initial, step, _ = node.expressions
    template = "CASE WHEN size(:a) > 0 THEN aggregate(:a, :b, :c) END"
    return _around(node, call("collect_list", value), lambda values: expanded(template, values, initial, step))


def listagg(node: exp.GroupConcat) -> exp.Expr:
    """Translates `listagg` to an array that is collected, sorted and joined."""
    collected, finish = _collected(node.this)
    separator = node.args.get("separator") or exp.Literal.string("")
    ordered = node.parent if isinstance(node.parent, exp.WithinGroup) else node
    if node.args.get("on_overflow"):
        raise SqlUnsupportedError("listagg() with ON OVERFLOW")

    def joined(values: exp.Expr) -> exp.Expr:
        return call("array_join", finish(values), separator)

    return _around(ordered, collected, joined)


def _collected(value: exp.Expr) -> tuple[exp.Expr, Callable[[exp.Expr], exp.Expr]]:
    """Returns an aggregate that collects the values, and a function that builds the sorted array from it."""
    if not isinstance(value, exp.Order):
        is_distinct = isinstance(value, exp.Distinct)
        plain = value.expressions[0] if is_distinct else value
        entry = expanded("named_struct('v', :a)", plain)
        collected = call("collect_list", exp.Distinct(expressions=[entry]) if is_distinct else entry)
        return collected, lambda entries: _unless_empty("transform(:a, e -> e.v)", entries)
    if isinstance(value.this, exp.Distinct):
        raise SqlUnsupportedError("an aggregate with both DISTINCT and ORDER BY", "Sort the rows of a subquery.")
    fields = [exp.Literal.string("v"), value.this]
    for position, key in enumerate(value.expressions):
        fields += [exp.Literal.string(f"k{position}"), key.this]
    comparison = _comparison(value.expressions)
    template = f"transform(array_sort(:a, (x, y) -> {comparison}), e -> e.v)"
    return call("collect_list", call("named_struct", *fields)), lambda entries: _unless_empty(template, entries)


def _comparison(keys: Sequence[exp.Ordered]) -> str:
    """Returns a comparator that sorts like Athena: nulls last by default."""
    cases = []
    for position, key in enumerate(keys):
        first, second = f"x.k{position}", f"y.k{position}"
        null, value = (-1, 1) if key.args.get("nulls_first") else (1, -1)
        less, more = (1, -1) if key.args.get("desc") else (-1, 1)
        cases.append(
            f"WHEN {first} IS NULL AND {second} IS NOT NULL THEN {null} "
            f"WHEN {first} IS NOT NULL AND {second} IS NULL THEN {value} "
            f"WHEN {first} < {second} THEN {less} WHEN {first} > {second} THEN {more}"
        )
    return f"CASE {' '.join(cases)} ELSE 0 END"


def _unless_empty(template: str, entries: exp.Expr) -> exp.Expr:
    return expanded(f"CASE WHEN size(:a) > 0 THEN {template} END", entries)


def _around(node: exp.Expr, aggregate: exp.Expr, finish: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
    """Replaces an aggregate by an expression of another aggregate with the same FILTER and OVER."""
    outermost = with_clauses(node)
    if outermost is node:
        return finish(aggregate)
    node.replace(aggregate)
    result = exp.Paren(this=exp.Null())
    outermost.replace(result)
    result.set("this", finish(outermost))
    return aggregate


AGGREGATE_FUNCTIONS: dict[str, Rule] = {
    **renamed(_RENAMED),
    "any_value": _any_value,
    "arbitrary": _any_value,
    "array_agg": _array_agg,
    "avg": _average,
    "geometric_mean": _geometric_mean,
    "kurtosis": _kurtosis,
    "map_agg": _map_agg,
    "reduce_agg": _reduce,
    "skewness": _skewness,
}
