"""Compares two snapshots of a table by their metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot, ancestors_between

from datalake_sdk.engine.scan import check_snapshot
from datalake_sdk.engine.types import format_type
from datalake_sdk.errors import NoEarlierSnapshotError
from datalake_sdk.operations.tables import SnapshotDescription, snapshot_description, summary_counts
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import TableName

_COMMITS_SHOWN = 50


@dataclass(frozen=True)
class SnapshotTotals:
    """Totals of a snapshot, from its summary."""

    rows: int
    files: int
    bytes: int


@dataclass(frozen=True)
class SnapshotComparison:
    """Differences between two snapshots of a table.

    Args:
        table: Name in queries, with the stage's prefix.
        older: Id of the snapshot to compare with.
        newer: Id of the compared snapshot.
        before: Totals of the older snapshot.
        after: Totals of the newer snapshot.
        added_columns: Types of the columns that only the newer snapshot has.
        removed_columns: Types of the columns that only the older snapshot has.
        changed_columns: Both types of the columns whose type differs.
        commits: Commits after the older snapshot, newest first; at most 50.
        is_ancestor: Whether the newer snapshot is based on the older one. Otherwise the table was rolled back in
            between, and the commits are those since the last known ancestor.
    """

    table: str
    older: int
    newer: int
    before: SnapshotTotals
    after: SnapshotTotals
    added_columns: Mapping[str, str]
    removed_columns: Mapping[str, str]
    changed_columns: Mapping[str, tuple[str, str]]
    commits: tuple[SnapshotDescription, ...]
    is_ancestor: bool

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def compare_snapshots(
    platform: Platform, name: TableName, older: int | None = None, newer: int | None = None
) -> SnapshotComparison:
    """Compares two snapshots; reads metadata only.

    Args:
        platform: Platform that holds the table.
        name: Table.
        older: Id of a snapshot; None is the parent of the newer one.
        newer: Id of a snapshot; None is the current one.

    Raises:
        UnknownTableError: The table does not exist.
        UnknownSnapshotError: A snapshot does not exist, or has expired.
        NoEarlierSnapshotError: The newer snapshot has no parent, or its parent has expired.
    """
    table = load_table(platform, name)
    after = _snapshot(table, newer) or table.current_snapshot()
    before = _snapshot(table, older) or _parent(table, after)
    if after is None or before is None:
        raise NoEarlierSnapshotError(".".join(table.name()), after.snapshot_id if after else None)
    with platform.service_errors():
        return _comparison(table, before, after)


def _snapshot(table: Table, snapshot_id: int | None) -> Snapshot | None:
    if snapshot_id is None:
        return None
    check_snapshot(table, snapshot_id)
    return table.snapshot_by_id(snapshot_id)


def _parent(table: Table, snapshot: Snapshot | None) -> Snapshot | None:
    parent = snapshot.parent_snapshot_id if snapshot else None
    return None if parent is None else table.snapshot_by_id(parent)


def _comparison(table: Table, before: Snapshot, after: Snapshot) -> SnapshotComparison:
    old, new = _columns(_schema(table, before)), _columns(_schema(table, after))
    ancestors = list(ancestors_between(before, after, table.metadata))
    is_ancestor = bool(ancestors) and ancestors[-1].snapshot_id == before.snapshot_id
    commits = [snapshot for snapshot in ancestors if snapshot.snapshot_id != before.snapshot_id]
    return SnapshotComparison(
        table=".".join(table.name()),
        older=before.snapshot_id,
        newer=after.snapshot_id,
        before=_totals(before),
        after=_totals(after),
        added_columns={name: new[name] for name in new if name not in old},
        removed_columns={name: old[name] for name in old if name not in new},
        changed_columns={name: (old[name], new[name]) for name in new if name in old and old[name] != new[name]},
        commits=tuple(map(snapshot_description, commits[:_COMMITS_SHOWN])),
        is_ancestor=is_ancestor,
    )


def _schema(table: Table, snapshot: Snapshot) -> Schema:
    schemas = table.schemas()
    return schemas[snapshot.schema_id] if snapshot.schema_id in schemas else table.schema()


def _columns(schema: Schema) -> dict[str, str]:
    return {field.name: format_type(field.field_type) for field in schema.fields}


def _totals(snapshot: Snapshot) -> SnapshotTotals:
    counts = summary_counts(snapshot)
    return SnapshotTotals(
        rows=counts.get("total-records", 0) - counts.get("total-position-deletes", 0),
        files=counts.get("total-data-files", 0),
        bytes=counts.get("total-files-size", 0),
    )
