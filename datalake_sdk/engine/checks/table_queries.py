"""Runs the queries of checks, which are in Athena's SQL, on the rows of a table after a write."""

from __future__ import annotations

from datalake_sdk.contracts.checks import TableCheck
from datalake_sdk.engine.checks.table_after import TableAfter
from datalake_sdk.engine.duckdb_storage import connect
from datalake_sdk.engine.scan import bound_query
from datalake_sdk.errors import CheckEvaluationError, DatalakeError

_ROWS = "sdk_rows"
_SETTINGS = "SET integer_division = true; SET errors_as_json = true"


def query_value(check: TableCheck, after: TableAfter) -> float | None:
    """Runs the query of a check.

    Args:
        check: A check with a query.
        after: The table, in which all rows are to be read.

    Returns:
        The number in the first row; None if it is null or there is no row.

    Raises:
        CheckEvaluationError: The query cannot run, or its result is not one number.
    """
    try:
        return _value(check, after)
    except (DatalakeError, ValueError) as error:
        reason = error.message if isinstance(error, DatalakeError) else f"its result is not a number: {error}"
        raise CheckEvaluationError(check.name, reason) from error


def _value(check: TableCheck, after: TableAfter) -> float | None:
    from sqlglot import exp

    from datalake_sdk.contracts.statements import table_query
    from datalake_sdk.sql.duckdb.clauses import rewrite_clauses
    from datalake_sdk.sql.duckdb.column_types import COLUMNS, annotate_columns
    from datalake_sdk.sql.duckdb.error_reporting import athena_errors
    from datalake_sdk.sql.duckdb.python_functions import define_functions
    from datalake_sdk.sql.duckdb.translate import translate
    from datalake_sdk.sql.duckdb.unnest import expand_unnests
    from datalake_sdk.sql.tables import lake_tables, name_columns

    statement, tree = table_query(check.value or "", check.column)
    connection = connect(after.table)
    connection.execute(_SETTINGS)
    name_columns(tree)
    rewrite_clauses(tree)
    view = bound_query(connection, {"all_rows": after.relation(after.new)}, "SELECT * FROM all_rows")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {_ROWS} AS {view}")
    described = connection.execute(f"DESCRIBE {_ROWS}").fetchall()
    for table in lake_tables(tree, ""):
        table.meta[COLUMNS] = {name.lower(): data_type for name, data_type, *_ in described}
        table.set("db", None)
        table.set("this", exp.to_identifier(_ROWS, quoted=True))
    annotate_columns(tree)
    translated = translate(tree, statement)
    with athena_errors(connection):
        expand_unnests(connection, translated)
        sql = translated.sql("duckdb", identify=True)
        define_functions(connection, sql)
        row = connection.execute(sql).fetchone()
    return None if row is None or row[0] is None else float(row[0])
