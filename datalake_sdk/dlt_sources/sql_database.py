"""dlt source of the tables of a SQL database."""

from __future__ import annotations

from pathlib import Path

import dlt
from dlt.extract import DltSource
from dlt.sources.sql_database import sql_database
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from datalake_sdk.dlt_sources.connectors import Loading, SqlDatabase
from datalake_sdk.errors import (
    DatabaseDriverError,
    DatabaseUrlError,
    MissingDatabaseFileError,
    MissingSourceColumnError,
    MissingSourceTableError,
)


def source_of(database: SqlDatabase, loading: Loading) -> DltSource:
    """Returns a source with a resource for each table; reads their schemas.

    Raises:
        DatabaseUrlError: The URL is invalid.
        MissingDatabaseFileError: The file of an SQLite database does not exist.
        DatabaseDriverError: The driver of the database is not installed.
        MissingSourceTableError: The database has no such table.
        MissingSourceColumnError: A table has no such cursor or key.
    """
    engine = _engine(database.url)
    names = inspect(engine).get_table_names(database.schema)
    for table in database.tables:
        if table not in names:
            raise MissingSourceTableError(table, names)
    found = sql_database(
        engine,
        schema=database.schema,
        table_names=list(database.tables or names),
        backend="pyarrow",
        detect_precision_hints=None,
    )
    for table, resource in found.resources.items():
        _check_columns(table, list(resource.compute_table_schema()["columns"]), loading)
        resource.apply_hints(write_disposition=loading.disposition)  # type: ignore[arg-type]
        if loading.primary_key:
            resource.apply_hints(primary_key=list(loading.primary_key))
        if loading.cursor is not None:
            resource.apply_hints(
                incremental=dlt.sources.incremental(loading.cursor, initial_value=loading.initial_value)
            )
    return found


def _engine(url: str) -> Engine:
    try:
        address = make_url(url)
        # SQLite would create the file.
        if address.get_backend_name() == "sqlite" and _is_missing(address.database):
            raise MissingDatabaseFileError(str(address.database))
        return create_engine(address, poolclass=NullPool)
    except ArgumentError:
        raise DatabaseUrlError from None
    except NoSuchModuleError as error:
        raise DatabaseDriverError(str(error)) from None
    except ModuleNotFoundError as error:
        raise DatabaseDriverError(f"package '{error.name}' is not installed") from None


def _is_missing(database: str | None) -> bool:
    # Neither memory nor a URI: https://docs.sqlalchemy.org/en/20/dialects/sqlite.html#pysqlite
    if not database or database == ":memory:" or database.startswith("file:"):
        return False
    return not Path(database).exists()


def _check_columns(table: str, columns: list[str], loading: Loading) -> None:
    for column in filter(None, (loading.cursor, *loading.primary_key)):
        if column not in columns:
            raise MissingSourceColumnError(table, column, columns)
