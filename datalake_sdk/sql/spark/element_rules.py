"""Rules for elements of arrays, values of maps and other operations that depend on the type of a collection."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

from datalake_sdk.errors import QueryFailedError
from datalake_sdk.sql.spark.scalar_functions import failure
from datalake_sdk.sql.spark.templates import expanded


def element_of(collection: exp.Expr, key: exp.Expr) -> exp.Expr:
    """Returns an expression that has the type of the elements of an array or of the values of a map."""
    return exp.Bracket(this=collection.copy(), expressions=[key.copy()])


def _subscript(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Fails for a missing key or a negative index; the operands are the element, the collection and the key."""
    _, collection, key = operands
    if types[1].startswith("map"):
        missing = failure("'Key not present in map: ', CAST(:b AS STRING)")
        return expanded(f"CASE WHEN NOT map_contains_key(:a, :b) THEN {missing} ELSE :a[:b] END", collection, key)
    if isinstance(key, exp.Literal):
        return expanded("element_at(:a, :b)", collection, key)
    negative = failure("'Array subscript is negative: ', CAST(:b AS STRING)")
    return expanded(f"CASE WHEN :b < 0 THEN {negative} ELSE element_at(:a, CAST(:b AS INT)) END", collection, key)


def _element_at(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    """Returns null for a missing element; the operands are the element, the collection and the key."""
    _, collection, key = operands
    index = ":b" if types[1].startswith("map") else "CAST(:b AS INT)"
    return expanded(f"try_element_at(:a, {index})", collection, key)


def _reverse(operands: Sequence[exp.Expr], types: Sequence[str]) -> exp.Expr:
    if types[0] == "binary":
        raise QueryFailedError("NOT_SUPPORTED: reverse() of a varbinary is not supported on Spark")
    return expanded("reverse(:a)", operands[0])


ELEMENT_RULES: dict[str, Callable[[Sequence[exp.Expr], Sequence[str]], exp.Expr]] = {
    "element_at": _element_at,
    "reverse": _reverse,
    "subscript": _subscript,
}
