"""Table maintenance: compaction, snapshot expiration and removal of orphan files; safe with concurrent writers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from datalake_sdk.engine.compaction import Compaction, compact
from datalake_sdk.engine.maintenance_policy import MaintenancePolicy, due_reason, sweep_is_due
from datalake_sdk.engine.orphan_files import StoredFile, find_orphan_files
from datalake_sdk.engine.snapshot_expiration import expire_snapshots
from datalake_sdk.engine.storage import remove_files, storage_errors
from datalake_sdk.engine.write_transaction import load_if_exists

logger = logging.getLogger(__name__)

_BUSY = "every attempt conflicted with another writer; the next maintenance tries again"


@dataclass(frozen=True)
class MaintenanceResult:
    """Result of maintenance.

    Args:
        files_compacted: Data files that were rewritten.
        files_written: Data files that replace them.
        delete_files_removed: Delete files that were applied or no longer applied to any data file.
        manifests_rewritten: Manifests that were merged.
        files_removed: Orphan files that were removed, with a total size of `bytes_removed`.
        reason: Why maintenance ran; empty if it was not due.
        skipped: Steps that were skipped and why; empty if all ran.
    """

    files_compacted: int = 0
    files_written: int = 0
    delete_files_removed: int = 0
    manifests_rewritten: int = 0
    snapshots_expired: int = 0
    files_removed: int = 0
    bytes_removed: int = 0
    reason: str = ""
    skipped: str = ""


@dataclass(frozen=True)
class MaintenanceActions:
    """An engine's implementation of the expensive steps.

    Args:
        compact: Compacts the current table according to a policy.
        remove_files: Removes and returns orphan files of a table that were last modified before a time in milliseconds
            since 1970.
    """

    compact: Callable[[Table, MaintenancePolicy], Compaction]
    remove_files: Callable[[Table, float], Sequence[StoredFile]]


def native_actions(catalog: Catalog, list_files: Callable[[], Iterable[StoredFile]]) -> MaintenanceActions:
    """The native engine's implementation.

    Args:
        catalog: Catalog of the table.
        list_files: Lists the files below the table's location.
    """
    return MaintenanceActions(partial(compact, catalog), partial(_remove_files, catalog, list_files))


def maintain(catalog: Catalog, table: Table, actions: MaintenanceActions, *, force: bool = False) -> MaintenanceResult:
    """Maintains a table if it is due.

    Args:
        catalog: Catalog of the table.
        table: The current table.
        actions: The engine's implementation.
        force: Whether to run every step now, with the lowest thresholds.

    Raises:
        InvalidTablePropertyError: A threshold is not a number.
        StorageError: A file could not be written or removed; no rows are lost.
        UnlistedFilesError: The listing lacks files of the table; no files were removed.
    """
    name = ".".join(table.name())
    policy = MaintenancePolicy.of(name, table.properties, force)
    reason = "forced" if force else due_reason(policy, name, table.metadata)
    if reason is None:
        return MaintenanceResult(skipped="nothing is due")
    logger.info("%s: maintenance: %s", name, reason)
    now_ms = time.time_ns() // 1_000_000
    sweeps = force or sweep_is_due(name, table.metadata, now_ms)
    compaction = actions.compact(table, policy)
    expiry = expire_snapshots(catalog, table.name(), policy, now_ms, now_ms if sweeps else None)
    before_ms = now_ms - policy.orphan_age_hours * 3_600_000
    current = load_if_exists(catalog, table.name()) if sweeps else None
    removed = actions.remove_files(current, before_ms) if current else []
    return MaintenanceResult(
        files_compacted=compaction.files_compacted,
        files_written=compaction.files_written,
        delete_files_removed=compaction.delete_files_removed,
        manifests_rewritten=compaction.manifests_rewritten,
        snapshots_expired=expiry.snapshots,
        files_removed=len(removed),
        bytes_removed=sum(file.size for file in removed),
        reason=reason,
        skipped="; ".join(
            f"{step}: {_BUSY}"
            for step, has_conflicted in (("compaction", compaction.has_conflicted), ("expiry", expiry.has_conflicted))
            if has_conflicted
        ),
    )


def _remove_files(
    catalog: Catalog, list_files: Callable[[], Iterable[StoredFile]], table: Table, before_ms: float
) -> Sequence[StoredFile]:
    files = find_orphan_files(catalog, table, list_files, before_ms)
    with storage_errors(".".join(table.name())):
        remove_files(table.io, [file.location for file in files])
    return files
