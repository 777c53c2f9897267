"""Expands UNNEST of arrays, maps and arrays of rows, whose number of columns depends on the type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
from sqlglot import exp

from datalake_sdk.errors import UnnestColumnsError, UnnestConditionError
from datalake_sdk.sql.calls import call
from datalake_sdk.sql.duckdb.probes import probed_types, with_common_tables

_MAP, _LIST, _ROWS = "map", "list", ("struct", "tuple")


@dataclass(frozen=True)
class _Kind:
    """Kind of an unnested value, with the fields of its entries; an array of scalars has no fields."""

    is_map: bool = False
    fields: tuple[str, ...] = ()


def expand_unnests(connection: duckdb.DuckDBPyConnection, tree: exp.Query) -> None:
    """Replaces each UNNEST by a subquery with a column per key, value, field or element.

    Args:
        connection: Connection with the tables and macros of the query.
        tree: A translated query; changed in place.

    Raises:
        UnnestColumnsError: The alias has the wrong number of columns.
        UnnestConditionError: A join has a condition other than ON TRUE.
    """
    while pending := list(tree.find_all(exp.Unnest)):
        probes = {id(node): _probe(node) for node in pending}
        ready = [node for node in pending if probes[id(node)].find(exp.Unnest) is None]
        for node in ready:
            node.replace(_expanded(node, _kinds(connection, probes[id(node)])))


def _probe(node: exp.Unnest) -> exp.Select:
    """Returns a query of the unnested values over the preceding tables."""
    _check_condition(node)
    select = node.find_ancestor(exp.Select)
    probe = exp.select(*(value.copy() for value in node.expressions))
    if select is None:
        return with_common_tables(probe, node)
    if isinstance(node.parent, exp.From):
        return with_common_tables(_with_outer_tables(probe, select), node)
    position = next(index for index, join in enumerate(select.args["joins"]) if join.this is node)
    probe.set("from_", select.args["from_"].copy())
    probe.set("joins", [join.copy() for join in select.args["joins"][:position]])
    probe.set("laterals", [lateral.copy() for lateral in select.args.get("laterals") or []])
    return with_common_tables(probe, node)


def _with_outer_tables(probe: exp.Select, select: exp.Select) -> exp.Select:
    """Adds the tables of the query that encloses a correlated subquery."""
    outer = select.find_ancestor(exp.Select, exp.From, exp.Join, exp.Lateral, exp.CTE)
    if isinstance(outer, exp.Select) and outer.args.get("from_") is not None:
        probe.set("from_", outer.args["from_"].copy())
        probe.set("joins", [join.copy() for join in outer.args.get("joins") or []])
        probe.set("laterals", [lateral.copy() for lateral in outer.args.get("laterals") or []])
    return probe


def _check_condition(node: exp.Unnest) -> None:
    join = node.parent
    condition = join.args.get("on") if isinstance(join, exp.Join) else None
    if isinstance(join, exp.Join) and condition is not None and condition.unnest() != exp.true():
        raise UnnestConditionError(join.side or join.kind or "INNER")


def _kinds(connection: duckdb.DuckDBPyConnection, probe: exp.Select) -> list[_Kind]:
    """Returns the kind of each value; values that do not bind outside of their query count as arrays of scalars."""
    types = probed_types(connection, probe)
    return [_Kind()] * len(probe.selects) if types is None else [_kind(data_type) for data_type in types]


def _kind(data_type: Any) -> _Kind:
    if data_type.id == _MAP:
        return _Kind(is_map=True, fields=("key", "value"))
    element = data_type.children[0][1] if data_type.id == _LIST else data_type
    if element.id not in _ROWS:
        return _Kind()
    return _Kind(fields=tuple(name or f"field{index}" for index, (name, _) in enumerate(element.children)))


def _expanded(node: exp.Unnest, kinds: list[_Kind]) -> exp.Subquery:
    values = list(zip(node.expressions, kinds, strict=True))
    columns = [_column(value, kind) for value, kind in values]
    names: list[str] = []
    for kind in kinds:
        names += kind.fields or (f"_col{len(names)}",)
    if offset := node.args.get("offset"):
        columns.append(_call("unnest", _ordinals(values)))
        names.append(offset.name if isinstance(offset, exp.Identifier) else "ordinality")
    return exp.Subquery(this=exp.select(*columns), alias=_alias(node, names))


def _column(value: exp.Expr, kind: _Kind) -> exp.Expr:
    if not kind.fields:
        return _call("unnest", value)
    entries = _call("map_entries", value) if kind.is_map else value
    depth = exp.Kwarg(this=exp.var("max_depth"), expression=exp.Literal.number(2))
    return _call("unnest", entries, depth)


def _ordinals(values: Sequence[tuple[exp.Expr, _Kind]]) -> exp.Expr:
    """Returns ordinals from 1 to the length of the longest value."""
    lengths = [
        _call("coalesce", _call("cardinality" if kind.is_map else "len", value), exp.Literal.number(0))
        for value, kind in values
    ]
    longest = lengths[0] if len(lengths) == 1 else _call("greatest", *lengths)
    end = exp.Add(this=longest, expression=exp.Literal.number(1))
    return _call("range", exp.Literal.number(1), exp.cast(end, exp.DType.BIGINT))


def _alias(node: exp.Unnest, names: list[str]) -> exp.TableAlias:
    alias = node.args.get("alias") or exp.TableAlias()
    given = [column.copy() for column in alias.columns]
    if given and isinstance(node.args.get("offset"), exp.Identifier):
        given.append(node.args["offset"].copy())
    if given and len(given) != len(names):
        raise UnnestColumnsError(alias.name, len(given), names)
    columns = given or [exp.to_identifier(name, quoted=True) for name in names]
    return exp.TableAlias(this=alias.this.copy() if alias.this else exp.to_identifier("unnest"), columns=columns)


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return call(name, *(argument.copy() for argument in arguments))
