"""Lists and describes tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from datalake_sdk.engine.partitions import spec_keys
from datalake_sdk.engine.quarantine.log import QUARANTINE_PROPERTY
from datalake_sdk.engine.scan import arrow_columns
from datalake_sdk.engine.snapshot_summary import INGESTION_ID_SUMMARY
from datalake_sdk.engine.types import format_type
from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table, tables_of_stage
from datalake_sdk.settings import TableName

_SNAPSHOTS_SHOWN = 10


@dataclass(frozen=True)
class TableSummary:
    """Summary of a table at its current snapshot.

    Args:
        database: Database without the stage's prefix.
        name: Table name.
        table: Name in queries, with the stage's prefix.
        rows: Number of rows.
        files: Number of data files.
        bytes: Size of data and delete files.
        changed_at: Time of the current snapshot, ISO 8601; None before the first write.
    """

    database: str
    name: str
    table: str
    rows: int
    files: int
    bytes: int
    changed_at: str | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


@dataclass(frozen=True)
class ColumnDescription:
    """A column with its Iceberg type."""

    name: str
    type: str
    comment: str | None


@dataclass(frozen=True)
class SnapshotDescription:
    """One commit of a table; counts are of rows."""

    snapshot_id: int
    committed_at: str
    operation: str | None
    added_rows: int
    deleted_rows: int
    ingestion_id: str | None
    parent_id: int | None = None


@dataclass(frozen=True)
class TableDescription:
    """Schema, partitioning, properties, size and latest snapshots of a table.

    Args:
        database: Database without the stage's prefix.
        name: Table name.
        table: Name in queries, with the stage's prefix.
        location: Location of the table's files.
        columns: Columns in order.
        partition_keys: Columns and transforms, such as `country` and `day(ordered_at)`.
        properties: Table properties, without pending changes of the quarantine.
        rows: Number of rows.
        files: Number of data files.
        bytes: Size of data and delete files.
        snapshots: The last ten snapshots, newest first.
    """

    database: str
    name: str
    table: str
    location: str
    columns: tuple[ColumnDescription, ...]
    partition_keys: tuple[str, ...]
    properties: Mapping[str, str]
    rows: int
    files: int
    bytes: int
    snapshots: tuple[SnapshotDescription, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def list_tables(platform: Platform, database: str | None = None) -> list[TableSummary]:
    """Lists the tables of the environment, sorted by name.

    Args:
        platform: Platform that holds the tables.
        database: Database to list, without the stage's prefix; None lists all.

    Raises:
        UnknownDatabaseError: The database does not exist.
    """
    prefix = platform.environment.database_prefix
    return [_summary(table, prefix) for table in tables_of_stage(platform, database)]


def stored_columns(platform: Platform, name: TableName) -> pa.Schema | None:
    """Returns the columns of a table in the Arrow types of queries; None if it does not exist."""
    with platform.service_errors():
        table = load_if_exists(platform.catalog, name.identifier(platform.environment))
    return None if table is None else arrow_columns(table.schema())


def describe_table(platform: Platform, name: TableName) -> TableDescription:
    """Describes a table at its current snapshot.

    Raises:
        UnknownTableError: The table does not exist.
        EmptyLakeError: The environment has no tables.
    """
    return table_description(load_table(platform, name), platform.environment.database_prefix)


def table_description(table: Table, prefix: str) -> TableDescription:
    """Describes a loaded table at its current snapshot.

    Args:
        table: Table.
        prefix: Prefix of the databases of the stage.
    """
    schema = table.schema()
    columns = [ColumnDescription(field.name, format_type(field.field_type), field.doc) for field in schema.fields]
    return TableDescription(
        database=".".join(table.name()[:-1]).removeprefix(prefix),
        name=table.name()[-1],
        table=".".join(table.name()),
        location=table.location(),
        columns=tuple(columns),
        partition_keys=tuple(str(key) for key in spec_keys(table.spec(), schema)),
        properties={name: value for name, value in table.properties.items() if name != QUARANTINE_PROPERTY},
        rows=row_count(table),
        files=_total(table, "total-data-files"),
        bytes=_total(table, "total-files-size"),
        snapshots=tuple(snapshot_descriptions(table)),
    )


def snapshot_descriptions(table: Table) -> list[SnapshotDescription]:
    """Describes the last ten snapshots of a table, newest first."""
    return list(map(snapshot_description, sorted(table.metadata.snapshots, key=_age)[:_SNAPSHOTS_SHOWN]))


def row_count(table: Table) -> int:
    """Returns the number of rows in the current snapshot, from its summary."""
    return _total(table, "total-records") - _total(table, "total-position-deletes")


def _summary(table: Table, prefix: str) -> TableSummary:
    database, name = ".".join(table.name()[:-1]), table.name()[-1]
    current = table.current_snapshot()
    return TableSummary(
        database=database.removeprefix(prefix),
        name=name,
        table=f"{database}.{name}",
        rows=row_count(table),
        files=_total(table, "total-data-files"),
        bytes=_total(table, "total-files-size"),
        changed_at=commit_time(current) if current else None,
    )


def _total(table: Table, name: str) -> int:
    current = table.current_snapshot()
    return summary_counts(current).get(name, 0) if current else 0


def summary_counts(snapshot: Snapshot) -> dict[str, int]:
    """Returns the counts in a snapshot summary: https://iceberg.apache.org/spec/#optional-snapshot-summary-fields."""
    summary = snapshot.summary
    entries = summary.additional_properties if summary else {}
    return {name: int(value) for name, value in entries.items() if value.isdigit()}


def _age(snapshot: Snapshot) -> tuple[int, int]:
    return -snapshot.timestamp_ms, -(snapshot.sequence_number or 0)


def snapshot_description(snapshot: Snapshot) -> SnapshotDescription:
    """Describes a snapshot, from its summary."""
    counts = summary_counts(snapshot)
    summary = snapshot.summary
    return SnapshotDescription(
        snapshot_id=snapshot.snapshot_id,
        committed_at=commit_time(snapshot),
        operation=summary.operation.value if summary else None,
        added_rows=counts.get("added-records", 0),
        deleted_rows=counts.get("deleted-records", 0) + counts.get("added-position-deletes", 0),
        ingestion_id=summary.additional_properties.get(INGESTION_ID_SUMMARY) if summary else None,
        parent_id=snapshot.parent_snapshot_id,
    )


def commit_time(snapshot: Snapshot) -> str:
    """Returns the time of a commit, ISO 8601."""
    return datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC).isoformat(timespec="milliseconds")
