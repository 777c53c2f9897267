"""What a platform offers, whether it is AWS or a folder on a laptop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from datalake_sdk.settings import Environment, TableName

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem
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
    """Files that were removed.

    Args:
        files: How many.
        bytes: Their size.
        kept_versions: Prefix below which a versioned bucket keeps their old versions; None when nothing stays.
    """

    files: int
    bytes: int
    kept_versions: str | None = None


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


@dataclass(frozen=True)
class QueryStatistics:
    """What a query took, where a service ran it.

    Args:
        seconds: From the start to the last row being ready.
        scanned_bytes: Read from the tables' files.
        cost: Estimate in US dollars.
    """

    seconds: float
    scanned_bytes: int
    cost: float


StatisticsReport: TypeAlias = Callable[[QueryStatistics], None]
"""Is given a query's statistics before its first row."""


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
            relation: Rows of a table; not called where a service reads the catalog itself.
            report: Called where a service ran the query.
            database: Database, as in the catalog, of tables that are named without one.

        Raises:
            DatalakeError: The statement is wrong or fails. A failure may also come while the rows are read.
        """


class TaskReporter(Protocol):
    """Answers whoever waits for a task."""

    def send_heartbeat(self, token: str) -> None:
        """Says that the task lives.

        Raises:
            TaskTokenError: Nobody waits for the task any more.
        """

    def send_success(self, token: str, output: str) -> None:
        """Says that the task is done.

        Args:
            token: Names the waiting state.
            output: JSON.

        Raises:
            TaskTokenError: Nobody waits for the task any more.
        """

    def send_failure(self, token: str, error: str, cause: str) -> None:
        """Says that the task failed.

        Raises:
            TaskTokenError: Nobody waits for the task any more.
        """


class Permissions(Protocol):
    """Who may do what with a table, where that is not a matter of the folder's."""

    def grant_owner(self, identifier: tuple[str, str], role: str) -> None:
        """Gives a role all permissions on a table.

        Args:
            identifier: Database and table as in the catalog.
            role: Name of an IAM role of this account.
        """

    def revoke_others(self, identifier: tuple[str, str]) -> int:
        """Takes every grant on a table back but those by which the caller may drop it.

        Returns:
            Principals that lost something.
        """

    def revoke_all(self, identifier: tuple[str, str]) -> int:
        """Takes every grant on a table back, also of one that is gone.

        Returns:
            Principals that lost something.
        """


@dataclass(frozen=True)
class TaskOutcome:
    """How a task's run ended.

    Args:
        succeeded: Whether the task did its work.
        started: Whether its code ran at all.
        exit_code: Of its container; None where nobody knows one.
        reason: In the service's words; may be empty.
    """

    succeeded: bool
    started: bool
    exit_code: int | None
    reason: str


class TaskRun(Protocol):
    """A task that was started."""

    @property
    def identifier(self) -> str:
        """As the service names it."""

    @property
    def log(self) -> str:
        """Location of its log."""

    def new_lines(self) -> list[str]:
        """Lines of its log that came since the last call.

        Raises:
            DatalakeError: The log cannot be read.
        """

    def outcome(self) -> TaskOutcome | None:
        """How it ended; None while it runs."""

    def stop(self) -> None:
        """Asks the service to end it."""


class DeployedTasks(Protocol):
    """The tasks of the environment's deployed pipelines."""

    def start(self, pipeline: str, task: str, variables: Mapping[str, str]) -> TaskRun:
        """Starts a task as its pipeline does, outside of an execution.

        Args:
            pipeline: Name of the pipeline.
            task: Name of the task.
            variables: Environment variables that override those of the task.

        Raises:
            NoSuchPipelineError: The pipeline does not exist.
            NoSuchTaskError: The pipeline has no such task.
            ComputedValuesError: A variable that the pipeline computes is missing.
            TaskNotStartedError: The service rejects the request.
            TaskCapacityError: The service has no capacity for the task at the moment.
        """


@dataclass(frozen=True)
class SharedDatabase:
    """A database of another account.

    Args:
        owner: Number of the account.
        name: As its owner names it.
    """

    owner: str
    name: str


class DatabaseLinks(Protocol):
    """Databases of other accounts, and the names under which the environment's catalog leads to them."""

    def shared(self) -> Sequence[SharedDatabase]:
        """Databases that other accounts share with this one, as far as the caller may see them."""

    def names(self) -> Mapping[str, SharedDatabase | None]:
        """Names of the catalog, and the other accounts' databases that they lead to; None for a database of its own."""

    def create(self, name: str, target: SharedDatabase) -> None:
        """Makes a link."""

    def delete(self, name: str) -> None:
        """Removes a link; its target stays with its owner."""


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
        """Iceberg catalog that holds the environment's tables; locally it makes a new table's database by itself."""

    @property
    def boto_session(self) -> Any | None:
        """Session of boto3 with the environment's credentials and region; None where there is no AWS."""

    @property
    def permissions(self) -> Permissions | None:
        """Grants on tables; None where there are none."""

    @property
    def tasks(self) -> DeployedTasks | None:
        """Tasks of deployed pipelines; None where nothing is deployed."""

    @property
    def database_links(self) -> DatabaseLinks | None:
        """Databases that others share; None where nobody can."""

    def service_errors(self) -> AbstractContextManager[None]:
        """Within it, what a service refuses is raised as an error of the SDK, whichever library asked."""

    def input_filesystem(self) -> FileSystem:
        """Where `s3://` paths of an input are read; paths of it are `bucket/key`."""

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
