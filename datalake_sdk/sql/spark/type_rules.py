"""What depends on the types of operands, which Spark's own analyzer tells.

Athena divides integers to integers and keeps a date a date; Spark does not. Nothing but the analyzer knows the types of
columns of subqueries, of lambdas' arguments and so on. So the query is analyzed once, with a stand-in of about the same
type where the type matters, and a mark around its operands; then each stand-in gives way to what its types ask for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from datalake_sdk.errors import QueryFailedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.spark.number_format import scientific_notation
from datalake_sdk.sql.spark.shifts import SHIFT_RULES
from datalake_sdk.sql.spark.templates import expanded, spark_sql

_PREFIX = "sdk_typed_"
_MARKER = "sdk_mark_"
_INTEGERS = {"tinyint": 3, "smallint": 5, "int": 10, "bigint": 19}
"""Digits of each type as a decimal: https://trino.io/docs/current/language/types.html#decimal"""
_REALS = ("float", "double")
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_MOST_DIGITS = 38
_MIN_SCALE = 6


def placeholder(rule: str, *operands: exp.Expr) -> exp.Expr:
    """A place that `resolve_placeholders` fills by the operands' types."""
    return call(_PREFIX + rule, *operands)


def resolve_placeholders(tree: exp.Query, analyze: Callable[[str], Any]) -> exp.Query:
    """Fills every place made by `placeholder`, the innermost first; the tree is changed in place.

    Args:
        tree: A query, translated.
        analyze: Returns the analyzed logical plan of a query, as a Java object.
    """
    while innermost := [node for node in _placeholders(tree) if not any(True for _ in _placeholders_within(node))]:
        marks = _markers(innermost)
        types = _types_by_marker(analyze(spark_sql(_with_substitutes(tree, marks))))
        for node in innermost:
            rule = _RULES[node.name.removeprefix(_PREFIX)]
            # Spark leaves out what it knows to be never needed.
            known = types.get(marks[id(node)])
            replacement = rule(node.expressions, known) if known else node.expressions[0]
            node.replace(replacement)
    return tree


def _types_by_marker(plan: Any) -> dict[str, list[str]]:
    """The types of each mark's operands, by the mark's name."""
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


def _markers(places: Sequence[exp.Anonymous]) -> dict[int, str]:
    """A mark for each place; the same for the same expression of one SELECT, which GROUP BY may repeat."""
    names: dict[tuple[int, str], str] = {}
    keys = {id(place): (id(place.find_ancestor(exp.Select)), place.sql()) for place in places}
    return {place: names.setdefault(key, f"{_MARKER}{len(names)}") for place, key in keys.items()}


def _with_substitutes(tree: exp.Expr, marks: Mapping[int, str]) -> exp.Expr:
    """A copy with a value of about the right type in each place, and marks in the innermost ones."""
    originals = list(_placeholders(tree))
    copy = tree.copy()
    for original, node in reversed(list(zip(originals, list(_placeholders(copy)), strict=True))):
        first, second = (*node.expressions, node.expressions[0])[:2]
        is_division = node.name == _PREFIX + "divide"
        other = second if is_division else first
        mark = marks.get(id(original))
        operands = [call("typeof", operand.copy()) for operand in node.expressions]
        condition = exp.Is(this=call("concat_ws", exp.Literal.string(mark), *operands), expression=exp.Null())
        condition_or_true = condition if mark else exp.Boolean(this=True)
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
    return _Decimal(min(digits, _MOST_DIGITS), max(first.scale, second.scale))


def _check_digits(left: str, right: str, quotient: _Decimal) -> None:
    """Refuses a quotient of which Spark drops digits that Athena keeps.

    https://github.com/apache/spark/blob/v4.0.2/sql/api/src/main/scala/org/apache/spark/sql/types/DecimalType.scala
    """
    first, second = _as_decimal(left), _as_decimal(right)
    if first is None or second is None:
        return
    scale = max(_MIN_SCALE, first.scale + second.digits + 1)
    whole = first.digits - first.scale + second.scale
    kept = scale if whole + scale <= _MOST_DIGITS else max(_MOST_DIGITS - whole, min(scale, _MIN_SCALE))
    if kept < quotient.scale:
        raise QueryFailedError(
            f"of {left} / {right} Spark keeps {kept} fractional digits and Athena {quotient.scale}:"
            " cast the operands to shorter decimals"
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
    """A sum of the second operand and an interval: of a date it is a date."""
    return expanded("CAST(:a AS DATE)" if types[1] == "date" else ":a", operands[0])


def _truncate_time(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    value, unit = operands
    if types[0] == "date":
        return value.copy() if unit.name == "day" else call("trunc", value.copy(), unit.copy())
    kind = "TIMESTAMP_NTZ" if types[0] == "timestamp_ntz" else "TIMESTAMP_LTZ"
    return expanded(f"CAST(date_trunc(:b, :a) AS {kind})", value, unit)


def _to_integer(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    is_fraction = types[0] in _REALS or _DECIMAL.fullmatch(types[0])
    return expanded("round(:a)" if is_fraction else ":a", operands[0])


def _to_text(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    pattern = {"timestamp_ntz": "yyyy-MM-dd HH:mm:ss.SSSSSS", "timestamp": "yyyy-MM-dd HH:mm:ss.SSSSSS 'UTC'"}
    if types[0] in pattern:
        return call("date_format", operands[0].copy(), exp.Literal.string(pattern[types[0]]))
    if types[0] in _REALS:
        return scientific_notation(operands[0])
    return expanded("CAST(:a AS STRING)", operands[0])


def _ceil_or_floor(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """`ceil` and `floor`: Spark makes a bigint of a double, which holds less."""
    value, name = operands
    if types[0] not in _REALS:
        return call(name.name, value.copy())
    # Above 2^52 a double is whole.
    return expanded(f"if(abs(:a) < 4503599627370496, CAST({name.name}(:a) AS DOUBLE), CAST(:a AS DOUBLE))", value)


def _sign(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    return expanded(f"CAST(signum(:a) AS {types[0]})", operands[0])


_RULES: dict[str, Callable[[Sequence[exp.Expr], Sequence[str]], exp.Expr]] = {
    **SHIFT_RULES,
    "average": _average,
    "divide": _divide,
    "same_date": _same_date,
    "sign": _sign,
    "to_integer": _to_integer,
    "to_text": _to_text,
    "truncate_time": _truncate_time,
    "ceil_or_floor": _ceil_or_floor,
}
