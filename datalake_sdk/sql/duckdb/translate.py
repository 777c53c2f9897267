"""Translates parsed queries to DuckDB: operators and syntax; functions and casts have their own modules."""

from __future__ import annotations

import re
from typing import TypeVar

from sqlglot import exp
from sqlglot.expressions import apply_index_offset

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.athena import AthenaQueries
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.duckdb.casts import translated_cast
from datalake_sdk.sql.duckdb.column_types import operand_type, varchar_literal
from datalake_sdk.sql.duckdb.comparisons import (
    translated_between,
    translated_comparison,
    translated_concatenation,
    translated_distinct_from,
    translated_in,
    translated_using_join,
)
from datalake_sdk.sql.duckdb.functions import translated_function
from datalake_sdk.sql.duckdb.json_casts import json_literal
from datalake_sdk.sql.duckdb.json_constructors import json_object
from datalake_sdk.sql.duckdb.json_functions import json_query, json_value
from datalake_sdk.sql.duckdb.single_evaluation import SAMPLE, call_once, typed_null
from datalake_sdk.sql.duckdb.time_functions import at_timezone
from datalake_sdk.sql.duckdb.zoned_times import local_time, plus_interval
from datalake_sdk.sql.function_catalog import Target
from datalake_sdk.sql.intervals import PARTS_OF_DAY, interval_unit, time_and_interval, whole_days
from datalake_sdk.sql.positions import locate
from datalake_sdk.sql.translation import NodeRules, Translator, common_rules

Q = TypeVar("Q", bound=exp.Expr)


def translate(tree: Q, statement: str = "") -> Q:
    """Translates a query; modifies the tree in place.

    Args:
        tree: A query as `AthenaQueries` parses it.
        statement: Its text, for the position of an error; may be empty.

    Raises:
        SqlUnsupportedError: A construct has no counterpart in DuckDB.
    """

    def unsupported(error: SqlUnsupportedError, node: exp.Expr) -> SqlUnsupportedError:
        if statement:
            error.show_position(*locate(statement, node))
        return error

    _TRANSLATOR.translate(tree, statement, unsupported)
    return tree


def _at_time_zone(node: exp.AtTimeZone) -> exp.Expr:
    return at_timezone(node.this, node.args["zone"])


def _divide(node: exp.Div) -> exp.Expr:
    if node.find(exp.Interval):
        return node
    sample = typed_null(exp.Add(this=_sample(node.this), expression=_sample(node.expression)))
    quotient = call_once("sdk_divide", node.this, node.expression, sample)
    quotient.meta[SAMPLE] = sample
    return quotient


def _sample(operand: exp.Expr) -> exp.Expr:
    """Returns an expression with the type of an operand; literals get the widest decimal, so that quotients fit."""
    operand = operand.unnest()
    if SAMPLE in operand.meta:
        sample: exp.Expr = operand.meta[SAMPLE]
        return sample.copy()
    scale = _scale(operand)
    if scale is None:
        return operand.copy()
    return exp.Cast(this=operand.copy(), to=exp.DataType.build(f"DECIMAL(38, {scale})"))


def _scale(operand: exp.Expr) -> int | None:
    """Returns the scale of a decimal literal or of a cast to decimal."""
    if isinstance(operand, exp.Literal):
        digits = re.fullmatch(r"\d*\.(\d+)", operand.name)
        return len(digits[1]) if digits else None
    if isinstance(operand, exp.Cast) and operand.to.this is exp.DType.DECIMAL:
        return int(operand.to.expressions[1].name) if len(operand.to.expressions) > 1 else 0
    return None


def _subscript(node: exp.Bracket) -> exp.Expr:
    (index,) = apply_index_offset(node.this, node.expressions, 1, dialect=AthenaQueries)
    return call("sdk_subscript", node.copy(), node.this.copy(), index)


def _case(node: exp.Case) -> exp.Expr:
    if isinstance(node.args.get("default"), exp.Expr):
        node.set("default", varchar_literal(node.args["default"]))
    return node


def _branch(node: exp.If) -> exp.Expr:
    for branch in ("true", "false"):
        if isinstance(node.args.get(branch), exp.Expr):
            node.set(branch, varchar_literal(node.args[branch]))
    return node


def _joined(node: exp.GroupConcat) -> exp.Expr:
    """Sets the default separator of `listagg`, an empty string."""
    if node.args.get("separator") is None:
        node.set("separator", exp.Literal.string(""))
    return node


def _remainder(node: exp.Mod) -> exp.Expr:
    return call("sdk_remainder", node.this, node.expression)


def _add(node: exp.Add) -> exp.Expr:
    operands = time_and_interval(node)
    return _with_interval(node, *operands) if operands else node


def _subtract(node: exp.Sub) -> exp.Expr:
    operands = time_and_interval(node)
    return _with_interval(node, *operands) if operands else call("sdk_subtract", node.this, node.expression)


def _with_interval(node: exp.Add | exp.Sub, time: exp.Expr, interval: exp.Expr) -> exp.Expr:
    shifted = plus_interval(node, time, interval)
    if shifted is not None:
        return shifted
    days = whole_days(interval)
    if days is not None and operand_type(time) == "DATE":
        # Several times faster than an interval, which DuckDB adds to a timestamp.
        return type(node)(this=time.copy(), expression=days)
    if interval_unit(interval) in PARTS_OF_DAY:
        return call("sdk_shifted_by_seconds", node.copy(), time)
    return call("cast_to_type", node.copy(), time)


def _ignore_nulls(node: exp.IgnoreNulls) -> exp.Expr:
    """Moves IGNORE NULLS after the last argument, where DuckDB expects it but sqlglot has no node for it."""
    if not isinstance(node.this, exp.Anonymous) or not node.this.expressions:
        raise SqlUnsupportedError("IGNORE NULLS here")
    *arguments, last = node.this.expressions
    return call(node.this.name, *arguments, exp.Var(this=f"{last.sql('duckdb', identify=True)} IGNORE NULLS"))


def _json_extract(node: exp.JSONExtract) -> exp.Expr:
    return json_query(node) if node.args.get("json_query") else node


def _same(node: exp.Expr) -> exp.Expr:
    return node


_RULES: NodeRules = {
    **common_rules(translated_function),
    exp.Add: _add,
    exp.AtTimeZone: _at_time_zone,
    exp.Between: translated_between,
    exp.Bracket: _subscript,
    exp.Cast: translated_cast,
    exp.DPipe: translated_concatenation,
    exp.Div: _divide,
    exp.EQ: translated_comparison,
    exp.GT: translated_comparison,
    exp.GTE: translated_comparison,
    exp.GroupConcat: _joined,
    exp.IgnoreNulls: _ignore_nulls,
    exp.In: translated_in,
    exp.Case: _case,
    exp.If: _branch,
    exp.Join: translated_using_join,
    exp.JSONExtract: _json_extract,
    exp.JSONKeyValue: _same,
    exp.JSONObject: json_object,
    exp.JSONValue: json_value,
    exp.LT: translated_comparison,
    exp.LTE: translated_comparison,
    exp.Mod: _remainder,
    exp.NEQ: translated_comparison,
    exp.NullSafeEQ: translated_distinct_from,
    exp.NullSafeNEQ: translated_distinct_from,
    exp.ParseJSON: json_literal,
    exp.Sub: _subtract,
    exp.TryCast: translated_cast,
    exp.Unnest: _same,
}
_TRANSLATOR = Translator(Target.DUCKDB, _RULES, local_time)
