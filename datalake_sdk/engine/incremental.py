"""The rows that appends added to a table between two snapshots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from pyiceberg.manifest import DataFile, ManifestContent, ManifestEntryStatus
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Operation, Snapshot

from datalake_sdk.engine.scan import read_data_files
from datalake_sdk.errors import RewrittenRowsError, UnknownReadPositionError

_REMOVALS = ("deleted-data-files", "added-delete-files")
"""https://iceberg.apache.org/spec/#optional-snapshot-summary-fields"""


def snapshots_between(table: Table, after: int, until: int) -> list[Snapshot]:
    """Snapshots of a table's history, newest first.

    Args:
        table: The table.
        after: Snapshot before the first one; may have expired itself.
        until: Last snapshot.

    Raises:
        UnknownReadPositionError: The history of `until` does not lead back to `after`.
    """
    found: list[Snapshot] = []
    current: int | None = until
    while current != after:
        snapshot = None if current is None else table.snapshot_by_id(current)
        if snapshot is None:
            raise UnknownReadPositionError(".".join(table.name()), after)
        found.append(snapshot)
        current = snapshot.parent_snapshot_id
    return found


def check_appends(table: Table, after: int, until: int) -> None:
    """Checks that only appends and compactions were committed between two snapshots.

    Raises:
        UnknownReadPositionError: The history of `until` does not lead back to `after`.
        RewrittenRowsError: Rows were replaced or deleted.
    """
    for snapshot in reversed(snapshots_between(table, after, until)):
        if removes_rows(snapshot):
            raise RewrittenRowsError(".".join(table.name()), after, snapshot.snapshot_id)


def read_added(table: Table, after: int, until: int, columns: Sequence[str] | None = None) -> pa.RecordBatchReader:
    """Streams the rows that were added between two snapshots, in the table's current columns.

    Args:
        table: The table.
        after: Snapshot whose rows are left out.
        until: Last snapshot.
        columns: Columns to read, in this order; None reads all.

    Raises:
        UnknownReadPositionError: The history of `until` does not lead back to `after`.
    """
    snapshots = snapshots_between(table, after, until)
    return read_data_files(table, list(_added_files(table, reversed(snapshots))), columns)


def removes_rows(snapshot: Snapshot) -> bool:
    """Whether a commit deleted or replaced rows, or may have done so."""
    summary = snapshot.summary
    if summary is None:
        return True
    if summary.operation in (Operation.APPEND, Operation.REPLACE):
        return False
    return summary.operation is Operation.DELETE or any(
        summary.additional_properties.get(name, "0") != "0" for name in _REMOVALS
    )


def _added_files(table: Table, snapshots: Iterable[Snapshot]) -> Iterator[DataFile]:
    for snapshot in snapshots:
        if snapshot.summary is not None and snapshot.summary.operation is Operation.REPLACE:
            continue
        for manifest in snapshot.manifests(table.io):
            if manifest.content == ManifestContent.DATA and manifest.added_snapshot_id == snapshot.snapshot_id:
                for entry in manifest.fetch_manifest_entry(table.io):
                    if entry.status == ManifestEntryStatus.ADDED and entry.snapshot_id == snapshot.snapshot_id:
                        yield entry.data_file
