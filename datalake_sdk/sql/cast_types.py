"""Types of Athena's casts."""

from __future__ import annotations

from sqlglot import exp

INTEGERS = frozenset({exp.DType.TINYINT, exp.DType.SMALLINT, exp.DType.INT, exp.DType.BIGINT})
STRINGS = frozenset({exp.DType.TEXT, exp.DType.VARCHAR, exp.DType.CHAR})
_MAX_PRECISION = 38


def decimal_parameters(value: exp.Expr) -> list[exp.Expr]:
    """Returns precision and scale for a cast to plain `decimal`; a string literal keeps all of its digits."""
    precision, scale = _MAX_PRECISION, 0
    if isinstance(value, exp.Literal) and value.is_string:
        whole, _, fraction = value.name.strip().lstrip("+-").partition(".")
        precision, scale = max(len(whole) + len(fraction), 1), len(fraction)
    return [exp.DataTypeParam(this=exp.Literal.number(number)) for number in (precision, scale)]
