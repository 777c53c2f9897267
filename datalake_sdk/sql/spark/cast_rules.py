"""Rules for casts: on Athena, fewer strings are numbers, booleans and times than in Spark."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sqlglot import exp

from datalake_sdk.errors import QueryFailedError
from datalake_sdk.sql.cast_types import STRING_FORMATS
from datalake_sdk.sql.spark.scalar_functions import failure
from datalake_sdk.sql.spark.templates import expanded
from datalake_sdk.sql.times import HALF_MICROSECOND, TIME_FORMATS, ZONE_SUFFIX

_REALS = ("float", "double")
_INTEGERS = ("tinyint", "smallint", "int", "bigint")
_ERROR = "INVALID_CAST_ARGUMENT"
_ELEMENT_FORMATS = {
    "array<boolean": "boolean",
    "array<decimal": "decimal",
    "array<double": "double",
    "array<float": "double",
    **{f"array<{name}": "integer" for name in _INTEGERS},
}
"""Keys in `STRING_FORMATS` by the beginning of an array's type."""


def _cast_source(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Checks and rounds the operand of a cast; the other operands are its type and whether an error is null."""
    value, name, is_try = operands
    if types[0] == "string":
        return _checked(value, STRING_FORMATS[name.name], is_try, name)
    is_real = types[0] in _REALS
    if name.name == "integer" and (is_real or types[0].startswith("decimal")):
        return expanded("round(:a)", value)
    if name.name == "decimal" and is_real and not is_try.this:
        failed = failure("'Cannot cast ', CAST(:a AS STRING), ' to decimal'", _ERROR)
        return expanded(f"CASE WHEN isnan(:a) OR abs(:a) = CAST('Infinity' AS DOUBLE) THEN {failed} ELSE :a END", value)
    return value.copy()


def _time_source(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Checks the operand of a cast to a time; the other operands are its type and whether an error is null."""
    value, name, is_try = operands
    if types[0] != "string":
        return value.copy()
    checked = _checked(value, TIME_FORMATS[name.name], is_try, name)
    if name.name != "timestamp":
        return checked
    return expanded("regexp_replace(:a, :b, '')", checked, exp.Literal.string(rf"{ZONE_SUFFIX}\s*\z"))


def _nearest_microsecond(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Rounds a time whose string has more digits; the operands are the time and the operand of its cast."""
    time, source = operands
    if types[1] != "string":
        return time.copy()
    pattern = exp.Literal.string(HALF_MICROSECOND)
    return expanded("CASE WHEN :b RLIKE :c THEN :a + INTERVAL '0.000001' SECOND ELSE :a END", time, source, pattern)


def _nested_source(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Rejects casts of elements and fields that have other results in Spark; for the operands see `_cast_source`."""
    value, target, is_try = operands
    if types[0] == "array<string>" and (name := _ELEMENT_FORMATS.get(target.name.lower().partition("(")[0].strip(">"))):
        failed = "NULL" if is_try.this else failure(f"'Cannot cast an element to {name}'", _ERROR)
        whole = exp.Literal.string(rf"\A(?:{STRING_FORMATS[name]})\z")
        return expanded(f"CASE WHEN exists(:a, sdk_e -> NOT sdk_e RLIKE :b) THEN {failed} ELSE :a END", value, whole)
    pairs = zip(_scalar_types(types[0]), _scalar_types(target.name.lower()), strict=False)
    if changed := next((pair for pair in pairs if _is_changed(*pair)), None):
        raise QueryFailedError(
            f"NOT_SUPPORTED: CAST of {types[0]} to {target.name.lower()} is not supported on Spark",
            f"Cast each value from {changed[0]} to {changed[1]}, for example with transform(x, e -> CAST(e AS type)).",
        )
    return value.copy()


def _scalar_types(name: str) -> list[str]:
    """Returns the scalar types in a type such as `array<struct<x:int,y:string>>`, in this order."""
    return re.findall(r"(?:^|[<:,])\s*(\w+)(?:\(\d+,\s*\d+\))?(?=[>,]|$)", name)


def _is_changed(source: str, target: str) -> bool:
    if target in _INTEGERS:
        return source == "string" or source == "decimal" or source in _REALS
    if target == "string":
        return source in _REALS or source.startswith(("timestamp", "interval"))
    return source == "string" or (target == "decimal" and source in _REALS)


def _checked(value: exp.Expr, pattern: str, is_try: exp.Expr, name: exp.Expr) -> exp.Expr:
    """Returns a string in a format; other strings are null in a try, and otherwise an error."""
    whole = exp.Literal.string(rf"\A(?:{pattern})\z")
    if is_try.this:
        return expanded("CASE WHEN :a RLIKE :b THEN :a END", value, whole)
    failed = failure(f"'Value cannot be cast to {name.name}: ', :a", _ERROR)
    return expanded(f"CASE WHEN NOT :a RLIKE :b THEN {failed} ELSE :a END", value, whole)


CAST_RULES: dict[str, Callable[[Sequence[exp.Expr], Sequence[str]], exp.Expr]] = {
    "cast_source": _cast_source,
    "nearest_microsecond": _nearest_microsecond,
    "nested_source": _nested_source,
    "time_source": _time_source,
}
