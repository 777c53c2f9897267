"""Athena's parsed SQL as DuckDB's: operators and syntax here, functions and casts in rooms of their own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from sqlglot import exp
from sqlglot.expressions import apply_index_offset

from datalake_sdk.errors import QueryFailedError, SqlUnsupportedError
from datalake_sdk.sql.athena import AthenaQueries
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.column_sources import relations_first
from datalake_sdk.sql.duckdb.casts import translated_cast
from datalake_sdk.sql.duckdb.column_types import varchar_literal
from datalake_sdk.sql.duckdb.comparisons import between, compared, contained, distinct, joined_by_name
from datalake_sdk.sql.duckdb.failures import TypeMismatchError
from datalake_sdk.sql.duckdb.functions import translated_function, unsupported
from datalake_sdk.sql.duckdb.json_casts import json_literal
from datalake_sdk.sql.duckdb.json_constructors import json_object
from datalake_sdk.sql.duckdb.json_functions import json_query, json_value
from datalake_sdk.sql.duckdb.shared_operands import SAMPLE, call_once, only_type
from datalake_sdk.sql.duckdb.time_functions import at_timezone
from datalake_sdk.sql.positions import locate
from datalake_sdk.sql.times import carried, interval_unit, localize, plus_interval

_SYNTAX = (
    exp.And,
    exp.Array,
    exp.CurrentDate,
    exp.CurrentTimestamp,
    exp.Exists,
    exp.Localtimestamp,
    exp.Or,
    exp.StrPosition,
    exp.Unnest,
)
"""Syntax that sqlglot holds to be functions, and that it translates well."""
_PARTS_OF_DAY = ("HOUR", "MINUTE", "SECOND")

Q = TypeVar("Q", bound=exp.Expr)


def translate(tree: Q, statement: str = "") -> Q:
    """Replaces everything that means something else in DuckDB; the tree is changed in place.

    Args:
        tree: A query as `AthenaQueries` parses it.
        statement: Its text, to show the place of what has no translation.

    Raises:
        SqlUnsupportedError: A function whose meaning in DuckDB is not known.
    """
    for node in relations_first(tree):
        try:
            localize(node)
            facts = {**_position(node), **carried(node)}
            replacement = _translated(node)
        except SqlUnsupportedError as error:
            if statement:
                error.show_place(*locate(statement, node))
            raise
        except TypeMismatchError as error:
            raise _type_mismatch(str(error), node, statement) from error
        replacement.meta.update({**facts, **replacement.meta})
        if replacement is not node:
            node.replace(replacement)
    return tree


def _type_mismatch(reason: str, node: exp.Expr, statement: str) -> QueryFailedError:
    if not statement:
        return QueryFailedError(f"TYPE_MISMATCH: {reason}")
    line, column, excerpt = locate(statement, node)
    return QueryFailedError(f"TYPE_MISMATCH: line {line}:{column}: {reason}\n{excerpt}")


def _position(node: exp.Expr) -> dict[str, Any]:
    """Where the node stands in the statement, if the parser has noted it."""
    return {key: value for key, value in node.meta.items() if key == "start"}


def _translated(node: exp.Expr) -> exp.Expr:
    rule = _RULES.get(type(node))
    if rule is not None:
        return rule(node)
    if isinstance(node, exp.Func) and not isinstance(node, _SYNTAX):
        raise unsupported(node.sql_name().lower())
    return node


def _at_time_zone(node: exp.AtTimeZone) -> exp.Expr:
    return at_timezone(node.this, node.args["zone"])


def _extract(node: exp.Extract) -> exp.Expr:
    if _is_interval(node.expression):
        raise SqlUnsupportedError("EXTRACT from an interval")
    return translated_function(call(node.name, node.expression))


def _trim(node: exp.Trim) -> exp.Expr:
    name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(node.args.get("position") or "", "trim")
    return call(f"athena_{name}", node.this, node.expression)


def _substring(node: exp.Substring) -> exp.Expr:
    return call("athena_substr", node.this, node.args.get("start"), node.args.get("length"))


def _divide(node: exp.Div) -> exp.Expr:
    if node.find(exp.Interval):
        return node
    sample = only_type(exp.Add(this=_sample(node.this), expression=_sample(node.expression)))
    quotient = call_once("sdk_divide", node.this, node.expression, sample)
    quotient.meta[SAMPLE] = sample
    return quotient


def _sample(operand: exp.Expr) -> exp.Expr:
    """Something of an operand's type; for a literal of the widest decimal, so that a quotient by 0.01 fits."""
    operand = operand.unnest()
    if SAMPLE in operand.meta:
        sample: exp.Expr = operand.meta[SAMPLE]
        return sample.copy()
    scale = _scale(operand)
    if scale is None:
        return operand.copy()
    return exp.Cast(this=operand.copy(), to=exp.DataType.build(f"DECIMAL(38, {scale})"))


def _scale(operand: exp.Expr) -> int | None:
    """Scale of a decimal that a literal or a cast makes."""
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
    """`listagg`, which joins with nothing where no separator is given."""
    if node.args.get("separator") is None:
        node.set("separator", exp.Literal.string(""))
    return node


def _remainder(node: exp.Mod) -> exp.Expr:
    return call("sdk_remainder", node.this, node.expression)


def _add(node: exp.Add) -> exp.Expr:
    time, interval = (node.expression, node.this) if _is_interval(node.this) else (node.this, node.expression)
    return _with_interval(node, time, interval) if _is_interval(interval) else node


def _subtract(node: exp.Sub) -> exp.Expr:
    if _is_interval(node.expression):
        return _with_interval(node, node.this, node.expression)
    return call("sdk_subtract", node.this, node.expression)


def _with_interval(node: exp.Add | exp.Sub, time: exp.Expr, interval: exp.Expr) -> exp.Expr:
    on_clock = plus_interval(node, time, interval)
    if on_clock is not None:
        return on_clock
    if interval_unit(interval) in _PARTS_OF_DAY:
        return call("sdk_shifted_by_seconds", node.copy(), time)
    return call("cast_to_type", node.copy(), time)


def _is_interval(operand: exp.Expr) -> bool:
    inner = operand.unnest()
    return isinstance(inner, exp.Interval) or (isinstance(inner, exp.Mul) and inner.find(exp.Interval) is not None)


def _ignore_nulls(node: exp.IgnoreNulls) -> exp.Expr:
    """DuckDB wants IGNORE NULLS after the last argument, for which sqlglot has no node."""
    if not isinstance(node.this, exp.Anonymous) or not node.this.expressions:
        raise SqlUnsupportedError("IGNORE NULLS in this place")
    *arguments, last = node.this.expressions
    return call(node.this.name, *arguments, exp.Var(this=f"{last.sql('duckdb', identify=True)} IGNORE NULLS"))


def _json_extract(node: exp.JSONExtract) -> exp.Expr:
    return json_query(node) if node.args.get("json_query") else node


def _same(node: exp.Expr) -> exp.Expr:
    return node


def _refused(node: exp.Expr) -> exp.Expr:
    raise SqlUnsupportedError(f"'{node.sql()}'", "Write the value into the query.")


_RULES: dict[type[exp.Expr], Callable[[Any], exp.Expr]] = {
    exp.Add: _add,
    exp.Anonymous: translated_function,
    exp.AtTimeZone: _at_time_zone,
    exp.Between: between,
    exp.Bracket: _subscript,
    exp.Cast: translated_cast,
    exp.Div: _divide,
    exp.EQ: compared,
    exp.Extract: _extract,
    exp.GT: compared,
    exp.GTE: compared,
    exp.GroupConcat: _joined,
    exp.IgnoreNulls: _ignore_nulls,
    exp.In: contained,
    exp.Case: _case,
    exp.If: _branch,
    exp.Join: joined_by_name,
    exp.JSONExtract: _json_extract,
    exp.JSONKeyValue: _same,
    exp.JSONObject: json_object,
    exp.JSONValue: json_value,
    exp.LT: compared,
    exp.LTE: compared,
    exp.Mod: _remainder,
    exp.NEQ: compared,
    exp.NullSafeEQ: distinct,
    exp.NullSafeNEQ: distinct,
    exp.Parameter: _refused,
    exp.ParseJSON: json_literal,
    exp.Placeholder: _refused,
    exp.Sub: _subtract,
    exp.Substring: _substring,
    exp.Trim: _trim,
    exp.TryCast: translated_cast,
}
