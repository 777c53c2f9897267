"""What a platform offers, whether it is AWS or a folder on a laptop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias

from datalake_sdk.settings import Environment, TableName

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

Relation: TypeAlias = "str | pa.Table"
"""A table's rows: SQL of a DuckDB relation that reads its files, or the rows themselves."""


@dataclass(frozen=True)
class TableReference:
    """A table as a query names it, at the version that the query asks for.

    Args:
        database: Database as in the catalog, with the stage's prefix.
        table: Table name.
        metadata: Metadata table, for example `snapshots` of `"orders$snapshots"`; None reads the rows.
        snapshot_id: `FOR VERSION AS OF`; None is the current snapshot.
        timestamp: `FOR TIMESTAMP AS OF`, with zone; None is now.
    """

    database: str
    table: str
    metadata: str | None = None
    snapshot_id: int | None = None
    timestamp: datetime | None = None


@dataclass(frozen=True)
class RemovedFiles:
    """Files that were removed, and their size in bytes."""

    files: int
    bytes: int


@dataclass(frozen=True)
class TableFile:
    """A file below a table's location.

    Args:
        location: With scheme, below the table's location as its metadata spells it.
        size: In bytes.
        modified_ms: Milliseconds since 1970.
    """

    location: str
    size: int
    modified_ms: float


@dataclass(frozen=True)
class Capabilities:
    """What a platform can do, for behaviour that differs and for tests that need to know."""

    time_travel: bool
    remote: bool


class SqlEngine(Protocol):
    """Runs one query in Athena's dialect."""

    def query(self, statement: str, relation: Callable[[TableReference], Relation]) -> pa.RecordBatchReader:
        """Runs a statement and streams its rows.

        Args:
            statement: One SELECT in Athena's dialect, `{database_prefix}` still in it.
            relation: Rows of a table; not called where a service reads the catalog itself.

        Raises:
            DatalakeError: The statement is wrong or fails. A failure may also come while the rows are read.
        """


class Platform(Protocol):
    """One environment's catalog, storage and SQL."""

    @property
    def environment(self) -> Environment:
        """The environment that was opened."""

    @property
    def capabilities(self) -> Capabilities:
        """What this platform can do."""

    @property
    def sql(self) -> SqlEngine:
        """Runs queries on the environment's tables."""

    @property
    def catalog(self) -> Catalog:
        """Iceberg catalog that holds the environment's tables; it makes a new table's database by itself."""

    def table_location(self, table: TableName) -> str:
        """Where a new table's files go; absolute, with scheme."""

    def check_removable(self, table: Table) -> None:
        """Checks that a table's files may be removed.

        Raises:
            DatalakeError: The table's location is not one of this lake.
        """

    def remove_table_files(self, table: Table) -> RemovedFiles:
        """Removes every file below a dropped table's location, and nothing else."""

    def list_table_files(self, table: Table) -> Iterator[TableFile]:
        """Every file below a table's location, referenced or not.

        Raises:
            DatalakeError: The table's location is not one of this lake.
        """
