"""Interfaces of a platform: AWS or a folder on a laptop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from datalake_sdk.errors import AccessDeniedError
from datalake_sdk.platforms.datasets import DeployedDatasets
from datalake_sdk.platforms.deployments import DeployedPipelines, DeployedTasks
from datalake_sdk.platforms.investigation import Investigations
from datalake_sdk.platforms.model_profiles import ModelProfiles
from datalake_sdk.platforms.run_events import RunEventStore
from datalake_sdk.platforms.warehouse import Warehouse
from datalake_sdk.settings import Environment, TableName

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

    from datalake_sdk.redshift.database import RedshiftDatabase
    from datalake_sdk.sql.column_conditions import ColumnCondition

Relation: TypeAlias = "str | pa.Table"
"""Rows of a table: DuckDB SQL that reads its files, or an Arrow table."""


@dataclass(frozen=True)
class TableReference:
    """A table in a query, at the snapshot that the query selects.

    Args:
        database: Database in the catalog, with the stage prefix.
        table: Table name.
        metadata: Metadata table, for example `snapshots` of `"orders$snapshots"`; None reads the rows.
        snapshot_id: `FOR VERSION AS OF`; None is the current snapshot.
        timestamp: `FOR TIMESTAMP AS OF`, with zone; None is now.
        conditions: Conditions that all rows of the table that the query uses meet.
    """

    database: str
    table: str
    metadata: str | None = None
    snapshot_id: int | None = None
    timestamp: datetime | None = None
    conditions: tuple[ColumnCondition, ...] = ()


@dataclass(frozen=True)
class RemovedFiles:
    """Deleted files.

    Args:
        files: Number of files.
        bytes: Total size.
        kept_versions: Prefix under which a versioned bucket keeps old versions of the files; None if it keeps none.
    """

    files: int
    bytes: int
    kept_versions: str | None = None


@dataclass(frozen=True)
class TableFile:
    """A file under a table's location.

    Args:
        location: URI of the file; starts with the table's location as written in its metadata.
        size: Size in bytes.
        modified_ms: Time of the last modification, in milliseconds since 1970.
    """

    location: str
    size: int
    modified_ms: float


@dataclass(frozen=True)
class Capabilities:
    """Capabilities in which platforms differ.

    Args:
        remote: Whether the tables are on AWS.
        managed_storage: Whether a service owns and maintains the files of the tables.
    """

    remote: bool
    managed_storage: bool = False


DOLLARS_PER_SCANNED_BYTE = 5 / 1e12
"""Price of Athena in most regions: https://aws.amazon.com/athena/pricing/"""


@dataclass(frozen=True)
class QueryStatistics:
    """Statistics of a query that a service ran.

    Args:
        seconds: Duration until the last row was available.
        scanned_bytes: Bytes read from the files of the tables.
        cost: Estimated cost in US dollars.
    """

    seconds: float
    scanned_bytes: int
    cost: float


StatisticsReport: TypeAlias = Callable[[QueryStatistics], None]
"""Called with the statistics of a query before its first row, or when it fails."""


class SqlEngine(Protocol):
    """Runs one query in Athena's dialect."""

    def query(
        self,
        statement: str,
        relation: Callable[[TableReference], Relation],
        report: StatisticsReport | None = None,
        database: str | None = None,
    ) -> pa.RecordBatchReader:
        """Runs a statement and streams its rows.

        Args:
            statement: One SELECT in Athena's dialect.
            relation: Returns the rows of a table; not called if a service reads the catalog itself.
            report: Called if a service ran the query.
            database: Default database, with the stage prefix.

        Raises:
            DatalakeError: The statement is invalid or fails; it may also fail while the rows are read.
        """


class TaskReporter(Protocol):
    """Reports a task to the state that waits for it."""

    def send_heartbeat(self, token: str) -> None:
        """Reports that the task is running.

        Raises:
            TaskTokenError: The state no longer waits for the task.
        """

    def send_success(self, token: str, output: str) -> None:
        """Reports that the task succeeded.

        Args:
            token: Task token.
            output: Result as JSON.

        Raises:
            TaskTokenError: The state no longer waits for the task.
        """

    def send_failure(self, token: str, error: str, cause: str) -> None:
        """Reports that the task failed.

        Raises:
            TaskTokenError: The state no longer waits for the task.
        """


class Secrets(Protocol):
    """Secrets of tasks."""

    def read(self, arn: str) -> str | None:
        """Returns the text of a secret; None if it does not exist or is binary.

        Raises:
            AccessDeniedError: The caller may not read the secret.
        """


class Permissions(Protocol):
    """Grants and revokes permissions on tables."""

    def grant_owner(self, identifier: tuple[str, str], role: str) -> None:
        """Grants a role all permissions on a table.

        Args:
            identifier: Database and table in the catalog.
            role: Name of an IAM role in this account.
        """

    def revoke_others(self, identifier: tuple[str, str]) -> int:
        """Revokes all grants on a table except those that let the caller drop it.

        Returns:
            Number of principals whose grants were revoked.
        """

    def revoke_all(self, identifier: tuple[str, str]) -> int:
        """Revokes all grants on a table, which may have been dropped.

        Returns:
            Number of principals whose grants were revoked.
        """


@dataclass(frozen=True)
class SharedDatabase:
    """A database of another account.

    Args:
        owner: Id of the account that owns it.
        name: Name of the database in that account.
    """

    owner: str
    name: str


class DatabaseLinks(Protocol):
    """Databases shared by other accounts, and the links to them in the catalog."""

    def shared(self) -> Sequence[SharedDatabase]:
        """Lists the databases that other accounts share with this one and that the caller can see."""

    def names(self) -> Mapping[str, SharedDatabase | None]:
        """Maps the databases of the catalog to the targets of those that are links; None for a local database."""

    def create(self, name: str, target: SharedDatabase) -> None:
        """Creates a link."""

    def delete(self, name: str) -> None:
        """Deletes a link, but not its target."""


@dataclass(frozen=True)
class CatalogEntry:
    """Columns and properties of a table, as the catalog has them.

    Args:
        columns: Types by name, in order; strings are `string`.
        properties: Properties of the table.
    """

    columns: Mapping[str, str]
    properties: Mapping[str, str]


class Platform(Protocol):
    """Catalog, storage and SQL of an environment."""

    @property
    def environment(self) -> Environment:
        """The opened environment."""

    @property
    def capabilities(self) -> Capabilities:
        """Capabilities of the platform."""

    @property
    def sql(self) -> SqlEngine:
        """SQL engine for the tables of the environment."""

    @property
    def catalog(self) -> Catalog:
        """Iceberg catalog of the environment; the local one creates databases on demand."""

    def catalog_entry(self, database: str, table: str) -> CatalogEntry | None:
        """Reads columns and properties of a table without access to its files; None if it does not exist.

        Args:
            database: Database with the stage prefix.
            table: Table.
        """

    @property
    def boto_session(self) -> Any | None:
        """boto3 session with the credentials and region of the environment; None without AWS."""

    @property
    def secrets(self) -> Secrets | None:
        """Secrets of tasks; None if they are environment variables."""

    @property
    def permissions(self) -> Permissions | None:
        """Grants on tables; None if the platform has none."""

    @property
    def tasks(self) -> DeployedTasks | None:
        """Tasks of deployed pipelines; None if the platform has none."""

    @property
    def pipelines(self) -> DeployedPipelines | None:
        """Deployed pipelines; None if the platform has none."""

    @property
    def datasets(self) -> DeployedDatasets | None:
        """Datasets of deployed pipelines; None if the platform has none."""

    @property
    def investigations(self) -> Investigations | None:
        """Unsuccessful executions of deployed pipelines; None if the platform has no deployed pipelines."""

    @property
    def run_events(self) -> RunEventStore:
        """Storage of the run ledger."""

    @property
    def models(self) -> ModelProfiles | None:
        """Inference profiles of models; None if the platform has none."""

    @property
    def agent_role(self) -> str | None:
        """ARN of the read-only role with which Datalfred queries; None if the environment has none."""

    @property
    def database_links(self) -> DatabaseLinks | None:
        """Databases shared by other accounts; None if the platform has none."""

    def redshift(self, database: RedshiftDatabase) -> Warehouse | None:
        """Returns a database in Redshift; None if the platform has none."""

    def service_errors(self) -> AbstractContextManager[None]:
        """Translates errors of services into errors of the SDK, whichever library made the call."""

    def denial(self, error: Exception) -> AccessDeniedError | None:
        """Returns the error for a request of the task's own code that AWS denied; None for other exceptions."""

    def input_filesystem(self, path: str) -> FileSystem:
        """Returns the file system that contains an `s3://` path; its paths are `bucket/key`."""

    @property
    def data_location(self) -> str:
        """Location of the environment's tables, an absolute URI; each database has a folder in it."""

    def table_location(self, table: TableName) -> str:
        """Returns the location of a new table: an absolute URI."""

    def list_folders(self, location: str) -> list[str]:
        """Lists the names of the folders directly under a location in the lake, sorted."""

    def list_files(self, location: str) -> Iterator[TableFile]:
        """Lists all files under a location in the lake."""

    def check_removable(self, table: Table) -> None:
        """Checks that a table's files belong to this lake and can be deleted.

        Raises:
            DatalakeError: The table's location is outside of this lake.
        """

    def remove_table_files(self, table: Table) -> RemovedFiles:
        """Deletes all files under the location of a dropped table."""

    def list_table_files(self, table: Table) -> Iterator[TableFile]:
        """Lists all files under a table's location, referenced or not.

        Raises:
            DatalakeError: The table's location is outside of this lake.
        """
