"""The columns of tables whose values the contract classifies, and queries that do not show them."""

from __future__ import annotations

from datalake_sdk.contracts.parsing import stored_contract
from datalake_sdk.naming import QUARANTINE_SUFFIX
from datalake_sdk.platforms.base import Platform
from datalake_sdk.sql.hidden_columns import TableColumns, hide_columns

_QUARANTINE_COLUMNS = frozenset({"row", "reason", "partition", "write_options"})
"""Columns of a quarantine table with values of the rows in it."""


def classified_columns(platform: Platform, database: str, table: str) -> frozenset[str]:
    """Names of the columns of a table whose values are hidden.

    Args:
        platform: Platform that holds the table.
        database: Database in the catalog, with the stage prefix.
        table: Table; of a quarantine, the contract of its table decides.

    Returns:
        Columns with a classification other than `public`; empty if the table or its contract does not exist. Those of a
        quarantine whose table was dropped, and its contract with it, are hidden.

    Raises:
        TablesConfigurationError: The stored contract is invalid.
    """
    base = platform.catalog_entry(database, table.removesuffix(QUARANTINE_SUFFIX))
    if base is None and table.endswith(QUARANTINE_SUFFIX):
        return _QUARANTINE_COLUMNS
    contract = None if base is None else stored_contract(f"{database}.{table}", base.properties)
    if contract is None or not contract.classified_columns:
        return frozenset()
    return _QUARANTINE_COLUMNS if table.endswith(QUARANTINE_SUFFIX) else contract.classified_columns


def hide_classified(platform: Platform, statement: str) -> tuple[str, list[str]]:
    """Rewrites a query so that it does not see the values of classified columns.

    Args:
        platform: Platform that holds the tables.
        statement: One query in Athena's dialect over qualified tables.

    Returns:
        The statement, and the hidden columns as `database.table.column`, sorted.

    Raises:
        SqlNotAllowedError: The query reads metadata with values of hidden columns, or an earlier snapshot.
        DatalakeError: The statement or a contract is invalid.
    """
    found: set[str] = set()

    def columns(database: str, name: str) -> TableColumns | None:
        hidden = classified_columns(platform, database, name)
        table = platform.catalog_entry(database, name) if hidden else None
        if table is None:
            return None
        fields = {column: data_type == "string" for column, data_type in table.columns.items()}
        found.update(f"{database}.{name}.{column}" for column in hidden if column in fields)
        return TableColumns(fields, hidden & fields.keys())

    with platform.service_errors():
        return hide_columns(statement, columns), sorted(found)
