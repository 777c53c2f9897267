"""Interfaces of a platform: AWS or a folder on a laptop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from datalake_sdk.errors import AccessDeniedError
from datalake_sdk.settings import Environment, TableName

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table

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
    """

    database: str
    table: str
    metadata: str | None = None
    snapshot_id: int | None = None
    timestamp: datetime | None = None


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
    """Capabilities in which platforms differ."""

    remote: bool


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
"""Called with the statistics of a query before its first row."""


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
class TaskOutcome:
    """Outcome of a task run.

    Args:
        succeeded: Whether the task succeeded.
        started: Whether its code was started.
        exit_code: Exit code of its container; None if unknown.
        reason: Reason that the service returned; may be empty.
    """

    succeeded: bool
    started: bool
    exit_code: int | None
    reason: str


class TaskRun(Protocol):
    """A task that was started."""

    @property
    def identifier(self) -> str:
        """Identifier in the service, for example an ARN."""

    @property
    def log(self) -> str:
        """Location of its log."""

    def new_lines(self) -> list[str]:
        """Returns the lines logged since the last call.

        Raises:
            DatalakeError: The log cannot be read.
        """

    def outcome(self) -> TaskOutcome | None:
        """Returns the outcome; None while the task runs."""

    def stop(self) -> None:
        """Requests the service to stop the task."""


class DeployedTasks(Protocol):
    """Tasks of the deployed pipelines of an environment."""

    def start(self, pipeline: str, task: str, variables: Mapping[str, str]) -> TaskRun:
        """Starts a task as its pipeline would, outside of an execution.

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
class PipelineExecution:
    """An execution of a deployed pipeline.

    Args:
        identifier: Identifier in the service, for example an ARN.
        name: Name of the execution.
        status: For example `FAILED`.
        ended: When it ended; None while it runs.
        error: Name of the error; may be empty.
        cause: Cause of the error; may be empty.
        failed_tasks: Names of the states that did not succeed.
        obstacle: Why the execution cannot be redriven; empty if it can.
        is_outdated: Whether the pipeline has changed since the execution was started.
        link: Where to see it.
    """

    identifier: str
    name: str
    status: str
    ended: datetime | None
    error: str
    cause: str
    failed_tasks: tuple[str, ...]
    obstacle: str
    is_outdated: bool
    link: str


@dataclass(frozen=True)
class StartedExecution:
    """An execution of a deployed pipeline that was started.

    Args:
        identifier: Identifier in the service, for example an ARN.
        name: Name of the execution.
        link: Where to see it.
    """

    identifier: str
    name: str
    link: str


@dataclass(frozen=True)
class ExecutionState:
    """A task state of an execution.

    Args:
        name: Name of the state.
        status: `running`, `retrying`, `succeeded` or `failed`.
        entered: When it was entered.
        ended: When its last attempt ended; None while it runs.
        output: Result of the task as JSON; None if it did not succeed.
    """

    name: str
    status: str
    entered: datetime
    ended: datetime | None = None
    output: str | None = None


@dataclass(frozen=True)
class ExecutionProgress:
    """Progress of an execution.

    Args:
        status: For example `RUNNING`.
        error: Name of the error; may be empty.
        cause: Cause of the error; may be empty.
        states: Task states that were entered, in order.
    """

    status: str
    error: str
    cause: str
    states: tuple[ExecutionState, ...]


@dataclass(frozen=True)
class RedrivenMessage:
    """A dead letter that was sent to its destination again.

    Args:
        identifier: Identifier of the message.
        destination: Name of the execution or of the queue.
        error: Why it was rejected; empty if it was accepted. A rejected message stays in its queue.
    """

    identifier: str
    destination: str
    error: str = ""


class DeployedPipelines(Protocol):
    """Deployed pipelines of an environment.

    Every method raises `NoSuchPipelineError` if the pipeline does not exist.
    """

    def start(self, pipeline: str, name: str, execution_input: str) -> StartedExecution:
        """Starts an execution.

        Args:
            pipeline: Name of the pipeline.
            name: Name of the execution.
            execution_input: Its input as JSON.
        """

    def executions(self, pipeline: str, prefix: str) -> Iterator[tuple[StartedExecution, str]]:
        """Lists the executions whose names start with a prefix, and their statuses, latest first."""

    def progress(self, execution: StartedExecution) -> ExecutionProgress:
        """Returns the progress of an execution.

        Raises:
            DatalakeError: The progress cannot be read.
        """

    def execution(self, pipeline: str, name: str | None) -> PipelineExecution:
        """Returns an execution.

        Args:
            pipeline: Name of the pipeline.
            name: Name of the execution; None is the last unsuccessful one.

        Raises:
            NoSuchExecutionError: The execution does not exist.
            NothingToRedriveError: No execution was unsuccessful.
        """

    def redrive(self, execution: PipelineExecution) -> None:
        """Continues an execution from the tasks that failed.

        Raises:
            NotRedrivableError: The execution cannot be redriven.
        """

    def dead_letters(self, pipeline: str) -> int:
        """Returns the approximate number of events that started no execution."""

    def redrive_dead_letters(self, pipeline: str) -> Iterator[RedrivenMessage]:
        """Starts executions for the events that started none, or returns them to the queue they come from."""


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

    @property
    def boto_session(self) -> Any | None:
        """boto3 session with the credentials and region of the environment; None without AWS."""

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
    def database_links(self) -> DatabaseLinks | None:
        """Databases shared by other accounts; None if the platform has none."""

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
