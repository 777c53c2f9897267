"""Browses the tables of an environment: names without loading the tables, descriptions, and samples of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from pyiceberg.table import Table

from datalake_sdk.contracts.parsing import stored_contract
from datalake_sdk.engine.scan import read_arrow
from datalake_sdk.errors import DatalakeError
from datalake_sdk.naming import DESCRIPTION_PROPERTY, QUARANTINE_SUFFIX
from datalake_sdk.operations.freshness import PromiseState, promise_states
from datalake_sdk.operations.tables import TableDescription, table_description
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_prefixed_table, names_of_stage
from datalake_sdk.row_format import text_rows
from datalake_sdk.settings import TableName
from datalake_sdk.table_contract import TableConfiguration

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


@dataclass(frozen=True)
class CatalogEntry:
    """A table with what its contract promises.

    Args:
        table: The table.
        described: Columns, properties, size and latest snapshots.
        contract: Stored contract; None without one.
        problem: Why the stored contract cannot be read; empty otherwise.
        promises: Whether the table keeps its promises about its age.
    """

    table: CatalogTable
    described: TableDescription
    contract: TableConfiguration | None
    problem: str
    promises: tuple[PromiseState, ...]

    @property
    def comment(self) -> str:
        """Description of the table; may be empty."""
        return self.described.properties.get(DESCRIPTION_PROPERTY, "")

    @cached_property
    def search_text(self) -> str:
        """Names and descriptions of the table and its columns, in lower case."""
        columns = [f"{column.name} {column.comment or ''}" for column in self.described.columns]
        return " ".join([str(self.table), self.comment, *columns]).lower()

    @property
    def hidden_columns(self) -> frozenset[str]:
        """Columns whose values are not shown: all of them if the contract cannot be read."""
        if self.problem:
            return frozenset(column.name for column in self.described.columns)
        return self.contract.classified_columns if self.contract else frozenset()


def catalog_tables(platform: Platform) -> list[CatalogTable]:
    """Lists the tables of the environment, sorted by name."""
    prefix = platform.environment.database_prefix
    return [CatalogTable(database.removeprefix(prefix), name) for database, name in names_of_stage(platform)]


def describe(platform: Platform, table: CatalogTable, *, reads_files: bool = True) -> CatalogEntry:
    """Describes a table at its current snapshot.

    Args:
        platform: Platform that holds the table.
        table: Table.
        reads_files: Whether to check promises about the values of columns, which reads manifests.

    Raises:
        UnknownTableError: The table does not exist.
    """
    loaded = _loaded(platform, table)
    contract, problem = _contract(table, loaded)
    promises: list[PromiseState] = []
    if contract is not None:
        slas = tuple(sla for sla in contract.sla_properties if reads_files or sla.element is None)
        checked = replace(contract, sla_properties=slas)
        with platform.service_errors():
            name = TableName(table.database, table.name)
            promises = list(promise_states(name, loaded, checked, datetime.now(UTC)))
    described = table_description(loaded, platform.environment.database_prefix)
    return CatalogEntry(table, described, contract, problem, tuple(promises))


def sample(platform: Platform, table: CatalogTable) -> Sample:
    """Reads up to 20 rows of a table, without columns that the contract classifies.

    Raises:
        UnknownTableError: The table does not exist.
    """
    hidden = describe(platform, table, reads_files=False).hidden_columns
    if table.name.endswith(QUARANTINE_SUFFIX):
        # It contains the values of all columns.
        hidden |= {"row", "partition"}
    loaded = _loaded(platform, table)
    names = [field.name for field in loaded.schema().fields]
    shown = [name for name in names if name not in hidden]
    with platform.service_errors():
        rows = _rows(loaded, shown) if shown else ()
    return Sample(tuple(shown), tuple(rows), tuple(name for name in names if name in hidden))


def _loaded(platform: Platform, table: CatalogTable) -> Table:
    return load_prefixed_table(platform, platform.environment.database_prefix + table.database, table.name)


def _contract(table: CatalogTable, loaded: Table) -> tuple[TableConfiguration | None, str]:
    try:
        return stored_contract(str(table), loaded.properties), ""
    except DatalakeError as error:
        return None, error.message


def _rows(loaded: Table, shown: Sequence[str]) -> list[tuple[str | None, ...]]:
    with read_arrow(loaded, shown, limit=SAMPLE_ROWS) as reader:
        return [row for batch in reader for row in text_rows(batch)]
