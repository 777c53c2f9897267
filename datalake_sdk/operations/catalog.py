"""Browses the tables of an environment: names without loading the tables, descriptions, and samples of rows."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from pyiceberg.table import Table

from datalake_sdk.engine.scan import read_arrow
from datalake_sdk.operations.tables import TableDescription, table_description
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_prefixed_table, names_of_stage
from datalake_sdk.row_format import text_rows

SAMPLE_ROWS = 20


@dataclass(frozen=True, order=True)
class CatalogTable:
    """A table in the catalog; other engines may have given it a name that `TableName` does not allow.

    Args:
        database: Database without the stage's prefix.
        name: Table name.
    """

    database: str
    name: str

    def __str__(self) -> str:
        return f"{self.database}.{self.name}"


@dataclass(frozen=True)
class Sample:
    """Some rows of a table as text.

    Args:
        columns: Names of the columns.
        rows: Values; None for null.
        hidden: Columns that were not read.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    hidden: tuple[str, ...]


def catalog_tables(platform: Platform) -> list[CatalogTable]:
    """Lists the tables of the environment, sorted by name."""
    prefix = platform.environment.database_prefix
    return [CatalogTable(database.removeprefix(prefix), name) for database, name in names_of_stage(platform)]


def describe(platform: Platform, table: CatalogTable) -> TableDescription:
    """Describes a table at its current snapshot.

    Raises:
        UnknownTableError: The table does not exist.
    """
    prefix = platform.environment.database_prefix
    loaded = load_prefixed_table(platform, prefix + table.database, table.name)
    return table_description(loaded, prefix)


def sample(platform: Platform, table: CatalogTable, hidden: Set[str]) -> Sample:
    """Reads up to 20 rows of a table.

    Args:
        platform: Platform that holds the table.
        table: Table.
        hidden: Columns that must not be read.

    Raises:
        UnknownTableError: The table does not exist.
    """
    prefix = platform.environment.database_prefix
    loaded = load_prefixed_table(platform, prefix + table.database, table.name)
    names = [field.name for field in loaded.schema().fields]
    shown = [name for name in names if name not in hidden]
    with platform.service_errors():
        rows = _rows(loaded, shown) if shown else ()
    return Sample(tuple(shown), tuple(rows), tuple(name for name in names if name in hidden))


def _rows(loaded: Table, shown: Sequence[str]) -> list[tuple[str | None, ...]]:
    with read_arrow(loaded, shown, limit=SAMPLE_ROWS) as reader:
        return [row for batch in reader for row in text_rows(batch)]
