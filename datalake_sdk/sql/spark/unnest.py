"""Translates UNNEST of arrays, maps and rows to Spark's generators."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from datalake_sdk.errors import SqlUnsupportedError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.spark.templates import expanded

_MAP_COLUMNS = 2


def translated_unnest(node: exp.Unnest) -> exp.Expr:
    """Translates UNNEST; the number of column aliases distinguishes arrays from maps (two columns) and rows (more).

    Raises:
        SqlUnsupportedError: No generator of Spark expands this combination of arguments.
    """
    values, alias = node.expressions, node.args.get("alias")
    columns = [column.copy() for column in alias.columns] if alias is not None else []
    if node.args.get("offset"):
        values, alias = [*values, _ordinals(values)], _with_ordinal(node)
    generator = _generator(node, values, len(columns))
    if isinstance(node.parent, exp.From):
        return exp.Table(this=generator, alias=alias)
    return exp.Lateral(this=generator, alias=alias)


def _generator(node: exp.Unnest, values: Sequence[exp.Expr], column_count: int) -> exp.Expr:
    if column_count <= len(node.expressions):
        return call("explode", *values) if len(values) == 1 else call("inline", _zipped(values))
    if len(values) > 1:
        raise SqlUnsupportedError("UNNEST of maps or rows with other arguments", "Use one UNNEST for each of them.")
    if column_count > _MAP_COLUMNS:
        return call("inline", *values)
    if isinstance(node.parent, exp.Join) and node.parent.side:
        raise SqlUnsupportedError("LEFT JOIN UNNEST of a map", "Only CROSS JOIN UNNEST is supported.")
    return call("explode", *values)


def _with_ordinal(node: exp.Unnest) -> exp.TableAlias:
    alias = node.args.get("alias")
    if alias is None or not isinstance(node.args["offset"], exp.Identifier):
        raise SqlUnsupportedError("UNNEST WITH ORDINALITY without column aliases", "Add aliases: AS t(x, n).")
    return exp.TableAlias(this=alias.this.copy(), columns=[*alias.copy().columns, node.args["offset"].copy()])


def _ordinals(arrays: Sequence[exp.Expr]) -> exp.Expr:
    """Returns an array of the numbers from 1 to the length of the longest array."""
    sizes = [expanded("coalesce(CAST(cardinality(:a) AS BIGINT), 0)", array) for array in arrays]
    longest = sizes[0] if len(sizes) == 1 else call("greatest", *sizes)
    return expanded("CASE WHEN :a > 0 THEN sequence(CAST(1 AS BIGINT), :a) ELSE array() END", longest)


def _zipped(arrays: Sequence[exp.Expr]) -> exp.Expr:
    """Returns an array of rows with one element of each array; a null array counts as empty."""
    return call("arrays_zip", *(expanded("coalesce(:a, array())", array) for array in arrays))
