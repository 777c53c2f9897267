"""Adds the sources of the columns that a query computes to the current run of the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from datalake_sdk.errors import DatalakeError
from datalake_sdk.ledger.model import ColumnSource, Input
from datalake_sdk.ledger.recording import current_run
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_prefixed_table
from datalake_sdk.settings import TableName
from datalake_sdk.sql.parameters import statement_text

if TYPE_CHECKING:
    from datalake_sdk.sql.column_lineage import SourceColumn


def trace_columns(
    platform: Platform,
    table: TableName,
    statement: str,
    parameters: Mapping[str, object] | None = None,
    database: str | None = None,
) -> None:
    """Traces the columns of a table to those of the tables that a query reads, in the background.

    Args:
        platform: Platform that holds the tables.
        table: Table that stores the result of the query.
        statement: The query, as for `query`.
        parameters: Values of its placeholders.
        database: Default database, without the stage prefix.
    """
    run = current_run()
    if run is None:
        return
    prefix = platform.environment.database_prefix
    default = None if database is None else prefix + database

    def sources() -> Mapping[str, tuple[ColumnSource, ...]]:
        # Only runs that are recorded need sqlglot's optimizer.
        from datalake_sdk.sql.column_lineage import query_lineage

        with platform.service_errors():
            text = statement_text(statement, prefix, parameters)
            found = query_lineage(text, lambda *name: _columns(platform, *name), default)
        for name in found.tables:
            run.read(Input(".".join(name)))
        return {column: tuple(map(_recorded, columns)) for column, columns in found.columns.items()}

    run.traces(".".join(table.identifier(platform.environment)), sources)


def _columns(platform: Platform, database: str, table: str) -> list[str]:
    try:
        return load_prefixed_table(platform, database, table).schema().column_names
    except DatalakeError:
        return []


def _recorded(source: SourceColumn) -> ColumnSource:
    return ColumnSource(f"{source.database}.{source.table}", source.column, source.transformation.name)
