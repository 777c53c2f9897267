"""Types of Athena's casts."""

from __future__ import annotations

import re

from sqlglot import exp

INTEGERS = frozenset({exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT})
STRINGS = frozenset({exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.CHAR})
CHAR_LENGTH = "sdk_char_length"
"""Key in the `meta` of an expression of type char: its length, to which it is padded with spaces."""
STRING_FORMATS = {
    "boolean": "(?i:t|true|1|f|false|0)",
    "decimal": r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?",
    "double": r"\s*[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)\s*",
    "integer": r"[+-]?\d+",
}
"""Strings that Athena casts to a type: regular expressions."""
_FORMAT_NAMES = {
    exp.DType.BOOLEAN: "boolean",
    exp.DType.DECIMAL: "decimal",
    exp.DType.DOUBLE: "double",
    exp.DType.FLOAT: "double",
    **dict.fromkeys(INTEGERS, "integer"),
}
_MAX_PRECISION = 38


def format_name(node: exp.Cast) -> str | None:
    """Returns the key in `STRING_FORMATS` for a cast; None if its operand needs no check.

    Args:
        node: A cast to any type.
    """
    name, source = _FORMAT_NAMES.get(node.to.this), node.this
    is_checked = isinstance(source, exp.Literal) and source.is_string and name
    return None if is_checked and re.fullmatch(STRING_FORMATS[name or ""], source.name, re.ASCII) else name


def is_try(node: exp.Expr) -> bool:
    """Whether a cast or a call returns null instead of an error."""
    call = node.parent
    return isinstance(node, exp.TryCast) or (isinstance(call, exp.Anonymous) and call.name.lower() == "try")


def decimal_parameters(value: exp.Expr) -> list[exp.Expr]:
    """Returns precision and scale for a cast to plain `decimal`; a string literal keeps all of its digits."""
    precision, scale = _MAX_PRECISION, 0
    if isinstance(value, exp.Literal) and value.is_string:
        whole, _, fraction = value.name.strip().lstrip("+-").partition(".")
        precision, scale = max(len(whole) + len(fraction), 1), len(fraction)
    return [exp.DataTypeParam(this=exp.Literal.number(number)) for number in (precision, scale)]
