"""Column lineage of a query: the columns of tables from which each column of the result is computed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, TypeAlias

from sqlglot import exp
from sqlglot.errors import SqlglotError

from datalake_sdk.sql.athena import AthenaQueries, parse_unchecked
from datalake_sdk.sql.function_catalog import athena_functions
from datalake_sdk.sql.tables import lake_tables, name_columns

if TYPE_CHECKING:
    from sqlglot.lineage import Node

logger = logging.getLogger(__name__)


class Transformation(IntEnum):
    """How a value is derived from a column: https://openlineage.io/docs/spec/facets/dataset-facets/column_lineage_facet."""

    IDENTITY = 0
    TRANSFORMATION = 1
    AGGREGATION = 2


@dataclass(frozen=True, order=True)
class SourceColumn:
    """A column of a table that a query reads.

    Args:
        database: Database as written in the query, with the stage prefix.
        table: Table name.
        column: Column name in lowercase.
        transformation: `IDENTITY` if the value is copied.
    """

    database: str
    table: str
    column: str
    transformation: Transformation


_METADATA = "$"
"""Separates the names of a table and of a metadata table: `"orders$snapshots"`."""
ColumnSources: TypeAlias = Mapping[str, tuple[SourceColumn, ...]]
"""By column of the result, sorted; columns without a source, such as constants, are absent."""
_Origins: TypeAlias = dict[tuple[str, str, str], Transformation]
"""By database, table and column."""
_ANALYSIS_FAILURES = (SqlglotError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
"""Errors that the optimizer of sqlglot raises for queries that it cannot analyze."""


@dataclass(frozen=True)
class QueryLineage:
    """What a query reads.

    Args:
        tables: Database, with the stage prefix, and name of each table, sorted; metadata tables are not included.
        columns: Sources of each column of its result; empty if the query cannot be analyzed.
    """

    tables: Sequence[tuple[str, str]]
    columns: ColumnSources


def query_lineage(
    statement: str, columns: Callable[[str, str], Sequence[str]], database: str | None = None
) -> QueryLineage:
    """Finds the tables that a query reads, and traces each column of its result to their columns.

    Columns in WHERE, JOIN and GROUP BY do not count as sources; those in window clauses do.

    Args:
        statement: One query in Athena's dialect, without placeholders.
        columns: Returns the columns of a table, by its database, with the stage prefix, and its name. Without the
            columns of a table, `*` and unqualified columns of joins have no sources.
        database: Database of unqualified tables, with the stage prefix.

    Raises:
        DatalakeError: The statement is not a valid query.
    """
    tree = parse_unchecked(statement)
    found = {(table.db.lower(), table.name.lower()) for table in lake_tables(tree, database)}
    tables = sorted(name for name in found if _METADATA not in name[1])
    name_columns(tree)
    try:
        return QueryLineage(tables, _sources(tree, _schema({table: columns(*table) for table in tables})))
    except _ANALYSIS_FAILURES as error:
        logger.debug("cannot trace the columns of the query: %s: %s", type(error).__name__, error)
        return QueryLineage(tables, {})


def _schema(tables: Mapping[tuple[str, str], Sequence[str]]) -> dict[str, object]:
    schema: dict[str, dict[str, dict[str, str]]] = {}
    for (database, table), columns in tables.items():
        if columns:
            schema.setdefault(database, {})[table] = dict.fromkeys(map(str.lower, columns), "varchar")
    return dict(schema)


def _sources(tree: exp.Query, schema: dict[str, object]) -> ColumnSources:
    from sqlglot.lineage import lineage

    nodes = lineage(None, tree, schema, dialect=AthenaQueries, trim_selects=False, copy=False)
    seen: dict[int, _Origins] = {}
    found = {name.lower(): _origins(node, seen) for name, node in nodes.items()}
    return {
        name: tuple(sorted(SourceColumn(*column, kind) for column, kind in origins.items()))
        for name, origins in found.items()
        if origins
    }


def _origins(node: Node, seen: dict[int, _Origins]) -> _Origins:
    """Returns the columns behind a node, each with the strongest transformation on a path to it."""
    if id(node) in seen:
        return seen[id(node)]
    # A recursive query refers to itself: the node is known before its columns are.
    origins = seen.setdefault(id(node), {})
    if isinstance(node.expression, exp.Table):
        origins.update(_table_column(node.expression, node.name))
        return origins
    applied = _transformation(node.expression)
    for inner in node.downstream:
        for column, transformation in _origins(inner, seen).items():
            origins[column] = max(origins.get(column, applied), transformation, applied)
    return origins


def _table_column(table: exp.Table, reference: str) -> _Origins:
    """Returns the column that a reference such as `o.amount` names; metadata tables and `*` have none."""
    column = exp.to_column(reference).name.lower()
    if _METADATA in table.name or column in ("", "*"):
        return {}
    return {(table.db.lower(), table.name.lower(), column): Transformation.IDENTITY}


def _transformation(expression: exp.Expr) -> Transformation:
    value = expression.unalias()
    if isinstance(value, exp.Column | exp.Query):
        return Transformation.IDENTITY
    is_aggregate = any(map(_is_aggregate, value.find_all(exp.Func)))
    return Transformation.AGGREGATION if is_aggregate else Transformation.TRANSFORMATION


def _is_aggregate(call: exp.Func) -> bool:
    if not isinstance(call, exp.Anonymous):
        return isinstance(call, exp.AggFunc)
    function = athena_functions().get(call.name.lower())
    return function is not None and function.kind == "aggregate"
