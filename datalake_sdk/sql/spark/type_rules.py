"""Translations that depend on the types of operands, which Spark's analyzer determines.

On Athena the quotient of integers is an integer, and a date plus an interval of days is a date; in Spark neither is.
Only the analyzer can determine the types of columns, subqueries and lambda parameters, so these expressions are first
replaced with placeholders. The query is then analyzed with a substitute of a similar type for each placeholder and a
marker around its operands, and the types found at the marker determine the final expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from datalake_sdk.errors import QueryFailedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.spark.cast_rules import CAST_RULES
from datalake_sdk.sql.spark.element_rules import ELEMENT_RULES
from datalake_sdk.sql.spark.number_format import scientific_notation
from datalake_sdk.sql.spark.shifts import SHIFT_RULES
from datalake_sdk.sql.spark.templates import expanded, spark_sql
from datalake_sdk.sql.times import UNITS_OF_DAY

_PREFIX = "sdk_typed_"
_MARKER = "sdk_mark_"
_INTEGERS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
"""Digits of each type as a decimal: https://trino.io/docs/current/language/types.html#decimal"""
_REALS = ("float", "double")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_MAX_PRECISION = 38
_MIN_SCALE = 6


def placeholder(rule: str, *operands: exp.Expr) -> exp.Expr:
    """Returns a placeholder for an expression that depends on the types of its operands.

    Args:
        rule: Name of one of the rules of this module.
        operands: Operands of the rule.
    """
    return call(_PREFIX + rule, *operands)


def resolve_placeholders(tree: exp.Query, analyze: Callable[[str], Any]) -> exp.Query:
    """Replaces every placeholder, the innermost ones first; the tree is changed in place.

    Args:
        tree: A translated query.
        analyze: Returns the analyzed logical plan of a query, as a Java object.
    """
    while innermost := [node for node in _placeholders(tree) if not any(True for _ in _placeholders_within(node))]:
        markers = _markers(innermost)
        types = _types_by_marker(analyze(spark_sql(_with_substitutes(tree, markers))))
        for node in innermost:
            rule = _RULES[node.name.removeprefix(_PREFIX)]
            # Spark's analyzer removes expressions that cannot affect the result.
            known = types.get(markers[id(node)])
            node.replace(rule(node.expressions, known) if known else node.expressions[0])
    return tree


def _types_by_marker(plan: Any) -> dict[str, list[str]]:
    """Returns the types of the operands at each marker."""
    found = {}
    for expression in _expressions_of_plan(plan):
        if expression.prettyName() == "concat_ws":
            name, *operands = _items(expression.children())
            if name.toString().startswith(_MARKER):
                found[name.toString()] = [_items(each.children())[0].dataType().catalogString() for each in operands]
    return found


@dataclass(frozen=True)
class _Decimal:
    digits: int
    scale: int

    @property
    def sql(self) -> str:
        return f"DECIMAL({self.digits}, {self.scale})"


def _placeholders(tree: exp.Expr) -> Iterator[exp.Anonymous]:
    return (node for node in tree.find_all(exp.Anonymous) if node.name.startswith(_PREFIX))


def _placeholders_within(node: exp.Anonymous) -> Iterator[exp.Anonymous]:
    return (below for operand in node.expressions for below in _placeholders(operand))


def _markers(nodes: Sequence[exp.Anonymous]) -> dict[int, str]:
    """Returns a marker by node id; equal expressions of a SELECT share one, since GROUP BY may repeat them."""
    names: dict[tuple[int, str], str] = {}
    keys = {id(node): (id(node.find_ancestor(exp.Select)), node.sql()) for node in nodes}
    return {node: names.setdefault(key, f"{_MARKER}{len(names)}") for node, key in keys.items()}


def _with_substitutes(tree: exp.Expr, markers: Mapping[int, str]) -> exp.Expr:
    """Returns a copy with a value of a similar type for each placeholder, and markers around the innermost ones."""
    originals = list(_placeholders(tree))
    copy = tree.copy()
    for original, node in reversed(list(zip(originals, list(_placeholders(copy)), strict=True))):
        first, second = (*node.expressions, node.expressions[0])[:2]
        is_division = node.name == _PREFIX + "divide"
        other = second if is_division else first
        marker = markers.get(id(original))
        if not marker and not is_division:
            node.replace(first)
            continue
        operands = [call("typeof", operand.copy()) for operand in node.expressions]
        condition = exp.Is(this=call("concat_ws", exp.Literal.string(marker), *operands), expression=exp.Null())
        condition_or_true = condition if marker else exp.Boolean(this=True)
        node.replace(call("if", condition_or_true, first.copy(), other.copy()))
    return copy


def _expressions_of_plan(plan: Any) -> Iterator[Any]:
    for expression in _items(plan.expressions()):
        yield from _with_children(expression)
    for below in (*_items(plan.children()), *_items(plan.subqueries())):
        yield from _expressions_of_plan(below)


def _with_children(expression: Any) -> Iterator[Any]:
    yield expression
    for child in _items(expression.children()):
        yield from _with_children(child)


def _items(sequence: Any) -> list[Any]:
    return [sequence.apply(index) for index in range(sequence.size())]


def _divide(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    left, right = types
    if left in _INTEGERS and right in _INTEGERS:
        wider = max(types, key=lambda name: _INTEGERS[name])
        return expanded(f"CAST(:a div :b AS {wider})", *operands)
    quotient = _decimal_quotient(left, right)
    if quotient is not None:
        _check_digits(left, right, quotient)
        return expanded(f"CAST(:a / :b AS {quotient.sql})", *operands)
    if left in _REALS or right in _REALS:
        return expanded("CASE WHEN :b = 0 THEN :a * CAST('Infinity' AS DOUBLE) ELSE :a / :b END", *operands)
    return expanded("(:a / :b)", *operands)


def _decimal_quotient(left: str, right: str) -> _Decimal | None:
    """Athena's type: https://trino.io/docs/current/functions/decimal.html#result-precision-and-scale."""
    first, second = _as_decimal(left), _as_decimal(right)
    if first is None or second is None:
        return None
    digits = first.digits + second.scale + max(second.scale - first.scale, 0)
    return _Decimal(min(digits, _MAX_PRECISION), max(first.scale, second.scale))


def _check_digits(left: str, right: str, quotient: _Decimal) -> None:
    """Raises an error if Spark drops digits of a quotient that Athena keeps.

    https://github.com/apache/spark/blob/v4.0.2/sql/api/src/main/scala/org/apache/spark/sql/types/DecimalType.scala
    """
    first, second = _as_decimal(left), _as_decimal(right)
    if first is None or second is None:
        return
    scale = max(_MIN_SCALE, first.scale + second.digits + 1)
    whole = first.digits - first.scale + second.scale
    kept = scale if whole + scale <= _MAX_PRECISION else max(_MAX_PRECISION - whole, min(scale, _MIN_SCALE))
    if kept < quotient.scale:
        raise QueryFailedError(
            f"{left} / {right} has {kept} fractional digits on Spark and {quotient.scale} on Athena:"
            " cast the operands to decimals of lower precision"
        )


def _as_decimal(name: str) -> _Decimal | None:
    if name in _INTEGERS:
        return _Decimal(_INTEGERS[name], 0)
    match = _DECIMAL.fullmatch(name)
    return _Decimal(int(match[1]), int(match[2])) if match else None


def _average(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    match = _DECIMAL.fullmatch(types[1])
    return expanded(f"CAST(:a AS DECIMAL({match[1]}, {match[2]}))" if match else ":a", operands[0])


def _same_date(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Casts the sum of a date and an interval to a date; the operands are the sum and the date or time."""
    return expanded("CAST(:a AS DATE)" if types[1] == "date" else ":a", operands[0])


def _truncate_time(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    value, unit = operands
    if types[0] == "date":
        _check_date_unit(unit.name)
        return value.copy() if unit.name == "day" else call("trunc", value.copy(), unit.copy())
    kind = "TIMESTAMP_NTZ" if types[0] == "timestamp_ntz" else "TIMESTAMP_LTZ"
    return expanded(f"CAST(date_trunc(:b, :a) AS {kind})", value, unit)


def _difference(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Checks the unit of a difference of dates; the operands are the difference, the dates or times, and the unit."""
    if types[1] == types[2] == "date":
        _check_date_unit(operands[3].name)
    return operands[0].copy()


def _check_date_unit(unit: str) -> None:
    if unit in UNITS_OF_DAY:
        raise QueryFailedError(f"INVALID_FUNCTION_ARGUMENT: '{unit}' is not a valid DATE field")


def _to_string(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    if types[0].startswith("interval"):
        raise QueryFailedError("NOT_SUPPORTED: CAST(interval AS varchar) is not supported on Spark")
    pattern = {"timestamp_ntz": "yyyy-MM-dd HH:mm:ss.SSSSSS", "timestamp": "yyyy-MM-dd HH:mm:ss.SSSSSS 'UTC'"}
    if types[0] in pattern:
        return call("date_format", operands[0].copy(), exp.Literal.string(pattern[types[0]]))
    if types[0] in _REALS:
        return scientific_notation(operands[0])
    return expanded("CAST(:a AS STRING)", operands[0])


def _to_varchar(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Truncates strings to the length of the type; other values must fit. The operands are text, value and length."""
    text, _, length = operands
    if types[1] == "string":
        return call("left", text.copy(), length.copy())
    failure = "raise_error(concat('Value ', :a, ' cannot be represented as varchar(', :b, ')'))"
    return expanded(f"CASE WHEN length(:a) > :b THEN {failure} ELSE :a END", text, length)


def _plus_time(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Rejects the sum of a date and hours, minutes or seconds; the operands are the sum and the date or time."""
    if types[1] == "date":
        raise QueryFailedError("TYPE_MISMATCH: Cannot add hour, minutes or seconds to a date")
    return expanded(":a", operands[0])


def _ceil_or_floor(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Rounds a double to a double: Spark's `ceil` and `floor` return a bigint, whose range is smaller."""
    value, name = operands
    if types[0] not in _REALS:
        return call(name.name, value.copy())
    # Doubles from 2^52 have no fraction.
    return expanded(f"if(abs(:a) < 4503599627370496, CAST({name.name}(:a) AS DOUBLE), CAST(:a AS DOUBLE))", value)


def _sign(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    return expanded(f"CAST(signum(:a) AS {types[0]})", operands[0])


_RULES: dict[str, Callable[[Sequence[exp.Expr], Sequence[str]], exp.Expr]] = {
    **CAST_RULES,
    **ELEMENT_RULES,
    **SHIFT_RULES,
    "average": _average,
    "difference": _difference,
    "divide": _divide,
    "plus_time": _plus_time,
    "same_date": _same_date,
    "sign": _sign,
    "to_string": _to_string,
    "to_varchar": _to_varchar,
    "truncate_time": _truncate_time,
    "ceil_or_floor": _ceil_or_floor,
}
