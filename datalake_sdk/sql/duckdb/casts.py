"""Translates CAST and TRY_CAST."""

from __future__ import annotations

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.cast_types import CHAR_LENGTH, INTEGERS, STRING_FORMATS, STRINGS, decimal_parameters, format_name
from datalake_sdk.sql.duckdb.column_types import operand_type, type_family
from datalake_sdk.sql.duckdb.single_evaluation import SAMPLE, call_once, evaluated_once
from datalake_sdk.sql.duckdb.time_casts import TIME_TYPES, cast_to_time, timestamp_to_varchar

_CHECKED = {exp.DType.BOOLEAN, exp.DType.DECIMAL, exp.DType.DOUBLE, exp.DType.FLOAT}
_EXACT = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "DECIMAL")
"""Types whose casts to decimals are exact or rounded half up in DuckDB."""


def translated_cast(node: exp.Cast) -> exp.Expr:
    """Rewrites a cast if DuckDB and Athena return different values.

    Doubles are rounded half up to integers, strings are truncated to the length of the type, JSON strings lose their
    quotes; the default precision of a timestamp is 3, the default scale of a decimal is 0.
    """
    kind = node.to.this
    parameters = node.to.expressions
    if kind in INTEGERS:
        name = "sdk_try_integer" if isinstance(node, exp.TryCast) else "sdk_to_integer"
        node.set("this", evaluated_once(node.this, lambda value: call(name, value.copy())))
    elif kind in STRINGS:
        return _cast_to_string(node, parameters)
    elif kind is exp.DType.JSON:
        return call("sdk_to_json", node.this)
    elif kind in _CHECKED:
        return _checked(node)
    elif kind is exp.DType.UUID and not isinstance(node, exp.TryCast):
        return call("sdk_to_uuid", node.this)
    elif kind in TIME_TYPES:
        return cast_to_time(node)
    elif kind is exp.DType.ARRAY:
        return _array(node)
    return node


def _array(node: exp.Cast) -> exp.Expr:
    """Checks elements that DuckDB casts to other values than Athena."""
    element = exp.Cast(this=exp.Null(), to=node.to.expressions[0].copy())
    name = "varchar" if element.to.this in STRINGS else format_name(element)
    if name is not None:
        macro = "sdk_try_array_source" if isinstance(node, exp.TryCast) else "sdk_array_source"
        pattern = exp.Literal.string(STRING_FORMATS.get(name, ""))
        node.set("this", call(macro, node.this, exp.Literal.string(name), pattern))
    return node


def _checked(node: exp.Cast) -> exp.Expr:
    """Rejects strings that DuckDB parses and Athena does not, and rounds doubles to decimals by their digits."""
    source, name, kind = node.this, format_name(node), node.to.this
    if kind is exp.DType.DECIMAL and not node.to.expressions:
        node.to.set("expressions", decimal_parameters(source))
    family = type_family(operand_type(source))
    checked_name = name if family in (None, "varchar") else None
    is_exact = family in ("varchar", "date", "boolean") or operand_type(source) in _EXACT
    if kind is exp.DType.DECIMAL and not is_exact:
        rounded = exp.cast(evaluated_once(source, lambda value: _rounded(node, value, checked_name)), node.to.copy())
        rounded.meta[SAMPLE] = exp.cast(exp.Null(), node.to.copy())
        return rounded
    if checked_name is not None:
        node.set("this", evaluated_once(source, lambda value: _checked_source(node, value, checked_name)))
    return node


def _checked_source(node: exp.Cast, value: exp.Expr, name: str) -> exp.Expr:
    macro = "sdk_try_source" if isinstance(node, exp.TryCast) else "sdk_source"
    return call(macro, value.copy(), exp.Literal.string(name))


def _rounded(node: exp.Cast, value: exp.Expr, name: str | None) -> exp.Expr:
    def cast(operand: exp.Expr) -> exp.Expr:
        return type(node)(**{**node.args, "this": operand}).copy()

    scale = int(node.to.expressions[1].name) if len(node.to.expressions) > 1 else 0
    is_near_half = call("sdk_is_near_half", value.copy(), exp.Literal.number(f"1e{scale}"))
    by_digits = cast(exp.cast(value.copy(), exp.DType.VARCHAR))
    return exp.Case(
        ifs=[exp.If(this=is_near_half, true=by_digits)],
        default=cast(value if name is None else _checked_source(node, value, name)),
    )


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
    padded.meta[CHAR_LENGTH] = length
    return padded
