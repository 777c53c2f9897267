"""Runs Athena's SQL on DuckDB: parse, translate, bind tables to their files, stream the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import ErrorLevel, exp
from sqlglot.errors import UnsupportedError

from datalake_sdk.errors import QueryFailedError, SqlUnsupportedError
from datalake_sdk.interval_text import interval_strings
from datalake_sdk.plain_types import plain_type
from datalake_sdk.platforms.base import Relation, StatisticsReport, TableReference
from datalake_sdk.platforms.local.query_databases import LAKE, QueryDatabase, query_database
from datalake_sdk.sql.athena import parse_query
from datalake_sdk.sql.column_conditions import column_conditions
from datalake_sdk.sql.duckdb.clauses import rewrite_clauses
from datalake_sdk.sql.duckdb.column_types import COLUMNS, annotate_columns
from datalake_sdk.sql.duckdb.error_reporting import Translation, athena_errors
from datalake_sdk.sql.duckdb.python_functions import define_functions
from datalake_sdk.sql.duckdb.recursion import unroll_recursion
from datalake_sdk.sql.duckdb.set_operations import check_set_operations
from datalake_sdk.sql.duckdb.translate import translate
from datalake_sdk.sql.duckdb.unnest import expand_unnests
from datalake_sdk.sql.tables import lake_tables, name_columns
from datalake_sdk.sql_quotes import quoted

ROWS_PER_BATCH = 100_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST_MICROSECOND, _LAST_MICROSECOND = (
    (limit.replace(tzinfo=UTC) - _EPOCH) // _MICROSECOND for limit in (datetime.min, datetime.max)
)
"""Of the years that Python can represent; Athena has more."""
_ARROW_TYPES = {
    "HUGEINT": pa.int64(),
    "UBIGINT": pa.int64(),
    "TIMESTAMP_S": pa.timestamp("us"),
    "TIMESTAMP_MS": pa.timestamp("us"),
    '"NULL"': pa.string(),
}
"""Arrow types of results for DuckDB types that Athena lacks: sum() of integers is a bigint."""


class LocalSql:
    """Runs queries in this process on the files of one folder.

    Args:
        root: Folder of the lake; queries cannot read other files.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def query(
        self,
        statement: str,
        relation: Callable[[TableReference], Relation],
        report: StatisticsReport | None = None,
        database: str | None = None,
    ) -> pa.RecordBatchReader:
        tree = parse_query(statement)
        name_columns(tree)
        rewrite_clauses(tree)
        borrowed = query_database(self._root)
        try:
            return _query(borrowed, tree, statement, relation, database)
        except Exception:
            borrowed.release()
            raise


def _query(
    borrowed: QueryDatabase,
    tree: exp.Query,
    statement: str,
    relation: Callable[[TableReference], Relation],
    database: str | None,
) -> pa.RecordBatchReader:
    connection = borrowed.connection
    _bind_tables(connection, lake_tables(tree, database), relation)
    annotate_columns(tree)
    translated = translate(tree, statement)
    check_set_operations(connection, translated)
    unroll_recursion(translated)
    with athena_errors(connection):
        expand_unnests(connection, translated)
    return _run(borrowed, Translation(statement, translated, _duckdb_sql(translated)))


def _bind_tables(
    connection: duckdb.DuckDBPyConnection,
    tables: Iterable[exp.Table],
    relation: Callable[[TableReference], Relation],
) -> None:
    views: dict[TableReference, str] = {}
    for table in tables:
        reference = _reference(connection, table)
        if reference not in views:
            same = sum(replace(other, conditions=reference.conditions) == reference for other in views)
            views[reference] = _create_view(connection, reference, relation(reference), same)
        _point_to(table, reference.database, views[reference])
        table.meta[COLUMNS] = _column_types(connection, reference.database, views[reference])


def _reference(connection: duckdb.DuckDBPyConnection, table: exp.Table) -> TableReference:
    name, _, metadata = table.name.lower().partition("$")
    version = table.args.get("version")
    snapshot_id = timestamp = None
    if version is not None and version.name.upper() == "VERSION":
        snapshot_id = _constant(connection, version.expression, "BIGINT")
    elif version is not None:
        microseconds = _constant(connection, version.expression, "TIMESTAMPTZ")
        timestamp = _EPOCH + timedelta(microseconds=min(max(microseconds, _FIRST_MICROSECOND), _LAST_MICROSECOND))
    conditions = column_conditions(table) if not metadata else ()
    return TableReference(table.db.lower(), name, metadata or None, snapshot_id, timestamp, conditions)


def _constant(connection: duckdb.DuckDBPyConnection, value: exp.Expr, data_type: str) -> int:
    """Evaluates an expression without columns; returns a time as microseconds since 1970."""
    sql = f"CAST({_duckdb_sql(translate(exp.Paren(this=value.copy())))} AS {data_type})"
    number = f"epoch_us({sql})" if data_type == "TIMESTAMPTZ" else sql
    with athena_errors(connection):
        define_functions(connection, number)
        row = connection.execute(f"SELECT {number}").fetchone()
    if row is None or row[0] is None:
        raise QueryFailedError("the value after AS OF is null")
    return int(row[0])


def _create_view(
    connection: duckdb.DuckDBPyConnection, reference: TableReference, relation: Relation, number: int
) -> str:
    parts = (reference.metadata, reference.snapshot_id, reference.timestamp, number or None)
    view = "$".join([reference.table, *(str(part) for part in parts if part is not None)])
    if not isinstance(relation, str):
        connection.register(view, relation)
        relation = f"FROM {quoted(view)}"
    schema = f"{LAKE}.{quoted(reference.database)}"
    with athena_errors(connection):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}; CREATE VIEW {schema}.{quoted(view)} AS {relation}")
    return view


def _column_types(connection: duckdb.DuckDBPyConnection, database: str, view: str) -> dict[str, str]:
    # The table function duckdb_columns() first creates all views of the system catalog.
    with athena_errors(connection):
        columns = connection.execute(f"DESCRIBE {LAKE}.{quoted(database)}.{quoted(view)}").fetchall()
    return {name.lower(): data_type for name, data_type, *_ in columns}


def _point_to(table: exp.Table, database: str, view: str) -> None:
    if not table.alias and view != table.name.lower():
        table.set("alias", exp.TableAlias(this=exp.to_identifier(table.name.lower(), quoted=True)))
    table.set("version", None)
    table.set("this", exp.to_identifier(view, quoted=True))
    table.set("db", exp.to_identifier(database, quoted=True))
    table.set("catalog", exp.to_identifier(LAKE))


def _duckdb_sql(tree: exp.Expr) -> str:
    try:
        return tree.sql("duckdb", identify=True, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise SqlUnsupportedError(f"the query ({str(error).splitlines()[0]})") from error


def _run(borrowed: QueryDatabase, translation: Translation) -> pa.RecordBatchReader:
    connection = borrowed.connection
    with athena_errors(connection, translation):
        _check_is_select(connection, translation.sql)
        define_functions(connection, translation.sql)
        result = connection.sql(translation.sql)
        types = [str(data_type) for data_type in result.types]
        rows = _interruptible(connection, lambda: result.to_arrow_reader(ROWS_PER_BATCH))
    schema = pa.schema(
        [
            field.with_type(_ARROW_TYPES.get(name, plain_type(field.type, null=pa.string(), interval=pa.string())))
            for field, name in zip(rows.schema, types, strict=True)
        ]
    )
    return pa.RecordBatchReader.from_batches(schema, _batches(borrowed, rows, schema, translation))


def _check_is_select(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Checks that DuckDB parses the translation as a single query."""
    kinds = [statement.type for statement in connection.extract_statements(sql)]
    if kinds != [duckdb.StatementType.SELECT]:
        raise SqlUnsupportedError(f"the query (DuckDB reads {len(kinds)} statements)")


def _batches(
    borrowed: QueryDatabase, rows: pa.RecordBatchReader, schema: pa.Schema, translation: Translation
) -> Iterator[pa.RecordBatch]:
    connection = borrowed.connection
    try:
        with athena_errors(connection, translation):
            while (batch := _interruptible(connection, lambda: next(rows, None))) is not None:
                yield _with_interval_strings(batch).cast(schema)
    finally:
        rows.close()
        borrowed.release()


def _with_interval_strings(batch: pa.RecordBatch) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*map(interval_strings, batch.columns)], batch.schema.names)


def _interruptible(connection: duckdb.DuckDBPyConnection, work: Callable[[], Any]) -> Any:
    """Runs work in another thread: Ctrl-C interrupts a waiting main thread, but not DuckDB."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        try:
            return running.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise
