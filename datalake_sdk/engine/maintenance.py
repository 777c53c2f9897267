"""Maintenance of one table: compaction, expiry, removal of files; each step safe beside writers."""

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

logger = logging.getLogger(__name__)

_BUSY = "other writers came first each time; the next maintenance tries again"


@dataclass(frozen=True)
class MaintenanceResult:
    """What maintenance did.

    Args:
        files_compacted: Data files that were written again.
        files_written: Data files that stand in for them.
        delete_files_removed: Files of deleted rows that were applied, or applied to nothing any more.
        manifests_rewritten: Manifests that became fewer.
        files_removed: Files that nothing refers to, with all their `bytes_removed`.
        reason: Why maintenance ran; empty when nothing was due.
        skipped: What was not done, and why; empty when everything was.
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
    """How an engine does what takes long.

    Args:
        compact: Rewrites what the policy finds worth it in a table as it is now.
        remove_files: Removes files of a table that nothing refers to and that were modified before so many
            milliseconds since 1970; returns them.
    """

    compact: Callable[[Table, MaintenancePolicy], Compaction]
    remove_files: Callable[[Table, float], Sequence[StoredFile]]


def native_actions(catalog: Catalog, list_files: Callable[[], Iterable[StoredFile]]) -> MaintenanceActions:
    """The native engine's.

    Args:
        catalog: Where the table is.
        list_files: Lists the files below the table's location.
    """
    return MaintenanceActions(partial(compact, catalog), partial(_remove_files, catalog, list_files))


def maintain(catalog: Catalog, table: Table, actions: MaintenanceActions, *, force: bool = False) -> MaintenanceResult:
    """Maintains a table when it is due.

    Args:
        catalog: Where the table is.
        table: As it is now.
        actions: The engine's.
        force: Whether every step runs now and does all that it can.

    Raises:
        InvalidTablePropertyError: A threshold is not a number.
        StorageError: A file could not be written or removed; no row is lost.
        UnlistedFilesError: The listing lacks files of the table; no file was removed.
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
    removed = actions.remove_files(catalog.load_table(table.name()), before_ms) if sweeps else []
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
