"""Aggregates that DuckDB computes from several aggregates, or from a list of the values."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.aggregates import of_same_rows, with_clauses
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.function_calls import Rule


def _finished(node: exp.Anonymous, macro: str, aggregates: Sequence[exp.Expr], *others: exp.Expr) -> exp.Expr:
    """Replaces an aggregate by a macro; its arguments are other aggregates of the same rows, and `others`."""
    outermost = with_clauses(node)
    result = call(macro, *(of_same_rows(outermost, aggregate) for aggregate in aggregates), *others)
    if outermost is node:
        return result
    outermost.replace(result)
    return node


def _finite(node: exp.Anonymous) -> exp.Expr:
    return _finished(node, "sdk_finite", [call(node.name.lower(), *(value.copy() for value in _arguments(node)))])


def _skewness(node: exp.Anonymous) -> exp.Expr:
    (value,) = _arguments(node)
    return _finished(node, "sdk_skewness", [call("skewness", value.copy()), call("count", value.copy())])


def _histogram(node: exp.Anonymous) -> exp.Expr:
    (value,) = _arguments(node)
    return _finished(node, "sdk_counts", [call("histogram", value.copy())])


def _approx_percentile(node: exp.Anonymous) -> exp.Expr:
    value, *weights, percentage = node.expressions
    if not weights:
        return call("approx_quantile", value, percentage)
    pairs = call("list", call("row", value.copy(), weights[0].copy()))
    return _finished(node, "sdk_weighted_percentile", [pairs], percentage.copy())


def _map_union(node: exp.Anonymous) -> exp.Expr:
    (value,) = _arguments(node)
    return _finished(node, "sdk_map_union", [call("list", value.copy())])


def _multimap_agg(node: exp.Anonymous) -> exp.Expr:
    key, value = _arguments(node)
    return _finished(node, "sdk_multimap_of_keys", [call("list", call("row", key.copy(), value.copy()))])


def _reduce_agg(node: exp.Anonymous) -> exp.Expr:
    """Reduces a list of the values; DuckDB has a single partial state, so the combine function is unused."""
    value, initial, step, _ = _arguments(node)
    if not isinstance(step, exp.Lambda) or isinstance(node.parent, exp.Filter | exp.Window):
        raise SqlUnsupportedError("reduce_agg() with FILTER or OVER", "Filter the rows in a subquery.")
    values = call("sdk_not_null", call("list", value))
    return call("list_reduce", values, step, initial)


def _arguments(node: exp.Anonymous) -> list[exp.Expr]:
    if any(isinstance(argument, exp.Order | exp.Distinct) for argument in node.expressions):
        raise SqlUnsupportedError(f"{node.name.lower()}() with ORDER BY or DISTINCT")
    return list(node.expressions)


AGGREGATE_FUNCTIONS: dict[str, Rule] = {
    "approx_percentile": _approx_percentile,
    "corr": _finite,
    "histogram": _histogram,
    "map_union": _map_union,
    "multimap_agg": _multimap_agg,
    "reduce_agg": _reduce_agg,
    "regr_intercept": _finite,
    "regr_slope": _finite,
    "skewness": _skewness,
}
