"""Rows that were added, changed or deleted between two snapshots of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot, ancestors_between

from datalake_sdk.engine.incremental import removes_rows
from datalake_sdk.engine.scan import arrow_columns, query_rows, relation
from datalake_sdk.sql_quotes import quoted


@dataclass(frozen=True)
class SnapshotChanges:
    """Changes from an earlier snapshot to the current one.

    Args:
        table: The table.
        since: Id of the earlier snapshot.
        keys: Columns by which changed and deleted rows are identified; empty if rows were only added.
    """

    table: Table
    since: int
    keys: tuple[str, ...] = ()

    def rows(self) -> pa.RecordBatchReader:
        """Streams the rows that were added or changed, with their current values."""
        schema = self.table.schema()
        names = [field.name for field in schema.fields]
        before = _names(_schema_of(self.table, self.since))
        old = ", ".join(quoted(name) if name in before else f"NULL AS {quoted(name)}" for name in names)
        # Rows that were only moved to another file, for example by compaction, are in both sets of files.
        query = f"SELECT {_list(names)} FROM new_files EXCEPT ALL SELECT {old} FROM old_files"
        relations = {
            "new_files": relation(self.table, since=self.since),
            "old_files": relation(self.table, self.since, since=_current(self.table).snapshot_id),
        }
        return query_rows(self.table, relations, query, arrow_columns(schema))

    def deleted_keys(self) -> pa.RecordBatchReader:
        """Streams the keys that only the earlier snapshot has."""
        keys = _list(self.keys)
        relations = {"old_rows": relation(self.table, self.since), "new_rows": relation(self.table)}
        query = f"SELECT {keys} FROM old_rows EXCEPT SELECT {keys} FROM new_rows"
        return query_rows(self.table, relations, query, arrow_columns(self.table.schema(), self.keys))


def changes_since(table: Table, since: int, keys: Sequence[str] = ()) -> SnapshotChanges | str:
    """Finds out how to read the changes from an earlier snapshot to the current one.

    Args:
        table: The table, which has a snapshot.
        since: Id of the earlier snapshot.
        keys: Upsert keys of the table; empty if it has none.

    Returns:
        The changes, or why they cannot be read.
    """
    before = table.snapshot_by_id(since)
    if before is None:
        return f"snapshot {since} has expired"
    commits = list(ancestors_between(before, _current(table), table.metadata))
    if not commits or commits[-1].snapshot_id != since:
        return f"the table was rolled back behind snapshot {since}"
    if not _keeps_columns(_schema_of(table, since), table.schema()):
        return f"columns were renamed, dropped or changed since snapshot {since}"
    if not any(map(removes_rows, commits[:-1])):
        return SnapshotChanges(table, since)
    if not keys:
        return f"rows were changed or deleted since snapshot {since}, and the table has no upsert keys"
    if any(_has_ambiguous_keys(table, keys, snapshot) for snapshot in (since, None)):
        return f"the upsert keys {', '.join(keys)} are not unique, or null"
    return SnapshotChanges(table, since, tuple(keys))


def _current(table: Table) -> Snapshot:
    snapshot = table.current_snapshot()
    assert snapshot is not None
    return snapshot


def _schema_of(table: Table, snapshot_id: int) -> Schema:
    return table.scan(snapshot_id=snapshot_id).projection()


def _names(schema: Schema) -> set[str]:
    return {field.name for field in schema.fields}


def _keeps_columns(before: Schema, after: Schema) -> bool:
    current = {field.field_id: (field.name, field.field_type) for field in after.fields}
    return all(current.get(field.field_id) == (field.name, field.field_type) for field in before.fields)


def _has_ambiguous_keys(table: Table, keys: Sequence[str], snapshot_id: int | None) -> bool:
    nulls = " OR ".join(f"{quoted(key)} IS NULL" for key in keys)
    query = f"SELECT true AS found FROM all_rows GROUP BY {_list(keys)} HAVING count(*) > 1 OR {nulls} LIMIT 1"
    if not set(keys) <= _names(table.scan(snapshot_id=snapshot_id).projection()):
        return True
    found = query_rows(table, {"all_rows": relation(table, snapshot_id)}, query, pa.schema([("found", pa.bool_())]))
    return bool(found.read_all().num_rows)


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))
