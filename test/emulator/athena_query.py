"""Runs queries on DuckDB in place of Trino, and reads only the columns and files that they need."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import duckdb
import pyarrow as pa
from pyiceberg import expressions as iceberg
from pyiceberg.table import Table
from sqlglot import exp

from datalake_sdk.engine.scan import snapshot_at
from datalake_sdk.errors import UnknownSnapshotError
from datalake_sdk.sql.athena import parse_unchecked
from datalake_sdk.sql.duckdb.python_functions import define_functions
from datalake_sdk.sql.duckdb.translate import translate
from datalake_sdk.sql.duckdb.unnest import expand_unnests
from datalake_sdk.sql.tables import lake_tables, name_columns
from test.emulator.athena_errors import FailedError, athena_errors
from test.emulator.athena_tables import Comparison, Request, Tables
from test.emulator.athena_types import Column, trino_type

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COMPARISONS: dict[type[exp.Expr], Any] = {
    exp.EQ: iceberg.EqualTo,
    exp.GT: iceberg.GreaterThan,
    exp.GTE: iceberg.GreaterThanOrEqual,
    exp.LT: iceberg.LessThan,
    exp.LTE: iceberg.LessThanOrEqual,
}


class _TypeOf(exp.Expression):
    """`typeof(x)`, hidden from the translation, whose `typeof` supports fewer types."""


class _Assignment(exp.Expression):
    """`column = value` of an UPDATE, hidden from the translation, which would treat it as a comparison."""

    arg_types: ClassVar[dict[str, bool]] = {"this": True, "expression": True}


class Engine:
    """A DuckDB connection with a view for each table of a query.

    Args:
        tables: The catalog.
        database: Database of table names without one; may be empty.
    """

    def __init__(self, tables: Tables, database: str) -> None:
        self.tables = tables
        self._database = database
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'; SET integer_division = true; ATTACH ':memory:' AS lake")
        self.connection.create_function("emulator_typeof", _typeof, ["VARCHAR"], "VARCHAR")  # type: ignore[arg-type]
        self._views = 0

    def run(self, tree: exp.Query) -> tuple[list[Column], pa.Table]:
        """Runs a query; the tree is changed.

        Raises:
            FailedError: The query fails; the message is Athena's.
        """
        original = tree.copy()
        with athena_errors(original):
            name_columns(tree)
            self.bind_tables(tree)
            subquery_names = self._subquery_names(tree)
            result = self.connection.sql(self.sql(tree))
            types = [trino_type(data_type) for data_type in result.types]
            names = subquery_names or result.columns
            columns = [Column(name, data_type) for name, data_type in zip(names, types, strict=True)]
            return columns, result.to_arrow_table().rename_columns(names)

    def run_text(self, sql: str, database: str) -> pa.Table:
        """Parses and runs a query in another engine and returns its rows."""
        engine = Engine(self.tables, database)
        return engine.run(parse_unchecked(sql))[1]

    def sql(self, tree: exp.Expr) -> str:
        """Translates a statement in Athena's dialect to DuckDB; defines the macros that it uses."""
        for node in list(tree.find_all(exp.Anonymous)):
            if node.name.lower() == "typeof":
                node.replace(_TypeOf(this=node.expressions[0]))
        for node in [node for update in tree.find_all(exp.Update) for node in update.expressions]:
            node.replace(_Assignment(**node.args))
        translate(tree)
        for assignment in list(tree.find_all(_Assignment)):
            assignment.replace(exp.EQ(**assignment.args))
        for hidden in list(tree.find_all(_TypeOf)):
            inner = exp.Anonymous(this="typeof", expressions=[hidden.this])
            hidden.replace(exp.Anonymous(this="emulator_typeof", expressions=[inner]))
        expand_unnests(self.connection, tree)
        sql = tree.sql("duckdb", identify=True)
        define_functions(self.connection, sql)
        return sql

    def bind_tables(self, tree: exp.Expr) -> None:
        """Reads the tables of a statement, as far as it needs them, and replaces their names by those of views."""
        self.qualify(tree)
        for table in lake_tables(tree):
            request = self._request(tree, table)
            rows = self.tables.rows(table, request, self.run_text)
            self._point_to(table, self.add(table.db.lower(), rows))

    def qualify(self, tree: exp.Expr) -> None:
        """Adds the database of the query's context to table names without one."""
        hidden = {clause.alias.lower() for clause in tree.find_all(exp.CTE)}
        for table in tree.find_all(exp.Table):
            if isinstance(table.this, exp.Identifier) and not table.db and table.name.lower() not in hidden:
                if not self._database:
                    text = "Schema must be specified when session schema is not set"
                    raise FailedError("MISSING_SCHEMA_NAME", text, table)
                table.set("db", exp.to_identifier(self._database, quoted=True))

    def add(self, database: str, rows: pa.Table) -> str:
        """Creates a view of rows and returns its name."""
        self._views += 1
        name = f"rows{self._views}"
        self.connection.register(name, rows)
        self.connection.execute(f'CREATE SCHEMA IF NOT EXISTS lake."{database}"')
        self.connection.execute(f'CREATE VIEW lake."{database}"."{name}" AS FROM "{name}"')
        return name

    def _subquery_names(self, tree: exp.Query) -> list[str] | None:
        """Returns column names of `SELECT * FROM (query)`: DuckDB renames unnamed and duplicate columns."""
        source = tree.args.get("from_")
        if [type(column) for column in tree.selects] != [exp.Star] or tree.args.get("joins") or source is None:
            return None
        if isinstance(source.this, exp.Values):
            return [f"_col{index}" for index, _ in enumerate(source.this.expressions[0].expressions)]
        if not isinstance(source.this, exp.Subquery) or source.this.alias_column_names:
            return None
        inner = source.this.this.copy()
        name_columns(inner)
        return list(self.connection.sql(self.sql(inner)).columns)

    def _point_to(self, table: exp.Table, name: str) -> None:
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name.lower(), quoted=True)))
        table.set("version", None)
        table.set("this", exp.to_identifier(name, quoted=True))
        table.set("db", exp.to_identifier(table.db.lower(), quoted=True))
        table.set("catalog", exp.to_identifier("lake"))

    def _request(self, tree: exp.Expr, table: exp.Table) -> Request:
        snapshot_id = self._snapshot(table)
        return Request(_columns(tree), _conditions(table), snapshot_id, not _has_limit_zero(table))

    def _snapshot(self, table: exp.Table) -> int | None:
        version = table.args.get("version")
        if version is None:
            return None
        found = self.tables.iceberg(table)
        if found is None:
            raise FailedError("NOT_SUPPORTED", "This connector does not support versioned tables", table)
        if version.name.upper() == "VERSION":
            return _known_snapshot(found, int(self._constant(version.expression, "CAST({} AS BIGINT)")))
        microseconds = self._constant(version.expression, "epoch_us(CAST({} AS TIMESTAMPTZ))")
        return snapshot_at(found, _EPOCH + timedelta(microseconds=int(microseconds)))

    def _constant(self, value: exp.Expr, template: str) -> int:
        paren = exp.Paren(this=value.copy())
        return int(self.connection.execute(f"SELECT {template.format(self.sql(paren))}").fetchall()[0][0])


def _typeof(name: str) -> str:
    return trino_type(duckdb.sqltype(name)) if name != '"NULL"' else "unknown"


def _known_snapshot(table: Table, snapshot_id: int) -> int:
    if table.snapshot_by_id(snapshot_id) is None:
        known = [snapshot.snapshot_id for snapshot in table.metadata.snapshots]
        raise UnknownSnapshotError(".".join(table.name()), snapshot_id, known)
    return snapshot_id


def _columns(tree: exp.Expr) -> frozenset[str] | None:
    """Returns every name that may be a column; None if `*` selects all columns."""
    for star in tree.find_all(exp.Star):
        counted = isinstance(star.parent, exp.Anonymous) and star.parent.name.lower() == "count"
        if not counted and not isinstance(star.parent, exp.Count):
            return None
    if tree.find(exp.Merge, exp.Update, exp.Delete):
        return None
    return frozenset(name.name.lower() for name in tree.find_all(exp.Identifier))


def _has_limit_zero(table: exp.Table) -> bool:
    node = table.parent
    while node is not None:
        limit = node.args.get("limit")
        if limit is not None and limit.expression is not None and limit.expression.name == "0":
            return True
        node = node.parent
    return False


def _conditions(table: exp.Table) -> tuple[Comparison, ...]:
    """Returns the comparisons in WHERE if the table is the only one in FROM."""
    select = table.parent.parent if isinstance(table.parent, exp.From) else None
    if not isinstance(select, exp.Select) or select.args.get("joins") or select.args.get("laterals"):
        return ()
    where = select.args.get("where")
    return tuple(_comparisons(where.this)) if where is not None else ()


def _comparisons(condition: exp.Expr) -> Iterator[Comparison]:
    if isinstance(condition, exp.And):
        yield from _comparisons(condition.this)
        yield from _comparisons(condition.expression)
    comparison = _COMPARISONS.get(type(condition))
    if comparison is not None and isinstance(condition.this, exp.Column):
        column, value = condition.this.name.lower(), condition.expression
        if isinstance(value, exp.Literal):
            literal = value.name if value.is_string else _number(value.name)
            yield Comparison(column, comparison(column, literal))
        elif isinstance(value, exp.Cast) and value.to.this is exp.DType.DATE and isinstance(value.this, exp.Literal):
            yield Comparison(column, comparison(column, value.this.name))


def _number(text: str) -> int | float:
    return int(text) if text.isdigit() else float(text)
