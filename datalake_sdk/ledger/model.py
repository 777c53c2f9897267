"""Events of runs, independent of their format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from datalake_sdk.ledger.names import is_external

_RUN_IDS = uuid5(NAMESPACE_URL, "https://datalake-sdk/runs")
_TIME_FORMAT = "%Y%m%dT%H%M%S.%fZ"


class EventType(StrEnum):
    """What happened to a run; the last three end it.

    https://openlineage.io/docs/spec/run-cycle
    """

    START = "START"
    COMPLETE = "COMPLETE"
    FAIL = "FAIL"
    ABORT = "ABORT"

    @property
    def is_end(self) -> bool:
        """Whether the run has ended."""
        return self is not EventType.START


class RunKind(StrEnum):
    """What ran."""

    PIPELINE = "pipeline"
    TASK = "task"
    MODEL = "model"
    INGESTION = "ingestion"
    MIGRATION = "migration"
    MAINTENANCE = "maintenance"
    EXPORT = "export"
    DELETION = "deletion"


@dataclass(frozen=True)
class Job:
    """What a run executes.

    Args:
        kind: Kind of its runs.
        name: Unique name in the environment, for example `orders.load_orders` for a task of a pipeline.
        pipeline: Name of the pipeline; empty outside of one.
        task: Name of the task; empty for other kinds.
        code: URI of the task's code; empty if unknown.
        image: Digest of the task's image; empty without one.
        sql: Statement of a SQL task; empty for other tasks.
    """

    kind: RunKind
    name: str
    pipeline: str = ""
    task: str = ""
    code: str = ""
    image: str = ""
    sql: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table, with its Iceberg type."""

    name: str
    type: str
    description: str = ""


@dataclass(frozen=True)
class ColumnSource:
    """A column that another one is computed from.

    Args:
        table: Name of the table in the catalog, `database.table` with the stage's prefix.
        column: Name of the column.
        transformation: `IDENTITY`, `TRANSFORMATION`, `AGGREGATION`, or for columns that only select rows `FILTER`,
            `JOIN`, `GROUP_BY`, `SORT` and so on; empty if unknown.
    """

    table: str
    column: str
    transformation: str = ""


@dataclass(frozen=True)
class Check:
    """Result of one check of a contract.

    Args:
        name: Name of the check.
        column: Column that it applies to; empty for the table.
        severity: `error` or `warning`.
        on_violation: `fail`, `quarantine` or `warn`.
        violations: Number of rows that violate the check.
        passed: Whether the check holds.
    """

    name: str
    column: str
    severity: str
    on_violation: str
    violations: int
    passed: bool


@dataclass(frozen=True)
class Input:
    """A table or files that a run reads.

    Args:
        name: `database.table` with the stage's prefix; an absolute path or an `s3://` URI for files.
        snapshot_id: Snapshot that is read; None if unknown.
    """

    name: str
    snapshot_id: int | None = None

    @property
    def is_table(self) -> bool:
        """Whether it is a table of the lake."""
        return not is_external(self.name)


@dataclass(frozen=True)
class Output:
    """A table that a run writes; all counts are those of its commits.

    Args:
        name: `database.table` with the stage's prefix; a URI for a table of another database.
        snapshot_id: Last snapshot that the run committed; None if it committed none.
        rows: Number of rows of the batch without quarantined ones; None if unknown.
        bytes: Size of the added files.
        files: Number of added files.
        columns: Columns of the table.
        lineage: Sources by column.
        checks: Results of the checks of the table's contract.
        is_dropped: Whether the run deleted the table.
    """

    name: str
    snapshot_id: int | None = None
    rows: int | None = None
    bytes: int | None = None
    files: int | None = None
    columns: tuple[Column, ...] = ()
    lineage: Mapping[str, tuple[ColumnSource, ...]] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    is_dropped: bool = False

    @property
    def is_table(self) -> bool:
        """Whether it is a table of the lake."""
        return not is_external(self.name)


@dataclass(frozen=True)
class Parent:
    """The run that started another one."""

    run_id: str
    job: str


@dataclass(frozen=True)
class RunError:
    """Why a run did not succeed.

    Args:
        name: Class of the error, for example `ContractViolatedError`; the error of the state for a task that could
            not report itself.
        message: Message.
        hint: What to do next; may be empty.
        is_transient: Whether a retry may succeed.
        traceback: End of the traceback; may be empty.
    """

    name: str
    message: str
    hint: str = ""
    is_transient: bool = False
    traceback: str = ""


@dataclass(frozen=True)
class Cost:
    """What a run consumed.

    Args:
        seconds: Duration.
        vcpu: Number of virtual CPUs of the task; None if unknown.
        memory_mib: Memory of the task; None if unknown.
        bytes_scanned: Bytes that queries on Athena scanned.
    """

    seconds: float = 0.0
    vcpu: float | None = None
    memory_mib: int | None = None
    bytes_scanned: int = 0


@dataclass(frozen=True)
class Engine:
    """The processing engine: its name and version."""

    name: str
    version: str


@dataclass(frozen=True)
class Run:
    """Identity of a run.

    Args:
        id: UUID.
        job: What runs.
        started: When it started.
        group_time: Start of the execution that it belongs to, or its own; runs are listed in this order.
        parent: Run that started it; None if it was started by itself.
        execution: ARN or id of the execution; empty outside of one.
        nominal_time: Logical time that the run covers; None outside of a pipeline.
        engine: Processing engine; None if unknown.
        log: Log of a task: the URI of a file, `cloudwatch:{group}:{stream}`, or `lambda:{group}:{invocation}`; empty if
            unknown.
    """

    id: str
    job: Job
    started: datetime
    group_time: datetime
    parent: Parent | None = None
    execution: str = ""
    nominal_time: datetime | None = None
    engine: Engine | None = None
    log: str = ""


@dataclass(frozen=True)
class Event:
    """One event of a run; an event that ends a run repeats what is known about it.

    Args:
        type: What happened.
        time: When it happened.
        run: The run.
        inputs: Tables and files read so far.
        outputs: Tables written so far.
        error: Why the run did not succeed; None otherwise.
        cost: What the run consumed; None at the start.
    """

    type: EventType
    time: datetime
    run: Run
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    error: RunError | None = None
    cost: Cost | None = None

    @property
    def key(self) -> EventKey:
        """Name under which the event is stored."""
        return EventKey(self.run.group_time, self.run.id, self.type)


@dataclass(frozen=True, order=True)
class EventKey:
    """Name of a stored event: events of an execution follow each other, executions follow in the order of their start.

    Args:
        group_time: Start of the execution.
        run_id: UUID of the run.
        type: Type of the event; a run has at most one of each.
    """

    group_time: datetime
    run_id: str
    type: EventType

    @property
    def day(self) -> str:
        """Date of the partition, `YYYY-MM-DD` in UTC."""
        return f"{self.group_time.astimezone(UTC):%Y-%m-%d}"

    @property
    def run(self) -> str:
        """The part of the file name that all events of the run share."""
        return f"{time_prefix(self.group_time)}_{self.run_id}"

    def __str__(self) -> str:
        return f"{self.run}_{self.type}.json"

    @classmethod
    def parse(cls, name: str) -> EventKey | None:
        """Parses a file name; None if it is not that of an event."""
        parts = name.removesuffix(".json").split("_")
        try:
            time = datetime.strptime(parts[0], _TIME_FORMAT).replace(tzinfo=UTC)
            return cls(time, str(UUID(parts[1])), EventType(parts[2]))
        except (ValueError, IndexError):
            return None


def time_prefix(time: datetime) -> str:
    """Returns how the file names of a time start."""
    return time.astimezone(UTC).strftime(_TIME_FORMAT)


def run_id_of(*identity: str) -> str:
    """Derives the id of a run from what identifies it: its execution; for a task also its name and its attempt."""
    return str(uuid5(_RUN_IDS, "/".join(identity)))
