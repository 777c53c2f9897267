"""Translates calls of Athena's functions to DuckDB."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sqlglot import exp

from datalake_sdk.errors import QueryFailedError, SqlUnsupportedError
from datalake_sdk.sql.aggregates import with_clauses
from datalake_sdk.sql.calls import call, null_if_any
from datalake_sdk.sql.column_sources import known
from datalake_sdk.sql.duckdb.aggregate_functions import AGGREGATE_FUNCTIONS
from datalake_sdk.sql.duckdb.column_types import varchar_literal
from datalake_sdk.sql.duckdb.comparisons import translated_concatenation
from datalake_sdk.sql.duckdb.format_functions import FORMAT_FUNCTIONS
from datalake_sdk.sql.duckdb.json_constructors import json_array
from datalake_sdk.sql.duckdb.json_functions import json_exists
from datalake_sdk.sql.duckdb.lambda_functions import LAMBDA_FUNCTIONS
from datalake_sdk.sql.duckdb.macros import macro_functions
from datalake_sdk.sql.duckdb.python_functions import PYTHON_FUNCTIONS
from datalake_sdk.sql.duckdb.single_evaluation import (
    SAMPLE,
    call_after_aggregation,
    call_macro,
    call_once,
    evaluated_once,
)
from datalake_sdk.sql.duckdb.time_functions import TIME_FUNCTIONS
from datalake_sdk.sql.duckdb.zone_functions import ZONE_FUNCTIONS
from datalake_sdk.sql.function_calls import Rule, renamed, translated_call, unchanged
from datalake_sdk.sql.function_catalog import Target, athena_functions
from datalake_sdk.sql.intervals import interval_unit
from datalake_sdk.sql.times import DIGITS, ZONE

_SAME = """
    abs acos array_agg asin atan atan2 bool_and bool_or cbrt concat_ws cos cosh
    count count_if covar_pop covar_samp cume_dist day degrees dense_rank exp first_value flatten from_base64
    grouping hour kurtosis lag last_value lead ln log log10 log2 lower
    map_entries map_from_entries map_keys map_values max min minute mod month now nth_value ntile nullif
    percent_rank pi pow power quarter radians rank row row_number second
    sin sinh sqrt starts_with stddev stddev_pop stddev_samp strpos sum tan tanh to_base64 translate uuid
    var_pop var_samp variance year
"""
"""Functions with the same name and the same results in DuckDB."""
_RENAMED = {
    "any_value": "any_value",
    "approx_distinct": "approx_count_distinct",
    "arbitrary": "any_value",
    "bitwise_and_agg": "bit_and",
    "bitwise_or_agg": "bit_or",
    "every": "bool_and",
    "filter": "list_filter",
    "geometric_mean": "geomean",
    "transform": "list_transform",
}
"""Functions with a different name that no macro can define: aggregates, and functions with lambdas."""
_COPIED = """
    ceil ceiling floor from_iso8601_date ltrim regexp_replace reverse rtrim split_part substr trim
"""
"""Functions whose macros have several copies of the first argument, which are slow to plan if calls are nested."""


def translated_function(node: exp.Anonymous) -> exp.Expr:
    """Translates a call of a function of Athena; its arguments are translated already.

    Raises:
        SqlUnsupportedError: DuckDB has no exact counterpart of the function or of this signature.
    """
    return translated_call(node, Target.DUCKDB, FUNCTIONS)


def _macro(node: exp.Anonymous) -> exp.Expr:
    name = f"athena_{node.name.lower()}"
    if athena_functions()[node.name.lower()].kind == "aggregate":
        return call(name, *node.expressions)
    return call_macro(name, *node.expressions)


def _macro_with_copies(node: exp.Anonymous) -> exp.Expr:
    value, *others = node.expressions
    if not all(isinstance(other, exp.Literal) for other in others):
        return _macro(node)
    return evaluated_once(value, lambda each: call(f"athena_{node.name.lower()}", each.copy(), *others))


def _concat(node: exp.Anonymous) -> exp.Expr:
    joined: exp.Expr = node.expressions[0]
    for argument in node.expressions[1:]:
        joined = translated_concatenation(exp.DPipe(this=joined, expression=argument))
    return joined


def _average(node: exp.Anonymous) -> exp.Expr:
    """Translates avg() from the average, sum, count and one value of the same rows."""
    outermost = with_clauses(node)
    aggregates = []
    for name in ("avg", "sum", "count", "any_value"):
        node.set("this", name)
        aggregates.append(outermost.copy())
    average = call_once("sdk_average", *aggregates)
    average.meta[SAMPLE] = call("list_median", call("list_value", aggregates[-1].copy()))
    outermost.replace(average)
    return node


def _largest(node: exp.Anonymous) -> exp.Expr:
    """Translates max() to the largest value other than NaN; NaN if all values are NaN."""
    if len(node.expressions) != 1:
        return node
    outermost, (value,) = with_clauses(node), node.expressions
    any_value = outermost.copy()
    node.set("expressions", [call("sdk_not_nan", value.copy())])
    largest = call("coalesce", outermost.copy(), any_value)
    largest.meta.update({fact: known(value, fact) for fact in (ZONE, DIGITS) if known(value, fact) is not None})
    outermost.replace(largest)
    return node


def _largest_or_smallest_by(node: exp.Anonymous) -> exp.Expr:
    name = {"max_by": "arg_max", "min_by": "arg_min"}[node.name.lower()]
    value, *others = node.expressions
    if others:
        others[0] = call("sdk_not_nan", others[0].copy())
    return call(name if len(others) > 1 else f"{name}_null", value, *others)


def _try(node: exp.Anonymous) -> exp.Expr:
    (body,) = node.expressions
    return call_after_aggregation("try", body)


def _coalesce(node: exp.Anonymous) -> exp.Expr:
    return call("coalesce", *map(varchar_literal, node.expressions))


def _greatest_or_least(node: exp.Anonymous) -> exp.Expr:
    """Returns null if any argument is null; DuckDB skips nulls and orders NaN last."""
    numbers = [call("sdk_not_nan", argument.copy()) for argument in node.expressions]
    extreme = call("coalesce", call(node.name, *numbers), node.expressions[0].copy())
    return null_if_any(node.expressions, extreme)


def _map_concat(node: exp.Anonymous) -> exp.Expr:
    """Returns null if any map is null; DuckDB skips nulls."""
    return null_if_any(node.expressions, call("map_concat", *node.expressions))


def _sequence(node: exp.Anonymous) -> exp.Expr:
    """Adds multiples of a step in months to the start; DuckDB adds the step to the previous entry."""
    is_months = len(node.expressions) > 2 and interval_unit(node.expressions[2]) in ("MONTH", "YEAR")
    return call("sdk_month_sequence" if is_months else "athena_sequence", *node.expressions)


def _matches(node: exp.Anonymous) -> exp.Expr:
    name = node.name.lower()
    found = call("sdk_all_true" if name == "all_match" else "sdk_any_true", call("list_transform", *node.expressions))
    return exp.Not(this=found) if name == "none_match" else found


def _json_extract(node: exp.Anonymous) -> exp.Expr:
    document, path = node.expressions
    if isinstance(path, exp.Literal):
        if not path.name.startswith("$"):
            raise QueryFailedError(f"INVALID_FUNCTION_ARGUMENT: Invalid JSON path: '{path.name}'")
        if re.search(r"\*|\.\.|\?", path.name):
            raise SqlUnsupportedError(f"JSON path '{path.name}'", "A path selects one value and has no wildcards.")
        path = exp.Literal.string(re.sub(r"""\[\s*(["'])(.*?)\1\s*\]""", r'."\2"', path.name))
    if node.name.lower() == "json_extract_scalar":
        return call("sdk_json_scalar", document, path, _number_pattern(path))
    return call(f"athena_{node.name.lower()}", document, path)


def _number_pattern(path: exp.Expr) -> exp.Expr | None:
    """Returns a pattern of the number that a literal path selects; None unless the path ends with a member."""
    member = re.search(r"""\.(?:"([^"\\]+)"|([^."\[\\]+))$""", path.name) if path.is_string else None
    if member is None:
        return None
    return exp.Literal.string(rf'"{re.escape(member[1] or member[2])}"\s*:\s*(-?[0-9][0-9.eE+-]*)')


FUNCTIONS: Mapping[str, Rule] = {
    **unchanged(_SAME.split()),
    **renamed(_RENAMED),
    **renamed({name: f"python_{name}" for name in PYTHON_FUNCTIONS}),
    **dict.fromkeys(macro_functions(), _macro),
    **dict.fromkeys(_COPIED.split(), _macro_with_copies),
    **AGGREGATE_FUNCTIONS,
    **FORMAT_FUNCTIONS,
    **LAMBDA_FUNCTIONS,
    **TIME_FUNCTIONS,
    **ZONE_FUNCTIONS,
    "all_match": _matches,
    "any_match": _matches,
    "avg": _average,
    "coalesce": _coalesce,
    "concat": _concat,
    "greatest": _greatest_or_least,
    "json_array": json_array,
    "json_exists": json_exists,
    "json_extract": _json_extract,
    "json_extract_scalar": _json_extract,
    "json_size": _json_extract,
    "least": _greatest_or_least,
    "map_concat": _map_concat,
    "max": _largest,
    "max_by": _largest_or_smallest_by,
    "min_by": _largest_or_smallest_by,
    "none_match": _matches,
    "sequence": _sequence,
    "try": _try,
}
"""Rules by name of the function. The catalog has the signatures, and the reasons why others are unsupported."""
