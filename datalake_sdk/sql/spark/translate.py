"""Translates a query of Athena to Spark's dialect."""

from __future__ import annotations

from sqlglot import exp
from sqlglot.expressions import apply_index_offset

from datalake_sdk.errors import SqlUnsupportedError, UnsupportedSparkSqlError
from datalake_sdk.sql.athena import AthenaQueries
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.function_calls import unsupported_function
from datalake_sdk.sql.function_catalog import Target
from datalake_sdk.sql.intervals import PARTS_OF_DAY, interval_unit, time_and_interval
from datalake_sdk.sql.positions import locate
from datalake_sdk.sql.spark.aggregate_functions import listagg
from datalake_sdk.sql.spark.casts import translated_cast, translated_type
from datalake_sdk.sql.spark.comparisons import translated_comparison, translated_range
from datalake_sdk.sql.spark.element_rules import element_of
from datalake_sdk.sql.spark.functions import translated_function
from datalake_sdk.sql.spark.json_functions import check_json_use, parsed_json
from datalake_sdk.sql.spark.templates import expanded
from datalake_sdk.sql.spark.time_functions import at_time_zone, check_zone, keep_date, local_time
from datalake_sdk.sql.spark.type_rules import placeholder
from datalake_sdk.sql.spark.unnest import translated_unnest
from datalake_sdk.sql.translation import NodeRules, Translator, common_rules

_JSON_FUNCTIONS: dict[type[exp.Expr], str] = {
    exp.JSONExtract: "json_query",
    exp.JSONObject: "json_object",
    exp.JSONValue: "json_value",
}
"""Functions with special syntax that Spark lacks."""


def translate(tree: exp.Query, statement: str) -> exp.Query:
    """Translates a query; expressions that depend on types become placeholders, see `resolve_placeholders`.

    Args:
        tree: A query as `AthenaQueries` parses it; changed in place.
        statement: Its text, for the position of an error.

    Raises:
        UnsupportedSparkSqlError: Spark has no exact counterpart of a part of the query.
    """

    def unsupported(error: SqlUnsupportedError, node: exp.Expr) -> UnsupportedSparkSqlError:
        line, column, excerpt = locate(statement, node)
        return UnsupportedSparkSqlError(error.feature, line, column, excerpt, error.hint)

    _TRANSLATOR.translate(tree, statement, unsupported)
    return tree


def _add_or_subtract(node: exp.Add | exp.Sub) -> exp.Expr:
    operands = time_and_interval(node)
    if operands is None:
        return node
    time, interval = operands
    check_zone(time)
    total = type(node)(this=time.copy(), expression=interval.copy())
    return placeholder("plus_time", total, time) if interval_unit(interval) in PARTS_OF_DAY else keep_date(total, time)


def _divide(node: exp.Div) -> exp.Expr:
    return node if node.find(exp.Interval) else placeholder("divide", node.this, node.expression)


def _localtimestamp(_: exp.Localtimestamp) -> exp.Expr:
    return call("localtimestamp")


def _at_time_zone(node: exp.AtTimeZone) -> exp.Expr:
    return at_time_zone(node.this, node.args["zone"])


def _subscript(node: exp.Bracket) -> exp.Expr:
    """Restores the one-based index of the query: sqlglot stores literal indexes with an offset."""
    (index,) = apply_index_offset(node.this, node.expressions, 1, dialect=AthenaQueries)
    return placeholder("subscript", element_of(node.this, index), node.this.copy(), index)


def _like(node: exp.Like) -> exp.Expr:
    """Escapes backslashes: they are plain characters in a pattern without ESCAPE, except in Spark."""
    if not isinstance(node.parent, exp.Escape):
        node.set("expression", expanded(r"replace(:a, '\\', '\\\\')", node.expression))
    return node


def _json_function(node: exp.Expr) -> exp.Expr:
    raise unsupported_function(_JSON_FUNCTIONS[type(node)], Target.SPARK)


def _parse_json(node: exp.ParseJSON) -> exp.Expr:
    check_json_use(node)
    return parsed_json(node.this)


def _if(node: exp.If) -> exp.Expr:
    if not isinstance(node.parent, exp.Case) and node.args.get("false") is None:
        node.set("false", exp.Null())
    return node


def _fetch(node: exp.Fetch) -> exp.Expr:
    options = node.args.get("limit_options")
    if options is not None and options.args.get("with_ties"):
        raise SqlUnsupportedError("FETCH FIRST WITH TIES", "Filter by rank() in an outer query.")
    return node


def _with(node: exp.With) -> exp.Expr:
    if node.args.get("recursive"):
        raise SqlUnsupportedError("WITH RECURSIVE")
    return node


_RULES: NodeRules = {
    **common_rules(translated_function),
    exp.Add: _add_or_subtract,
    exp.AtTimeZone: _at_time_zone,
    exp.Between: translated_range,
    exp.Bracket: _subscript,
    exp.Cast: translated_cast,
    exp.DataType: translated_type,
    exp.Div: _divide,
    exp.EQ: translated_comparison,
    exp.Fetch: _fetch,
    exp.GT: translated_comparison,
    exp.GTE: translated_comparison,
    exp.GroupConcat: listagg,
    exp.If: _if,
    exp.In: translated_range,
    **dict.fromkeys(_JSON_FUNCTIONS, _json_function),
    exp.LT: translated_comparison,
    exp.LTE: translated_comparison,
    exp.Like: _like,
    exp.Localtimestamp: _localtimestamp,
    exp.NEQ: translated_comparison,
    exp.NullSafeEQ: translated_comparison,
    exp.NullSafeNEQ: translated_comparison,
    exp.ParseJSON: _parse_json,
    exp.Sub: _add_or_subtract,
    exp.TryCast: translated_cast,
    exp.Unnest: translated_unnest,
    exp.With: _with,
}
_TRANSLATOR = Translator(Target.SPARK, _RULES, local_time)
