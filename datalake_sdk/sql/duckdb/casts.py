"""Translates CAST and TRY_CAST."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.cast_types import INTEGERS, STRINGS, decimal_parameters
from datalake_sdk.sql.duckdb.comparisons import LENGTH
from datalake_sdk.sql.duckdb.single_evaluation import call_once
from datalake_sdk.sql.duckdb.time_casts import TIME_TYPES, cast_to_time, timestamp_to_varchar


def translated_cast(node: exp.Cast) -> exp.Expr:
    """Rewrites a cast if DuckDB and Athena return different values.

    Doubles are rounded half up to integers, strings are truncated to the length of the type, JSON strings lose their
    quotes; the default precision of a timestamp is 3, the default scale of a decimal is 0.
    """
    kind = node.to.this
    parameters = node.to.expressions
    if kind in INTEGERS:
        name = "sdk_try_integer" if isinstance(node, exp.TryCast) else "sdk_to_integer"
        node.set("this", call(name, node.this))
    elif kind in STRINGS:
        return _cast_to_string(node, parameters)
    elif kind is exp.DType.JSON:
        return call("sdk_to_json", node.this)
    elif kind is exp.DType.DECIMAL and not parameters:
        node.to.set("expressions", decimal_parameters(node.this))
    elif kind is exp.DType.UUID and not isinstance(node, exp.TryCast):
        return call("sdk_to_uuid", node.this)
    elif kind in TIME_TYPES:
        return cast_to_time(node)
    return node


def _cast_to_string(node: exp.Cast, parameters: list[exp.Expr]) -> exp.Expr:
    text = timestamp_to_varchar(node.this) or call_once("sdk_to_varchar", node.this)
    if node.to.this is exp.DType.CHAR:
        if not parameters and isinstance(node.this, exp.Literal):
            raise SqlUnsupportedError(
                "a literal of type char without a length", "Add the length: CAST('a' AS char(1))."
            )
        return _char(text, int(parameters[0].name) if parameters else 1)
    if not parameters:
        return text
    length = parameters[0].this
    return call_once("sdk_to_varchar_of", node.this, text, length)


def _char(text: exp.Expr, length: int) -> exp.Expr:
    padded = call("rpad", text, exp.Literal.number(length), exp.Literal.string(" "))
    padded.meta[LENGTH] = length
    return padded
