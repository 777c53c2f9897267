"""Bit shifts: on Athena, the result has the type of the operand, and excess bits are dropped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from datalake_sdk.sql.spark.templates import expanded

_BITS = {"tinyint": 8, "smallint": 16, "int": 32, "bigint": 64}
_ALL_BITS = 64


def _shift_left(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    kind = types[0]
    shifted = "shiftleft(CAST(:a AS BIGINT), :b)"
    return expanded(f"CASE WHEN :b >= 64 THEN CAST(0 AS {kind}) ELSE {_signed(shifted, kind)} END", *operands)


def _shift_right(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    kind = types[0]
    shifted = f"CAST(shiftrightunsigned({_unsigned('CAST(:a AS BIGINT)', kind)}, :b) AS {kind})"
    return expanded(f"CASE WHEN :b >= 64 THEN CAST(0 AS {kind}) WHEN :b = 0 THEN :a ELSE {shifted} END", *operands)


def _shift_right_arithmetic(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    return expanded(f"CAST(shiftright(CAST(:a AS BIGINT), least(:b, 63)) AS {types[0]})", *operands)


def _unsigned(value: str, kind: str) -> str:
    """Returns the bits of a value as an unsigned bigint; a bigint is unchanged."""
    return value if _BITS[kind] == _ALL_BITS else f"({value} & CAST({2 ** _BITS[kind] - 1} AS BIGINT))"


def _signed(value: str, kind: str) -> str:
    if _BITS[kind] == _ALL_BITS:
        return value
    bits, half = _unsigned(value, kind), 2 ** (_BITS[kind] - 1)
    return f"CAST(CASE WHEN {bits} >= {half} THEN {bits} - {2 * half} ELSE {bits} END AS {kind})"


SHIFT_RULES: dict[str, Callable[[Sequence[exp.Expr], Sequence[str]], exp.Expr]] = {
    "shift_left": _shift_left,
    "shift_right": _shift_right,
    "shift_right_arithmetic": _shift_right_arithmetic,
}
