"""When a table needs maintenance, and how much of it: table properties with defaults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

from datalake_sdk.engine.data_file import TARGET_FILE_BYTES, TARGET_FILE_BYTES_PROPERTY
from datalake_sdk.errors import InvalidTablePropertyError

AUTOMATIC_PROPERTY = "datalake_sdk_automatic_maintenance"
VERSIONS_PROPERTY = "datalake_sdk_maintenance_versions"
SMALL_FILES_PROPERTY = "datalake_sdk_maintenance_small_files"
DELETED_SHARE_PROPERTY = "datalake_sdk_maintenance_deleted_share"
DELETED_ROWS_PROPERTY = "datalake_sdk_maintenance_deleted_rows"
MIN_INPUT_FILES_PROPERTY = "datalake_sdk_compaction_min_files"
MANIFESTS_PROPERTY = "commit.manifest.min-count-to-merge"
MAX_SNAPSHOT_AGE_PROPERTY = "history.expire.max-snapshot-age-ms"
MIN_SNAPSHOTS_PROPERTY = "history.expire.min-snapshots-to-keep"
"""Iceberg's own: https://iceberg.apache.org/docs/latest/configuration/#table-behavior-properties"""
MAX_SNAPSHOTS_PROPERTY = "datalake_sdk_max_snapshots"
ORPHAN_AGE_PROPERTY = "datalake_sdk_orphan_age_hours"

MAINTAINED_VERSION_PROPERTY = "datalake_sdk_maintained_version"
MAINTAINED_FILES_PROPERTY = "datalake_sdk_maintained_files"
SWEPT_PROPERTY = "datalake_sdk_swept_ms"
"""What the last maintenance left behind; written by maintenance itself."""

_SWEEP_INTERVAL_MS = 24 * 3600 * 1000
_FORCED_MIN_FILES = 2

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class MaintenancePolicy:
    """The thresholds of one table.

    Args:
        automatic: Whether writes start maintenance.
        versions: Versions after which maintenance is due.
        small_files: Data files more than after the last maintenance at which it is due.
        deleted_share: Share of marked rows at which maintenance is due and at which a file is written again.
        deleted_rows: Fewer marked rows than these never make maintenance due.
        min_files: Small files of a partition that are worth a compaction.
        include_outliers: Whether small files are joined with ones that outweigh them all.
        small_bytes: A smaller file is small: half of the target size.
        target_bytes: Size at which a new file is begun.
        min_manifests: Manifests of a kind that are worth being merged.
        max_snapshot_age_ms: Older snapshots expire.
        max_snapshots: Snapshots beyond these newest ones expire, whatever their age.
        min_snapshots: Newest snapshots of a branch that stay, whatever their age and number.
        orphan_age_hours: A younger file is never removed.
    """

    automatic: bool
    versions: int
    small_files: int
    deleted_share: float
    deleted_rows: int
    min_files: int
    include_outliers: bool
    small_bytes: float
    target_bytes: int
    min_manifests: int
    max_snapshot_age_ms: int
    max_snapshots: int
    min_snapshots: int
    orphan_age_hours: float

    @classmethod
    def of(cls, table: str, properties: Mapping[str, str], force: bool = False) -> MaintenancePolicy:
        """Reads a table's properties.

        Args:
            table: Name for messages.
            properties: Of the table.
            force: Whether every step does all that it can; ages stay as they are.

        Raises:
            InvalidTablePropertyError: A value is not a number.
        """

        def read(name: str, default: Number, kind: Callable[[str], Number]) -> Number:
            return _number(table, properties, name, default, kind)

        target = read(TARGET_FILE_BYTES_PROPERTY, TARGET_FILE_BYTES, int)
        return cls(
            automatic=properties.get(AUTOMATIC_PROPERTY, "true").lower() != "false",
            versions=read(VERSIONS_PROPERTY, 10, int),
            small_files=read(SMALL_FILES_PROPERTY, 100, int),
            deleted_share=0.0 if force else read(DELETED_SHARE_PROPERTY, 0.2, float),
            deleted_rows=read(DELETED_ROWS_PROPERTY, 10_000, int),
            min_files=_FORCED_MIN_FILES if force else read(MIN_INPUT_FILES_PROPERTY, 5, int),
            include_outliers=force,
            small_bytes=target / 2,
            target_bytes=target,
            min_manifests=_FORCED_MIN_FILES if force else read(MANIFESTS_PROPERTY, 10, int),
            max_snapshot_age_ms=read(MAX_SNAPSHOT_AGE_PROPERTY, 5 * 24 * 3600 * 1000, int),
            max_snapshots=read(MAX_SNAPSHOTS_PROPERTY, 100, int),
            min_snapshots=read(MIN_SNAPSHOTS_PROPERTY, 1, int),
            orphan_age_hours=read(ORPHAN_AGE_PROPERTY, 72.0, float),
        )


def due_reason(policy: MaintenancePolicy, table: str, metadata: TableMetadata) -> str | None:
    """Why a table needs maintenance, in words; None when it does not. Reads nothing but the table's metadata."""
    snapshot = metadata.current_snapshot()
    if snapshot is None:
        return None
    versions = current_version(metadata) - _stored(table, metadata, MAINTAINED_VERSION_PROPERTY)
    if versions >= policy.versions:
        return f"{versions} versions since the last maintenance"
    files = _total(snapshot, "total-data-files") - _stored(table, metadata, MAINTAINED_FILES_PROPERTY)
    if files >= policy.small_files:
        return f"{files} data files more than after the last maintenance"
    deleted = _total(snapshot, "total-position-deletes")
    rows = _total(snapshot, "total-records")
    if deleted >= max(policy.deleted_share * rows, policy.deleted_rows, 1):
        return f"{deleted} of {rows} rows are marked as deleted"
    return None


def sweep_is_due(table: str, metadata: TableMetadata, now_ms: int) -> bool:
    """Whether it is a day since files that nothing refers to were looked for."""
    return now_ms - _stored(table, metadata, SWEPT_PROPERTY) >= _SWEEP_INTERVAL_MS


def current_version(metadata: TableMetadata) -> int:
    """Number of the current snapshot among all that the table ever had."""
    snapshot = metadata.current_snapshot()
    return (snapshot.sequence_number or 0) if snapshot else 0


def data_files(metadata: TableMetadata) -> int:
    """Data files of the current snapshot, by its summary."""
    snapshot = metadata.current_snapshot()
    return _total(snapshot, "total-data-files") if snapshot else 0


def _stored(table: str, metadata: TableMetadata, name: str) -> int:
    return _number(table, metadata.properties, name, 0, int)


def _total(snapshot: Snapshot, name: str) -> int:
    return int(snapshot.summary.additional_properties.get(name, 0)) if snapshot.summary else 0


def _number(
    table: str, properties: Mapping[str, str], name: str, default: Number, kind: Callable[[str], Number]
) -> Number:
    value = properties.get(name)
    if value is None:
        return default
    try:
        return kind(value)
    except ValueError as error:
        raise InvalidTablePropertyError(table, name, value) from error
