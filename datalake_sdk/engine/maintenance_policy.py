"""Thresholds of table maintenance, from table properties with defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

from datalake_sdk.engine.table_properties import (
    AUTOMATIC_MAINTENANCE,
    COMPACTION_MIN_FILES,
    MAINTENANCE_DELETED_ROWS,
    MAINTENANCE_DELETED_SHARE,
    MAINTENANCE_SMALL_FILES,
    MAINTENANCE_VERSIONS,
    MAX_SNAPSHOT_AGE_MS,
    MAX_SNAPSHOTS,
    MERGED_MANIFESTS,
    MIN_SNAPSHOTS,
    ORPHAN_AGE_HOURS,
    TARGET_FILE_BYTES,
    WHOLE_NUMBER,
    TableProperty,
)

MAINTAINED_VERSION_PROPERTY = "datalake_sdk_maintained_version"
"""Version of the table after its last maintenance."""
MAINTAINED_FILES_PROPERTY = "datalake_sdk_maintained_files"
"""Number of data files after the last maintenance."""
SWEPT_PROPERTY = "datalake_sdk_swept_ms"
"""Time of the last search for unreferenced files, in milliseconds since 1970."""

_MAX_UNMAINTAINED_FILES = 10_000
_SWEEP_INTERVAL_MS = 24 * 3600 * 1000
_FORCED_MIN_FILES = 2


@dataclass(frozen=True)
class MaintenancePolicy:
    """Maintenance thresholds of one table.

    Args:
        automatic: Whether a write runs maintenance when it is due.
        versions: Number of new table versions that makes maintenance due.
        small_files: Number of additional data files that makes maintenance due.
        deleted_share: Share of deleted rows, between 0 and 1, that makes maintenance due and a file worth rewriting.
        deleted_rows: Minimum number of deleted rows that makes maintenance due.
        min_files: Minimum number of small files in a partition to compact.
        include_outliers: Whether to compact small files together with a file larger than all of them.
        small_bytes: Size below which a file is small: half of the target size.
        target_bytes: Target size of data files.
        min_manifests: Minimum number of manifests of one content and spec to merge.
        max_snapshot_age_ms: Age above which snapshots expire.
        max_snapshots: Maximum number of snapshots; older ones expire.
        min_snapshots: Minimum number of snapshots that a branch retains.
        orphan_age_hours: Minimum age of orphan files to remove.
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
        """Parses a table's properties.

        Args:
            table: Name for messages.
            properties: Properties of the table.
            force: Whether to use the lowest thresholds for compaction; ages are unchanged.

        Raises:
            InvalidTablePropertyError: A value is invalid.
        """
        target = TARGET_FILE_BYTES.read(table, properties)
        return cls(
            automatic=AUTOMATIC_MAINTENANCE.read(table, properties),
            versions=MAINTENANCE_VERSIONS.read(table, properties),
            small_files=MAINTENANCE_SMALL_FILES.read(table, properties),
            deleted_share=0.0 if force else MAINTENANCE_DELETED_SHARE.read(table, properties),
            deleted_rows=MAINTENANCE_DELETED_ROWS.read(table, properties),
            min_files=_FORCED_MIN_FILES if force else COMPACTION_MIN_FILES.read(table, properties),
            include_outliers=force,
            small_bytes=target / 2,
            target_bytes=target,
            min_manifests=_FORCED_MIN_FILES if force else MERGED_MANIFESTS.read(table, properties),
            max_snapshot_age_ms=MAX_SNAPSHOT_AGE_MS.read(table, properties),
            max_snapshots=MAX_SNAPSHOTS.read(table, properties),
            min_snapshots=MIN_SNAPSHOTS.read(table, properties),
            orphan_age_hours=ORPHAN_AGE_HOURS.read(table, properties),
        )


def due_reason(policy: MaintenancePolicy, table: str, metadata: TableMetadata) -> str | None:
    """Reason for which maintenance is due, or None if it is not; reads only the table's metadata."""
    snapshot = metadata.current_snapshot()
    if snapshot is None:
        return None
    versions = current_version(metadata) - _stored(table, metadata, MAINTAINED_VERSION_PROPERTY)
    if versions >= policy.versions:
        return f"{versions} versions since the last maintenance"
    files = _total(snapshot, "total-data-files") - _stored(table, metadata, MAINTAINED_FILES_PROPERTY)
    if files >= policy.small_files:
        return f"{files} more data files than after the last maintenance"
    deleted = _total(snapshot, "total-position-deletes")
    rows = _total(snapshot, "total-records")
    if deleted >= max(policy.deleted_share * rows, policy.deleted_rows, 1):
        return f"{deleted} of {rows} rows are marked as deleted"
    return None


def starts_automatically(policy: MaintenancePolicy, table: str, metadata: TableMetadata) -> bool:
    """Whether a write starts maintenance; not the first one of a large table, which takes long."""
    is_maintained = MAINTAINED_VERSION_PROPERTY in metadata.properties
    is_small = data_files(metadata) <= _MAX_UNMAINTAINED_FILES
    return policy.automatic and (is_maintained or is_small) and due_reason(policy, table, metadata) is not None


def sweep_is_due(table: str, metadata: TableMetadata, now_ms: int) -> bool:
    """Whether the last search for orphan files was at least a day ago."""
    return now_ms - _stored(table, metadata, SWEPT_PROPERTY) >= _SWEEP_INTERVAL_MS


def current_version(metadata: TableMetadata) -> int:
    """Sequence number of the current snapshot."""
    snapshot = metadata.current_snapshot()
    return (snapshot.sequence_number or 0) if snapshot else 0


def data_files(metadata: TableMetadata) -> int:
    """Number of data files in the current snapshot, from its summary."""
    snapshot = metadata.current_snapshot()
    return _total(snapshot, "total-data-files") if snapshot else 0


def _stored(table: str, metadata: TableMetadata, name: str) -> int:
    return TableProperty(name, WHOLE_NUMBER, 0, "").read(table, metadata.properties)


def _total(snapshot: Snapshot, name: str) -> int:
    return int(snapshot.summary.additional_properties.get(name, 0)) if snapshot.summary else 0
