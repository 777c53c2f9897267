"""Compares the rows that a migration wrote with those that it read."""

from __future__ import annotations

import pyarrow as pa
from pyiceberg.table import Table

from datalake_sdk import naming
from datalake_sdk.engine.planning import plan_files
from datalake_sdk.engine.selection import KeyFilter, Selection, checksums
from datalake_sdk.errors import MigrationMismatchError, MissingColumnsError
from datalake_sdk.operations.migration.plan import TableMigration
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import IngestionMode

_EXPIRED = "the rows are written but not verified: another writer has expired the snapshots to compare"
_REPARTITIONED = "the rows are written but not verified: the commit also rewrote rows of older partition specs"


def verify(target: Platform, migration: TableMigration, snapshot_id: int, *, existed: bool) -> str:
    """Compares counts and checksums of the rows read and the rows written.

    Args:
        target: Platform of the target table.
        migration: Migration of the table.
        snapshot_id: Snapshot that the migration committed.
        existed: Whether the target existed before.

    Returns:
        Why the rows could not be compared; empty if they are equal.

    Raises:
        MigrationMismatchError: The rows differ.
        MissingColumnsError: The target lacks columns of the source.
    """
    table = load_table(target, migration.target)
    snapshot = table.snapshot_by_id(snapshot_id)
    before = snapshot.parent_snapshot_id if snapshot else None
    if snapshot is None or (before is not None and table.snapshot_by_id(before) is None):
        return _EXPIRED
    written, keys = _written_rows(table, snapshot_id, before, migration)
    if written is None:
        return _REPARTITIONED
    stored = _stored_columns(".".join(table.name()), migration.selection, written)
    expected = checksums(migration.selection, stored)
    found = checksums(written, {column.name: column for column in stored.values()}, keys)
    if found != expected:
        differing = [name for name, total in expected.columns.items() if total != found.columns[name]]
        name = ".".join(table.name())
        raise MigrationMismatchError(name, expected.rows, found.rows, differing, existed=existed, before=before)
    return ""


def _written_rows(
    table: Table, snapshot_id: int, before: int | None, migration: TableMigration
) -> tuple[Selection | None, KeyFilter | None]:
    """Selects the rows of the target that the migration wrote; None if they cannot be identified."""
    match migration.request.mode:
        case IngestionMode.UPSERT:
            keys = {naming.normalized_column_name(key): key for key in migration.request.upsert_keys}
            return Selection(table, snapshot_id), KeyFilter(migration.selection, keys)
        case IngestionMode.OVERWRITE_PARTITIONS if _was_repartitioned(table, before):
            return None, None
        case IngestionMode.APPEND | IngestionMode.OVERWRITE_PARTITIONS:
            return Selection(table, snapshot_id, since=before), None
    return Selection(table, snapshot_id), None


def _was_repartitioned(table: Table, before: int | None) -> bool:
    files = [] if before is None else plan_files(table, before)
    return any(task.file.spec_id != table.spec().spec_id for task in files)


def _stored_columns(name: str, source: Selection, target: Selection) -> dict[str, pa.Field]:
    """Maps each column of the source to its column of the target."""
    stored = {column: naming.normalized_column_name(column) for column in source.schema.names}
    known = set(target.schema.names)
    missing = [column for column, stored_name in stored.items() if stored_name not in known]
    if missing:
        raise MissingColumnsError(name, missing)
    return {column: target.schema.field(stored_name) for column, stored_name in stored.items()}
