"""Expires old snapshots, in the commit that records the maintenance in the table's properties."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import SnapshotRef, SnapshotRefType
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.table.update import (
    RemoveSnapshotsUpdate,
    SetPropertiesUpdate,
    TableUpdate,
)
from pyiceberg.typedef import Identifier

from datalake_sdk.engine.ingestion_ids import EXPIRED_IDS_PROPERTY, remembered_ids
from datalake_sdk.engine.maintenance_policy import (
    MAINTAINED_FILES_PROPERTY,
    MAINTAINED_VERSION_PROPERTY,
    SWEPT_PROPERTY,
    MaintenancePolicy,
    current_version,
    data_files,
)
from datalake_sdk.engine.old_metadata import remove_old_metadata
from datalake_sdk.engine.references_requirement import AssertSameReferences
from datalake_sdk.engine.storage import storage_errors
from datalake_sdk.engine.write_transaction import load_if_exists

_MAX_ATTEMPTS = 5


@dataclass(frozen=True)
class ExpirationResult:
    """Result of an expiration.

    Args:
        snapshots: Number of expired snapshots.
        has_conflicted: Every attempt conflicted with another writer; nothing was changed.
    """

    snapshots: int = 0
    has_conflicted: bool = False


def expire_snapshots(
    catalog: Catalog, identifier: Identifier, policy: MaintenancePolicy, now_ms: int, swept_ms: int | None
) -> ExpirationResult:
    """Expires snapshots and records the maintenance, in one commit.

    Args:
        catalog: Catalog of the table.
        identifier: Database and table as in the catalog.
        policy: The table's thresholds.
        now_ms: Current time in milliseconds since 1970.
        swept_ms: Time of the search for orphan files, in the same unit; None keeps the recorded time.

    Raises:
        StorageError: The metadata file could not be written; the table is unchanged.
    """
    for _ in range(_MAX_ATTEMPTS):
        table = load_if_exists(catalog, identifier)
        if table is None:
            return ExpirationResult()
        expired = expired_snapshots(table.metadata, policy, now_ms)
        try:
            _commit(catalog, table, expired, swept_ms)
        # pyiceberg raises ValueError if another maintenance has expired the same snapshots.
        except (CommitFailedException, ValueError):
            continue
        return ExpirationResult(len(expired))
    return ExpirationResult(has_conflicted=True)


def expired_snapshots(metadata: TableMetadata, policy: MaintenancePolicy, now_ms: int) -> list[Snapshot]:
    """Snapshots beyond the maximum age or number that no branch or tag retains.

    Every commit rewrites the list of snapshots, so their number determines the cost of a small write.
    """
    snapshots = {snapshot.snapshot_id: snapshot for snapshot in metadata.snapshots}
    kept = {kept for reference in metadata.refs.values() for kept in _kept(reference, snapshots, policy, now_ms)}
    oldest = now_ms - policy.max_snapshot_age_ms
    newest_first = sorted(metadata.snapshots, key=lambda snapshot: snapshot.sequence_number or 0, reverse=True)
    return [
        snapshot
        for position, snapshot in enumerate(newest_first)
        if (snapshot.timestamp_ms < oldest or position >= policy.max_snapshots) and snapshot.snapshot_id not in kept
    ][::-1]


def _kept(
    reference: SnapshotRef, snapshots: Mapping[int, Snapshot], policy: MaintenancePolicy, now_ms: int
) -> Iterator[int]:
    """Yields the snapshots that a tag or branch retains.

    https://iceberg.apache.org/spec/#snapshot-retention-policy
    """
    is_branch = reference.snapshot_ref_type == SnapshotRefType.BRANCH
    count = max(reference.min_snapshots_to_keep or policy.min_snapshots, 1) if is_branch else 1
    max_age_ms = reference.max_snapshot_age_ms or 0
    current = snapshots.get(reference.snapshot_id)
    while current is not None and (count > 0 or now_ms - current.timestamp_ms < max_age_ms):
        yield current.snapshot_id
        count -= 1
        current = snapshots.get(current.parent_snapshot_id or 0)


def _commit(catalog: Catalog, table: Table, expired: list[Snapshot], swept_ms: int | None) -> None:
    metadata = table.metadata
    properties = {
        MAINTAINED_VERSION_PROPERTY: str(current_version(metadata)),
        MAINTAINED_FILES_PROPERTY: str(data_files(metadata)),
    }
    updates: list[TableUpdate] = []
    if swept_ms is not None:
        properties[SWEPT_PROPERTY] = str(swept_ms)
    if expired:
        properties[EXPIRED_IDS_PROPERTY] = remembered_ids(metadata, expired)
        updates.append(
            RemoveSnapshotsUpdate.model_validate({"snapshot-ids": [snapshot.snapshot_id for snapshot in expired]})
        )
    # Otherwise a tag that another process has created on an expired snapshot would be removed with it.
    requirement = AssertSameReferences(uuid=metadata.table_uuid, references=metadata.refs)
    with storage_errors(".".join(table.name())):
        response = catalog.commit_table(table, (requirement,), (*updates, SetPropertiesUpdate(updates=properties)))
    remove_old_metadata(table, response.metadata)
