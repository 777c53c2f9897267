"""Runs the statements with which dbt's suite changes tables: on copies in DuckDB, which are then written back."""

from __future__ import annotations

from typing import Any

import duckdb

from datalake_sdk.dbt_adapter.credentials import CATALOG
from datalake_sdk.operations.delete_table import delete_table
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import EmptyBatch, IngestionMode, IngestionRequest, TableName


def run_statement(platform: Platform, schema: str, sql: str) -> None:
    """Runs INSERT, UPDATE, DELETE and the like on the tables of a lake without stage prefix; `schema` always exists."""
    before = {TableName(*name): read_table(platform, TableName(*name)).read_all() for name in _tables(platform)}
    with duckdb.connect() as database:
        database.execute(f"ATTACH ':memory:' AS {CATALOG}; USE {CATALOG}; CREATE SCHEMA {schema}")
        for table, rows in before.items():
            database.register("given", rows)
            database.execute(f'CREATE SCHEMA IF NOT EXISTS "{table.database}"')
            database.execute(f'CREATE TABLE "{table.database}"."{table.table}" AS SELECT * FROM given')
        database.execute(sql)
        found = database.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
        after = {TableName(*name): _rows(database, *name) for name in found}
    for table, rows in after.items():
        if table not in before or not rows.equals(before[table]):
            ingest(platform, IngestionRequest(table, IngestionMode.OVERWRITE, empty=EmptyBatch.REPLACE), rows)
    for table in before.keys() - after.keys():
        delete_table(platform, table)


def _tables(platform: Platform) -> list[tuple[str, ...]]:
    catalog = platform.catalog
    return [name for namespace in catalog.list_namespaces() for name in catalog.list_tables(namespace)]


def _rows(database: Any, schema: str, name: str) -> Any:
    return database.execute(f'SELECT * FROM "{schema}"."{name}"').to_arrow_table()
