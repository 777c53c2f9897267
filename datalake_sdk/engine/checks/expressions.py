"""Evaluates the expressions of checks, which are in Athena's SQL, with DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from threading import Lock, local
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.contracts.checks import RowCheck
from datalake_sdk.errors import CheckEvaluationError, DatalakeError
from datalake_sdk.process_databases import on_fork_or_exit

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SESSION = "SET TimeZone = 'UTC'; SET integer_division = true; SET errors_as_json = true"
_SETTINGS = """
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
SET enable_external_access = false;
"""
_ROWS = "sdk_rows"
_definitions_lock = Lock()


class Expressions:
    """Checks whose expressions are translated to DuckDB.

    Args:
        checks: The checks.
        columns: Columns that the expressions read.
        sql: One DuckDB expression per check; false for violating rows.
    """

    def __init__(self, checks: Sequence[RowCheck], columns: Sequence[str], sql: Sequence[str]) -> None:
        self._checks = checks
        self._columns = columns
        self._sql = sql
        self._by_thread = local()

    def violations(self, rows: pa.Table) -> list[tuple[RowCheck, pa.ChunkedArray]]:
        """Returns the violated checks, each with a mask of the violating rows.

        Raises:
            CheckEvaluationError: An expression fails for a row, for example because of a division by zero.
        """
        if not self._checks or not rows.num_rows:
            return []
        violated = ", ".join(f"NOT coalesce({sql}, true) AS v{number}" for number, sql in enumerate(self._sql))
        # A table without columns has no rows in DuckDB.
        given = rows.select(self._columns) if self._columns else pa.table({"": pa.nulls(rows.num_rows)})
        masks = self._evaluated(given, f"SELECT {violated} FROM {_ROWS}")
        found = zip(self._checks, masks.columns, strict=True)
        return [(check, mask) for check, mask in found if pc.any(mask).as_py()]

    def _evaluated(self, rows: pa.Table, query: str) -> pa.Table:
        from datalake_sdk.sql.duckdb.error_reporting import athena_errors

        connection = self._connection
        connection.register(_ROWS, rows)
        try:
            with athena_errors(connection):
                return connection.sql(query).to_arrow_table()
        except DatalakeError as error:
            names = ", ".join(check.name for check in self._checks)
            raise CheckEvaluationError(names, error.message, self._columns) from error
        finally:
            connection.unregister(_ROWS)

    @property
    def _connection(self) -> DuckDBPyConnection:
        """The connection of this thread: temporary macros belong to a connection."""
        if not hasattr(self._by_thread, "connection"):
            self._by_thread.connection = _prepared(" ".join(self._sql))
        connection: DuckDBPyConnection = self._by_thread.connection
        return connection


def translated_expressions(checks: Sequence[RowCheck], schema: pa.Schema) -> Expressions:
    """Translates the expressions of checks.

    Args:
        checks: Checks with an expression.
        schema: Columns that the expressions may read.

    Raises:
        CheckEvaluationError: DuckDB cannot evaluate an expression on these columns.
    """
    columns = tuple(dict.fromkeys(column for check in checks for column in check.columns))
    fields = pa.schema([schema.field(column) for column in columns])
    return Expressions(checks, columns, [_translated(check, fields) for check in checks])


def _translated(check: RowCheck, schema: pa.Schema) -> str:
    from sqlglot import exp

    from datalake_sdk.sql.duckdb.column_types import COLUMNS, annotate_columns
    from datalake_sdk.sql.duckdb.error_reporting import athena_errors
    from datalake_sdk.sql.duckdb.translate import translate
    from datalake_sdk.sql.row_conditions import parse_condition

    try:
        tree = parse_condition(str(check.value)).query
        with _database().cursor() as connection:
            connection.register(_ROWS, schema.empty_table() if schema else pa.table({"": pa.nulls(0)}))
            (table,) = tree.find_all(exp.Table)
            described = connection.execute(f"DESCRIBE {_ROWS}").fetchall()
            table.meta[COLUMNS] = {name.lower(): data_type for name, data_type, *_ in described}
        annotate_columns(tree)
        sql = translate(tree).selects[0].sql("duckdb", identify=True)
        with _prepared(sql) as connection, athena_errors(connection):
            connection.register(_ROWS, schema.empty_table() if schema else pa.table({"": pa.nulls(0)}))
            (result,) = connection.sql(f"SELECT {sql} FROM {_ROWS}").types
    except DatalakeError as error:
        raise CheckEvaluationError(check.name, error.message) from error
    if str(result) not in ("BOOLEAN", '"NULL"'):
        raise CheckEvaluationError(check.name, f"'{check.value}' is {str(result).lower()}; it must be a condition")
    return str(sql)


def _prepared(sql: str) -> DuckDBPyConnection:
    """A connection with the macros and functions of expressions."""
    from datalake_sdk.sql.duckdb.error_reporting import athena_errors
    from datalake_sdk.sql.duckdb.python_functions import define_functions

    connection = _database().cursor()
    with athena_errors(connection), _definitions_lock:
        connection.execute(_SESSION)
        define_functions(connection, sql)
    return connection


@cache
def _database() -> DuckDBPyConnection:
    import duckdb

    # Each thread of a write evaluates its own rows.
    database = duckdb.connect(config={"threads": 1})
    database.execute(_SETTINGS)
    return database


on_fork_or_exit(_database.cache_clear)
