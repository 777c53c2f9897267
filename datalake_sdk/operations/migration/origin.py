"""The origin that a migration records in its target, and where the next incremental migration starts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from pyiceberg.table import Table

from datalake_sdk.engine.selection import Selection
from datalake_sdk.errors import IncrementalMigrationError
from datalake_sdk.operations.migration.masks import Mask
from datalake_sdk.settings import IngestionMode

MIGRATED_FROM_PROPERTY = "datalake_sdk_migrated_from"
"""Name, UUID and snapshot of the source of the last [migration](migrations.md), and a digest of its options."""


@dataclass(frozen=True)
class Origin:
    """Rows of a source table that a migration reads.

    Args:
        table: Name of the source with the stage's prefix.
        uuid: UUID of the source; a recreated table has a new one.
        snapshot_id: Snapshot of the source.
        options: Digest of condition, sample and masks.
    """

    table: str
    uuid: str
    snapshot_id: int
    options: str

    @classmethod
    def of(cls, selection: Selection, where: str | None, masks: Mapping[str, Mask]) -> Origin:
        """Returns the origin of the rows to read.

        Args:
            selection: Rows to read.
            where: Condition as the user wrote it.
            masks: Masks by column.
        """
        sample = None if selection.sample is None else [selection.sample, *selection.sample_by]
        named = sorted((column, mask.kind.value, mask.constant) for column, mask in masks.items())
        digest = hashlib.sha256(json.dumps([where, sample, named]).encode()).hexdigest()[:16]
        table = selection.table
        return cls(".".join(table.name()), str(table.metadata.table_uuid), selection.snapshot_id, digest)

    @classmethod
    def recorded(cls, target: Table | None) -> Origin | None:
        """Returns the origin that the last migration into a table recorded, if any."""
        value = target.properties.get(MIGRATED_FROM_PROPERTY) if target else None
        if value is None:
            return None
        table, uuid, snapshot_id, options, *_ = [*value.split("/"), ""]
        return cls(table, uuid, int(snapshot_id), options)

    def __str__(self) -> str:
        return f"{self.table}/{self.uuid}/{self.snapshot_id}/{self.options}"


def first_snapshot(
    source: Table, reading: Origin, recorded: Origin | None, mode: IngestionMode
) -> tuple[int | None, str]:
    """Returns the snapshot after which an incremental migration starts, and a note for the user.

    Args:
        source: Source table.
        reading: Origin of the rows to read.
        recorded: Origin recorded by the last migration into the target.
        mode: How rows are written to the target.

    Returns:
        None instead of a snapshot if all rows have to be copied; the note states why.

    Raises:
        IncrementalMigrationError: An append cannot determine which rows the target already has.
    """
    if recorded is None:
        return None, "the target records no earlier migration: all rows are copied"
    if reason := _no_comparison(source, reading, recorded):
        if mode is IngestionMode.APPEND:
            raise _unknown_changes(reading, reason)
        return None, f"{reason}: all rows are copied"
    if mode is IngestionMode.APPEND:
        _check_appended(source, reading, recorded.snapshot_id)
    return recorded.snapshot_id, ""


def _no_comparison(source: Table, reading: Origin, recorded: Origin) -> str:
    if recorded.table != reading.table:
        return f"the last migration read {recorded.table}"
    if recorded.uuid != reading.uuid or source.snapshot_by_id(recorded.snapshot_id) is None:
        return "the snapshot of the last migration has expired"
    return "" if recorded.options == reading.options else "where, sample or masks differ from the last migration"


def _check_appended(source: Table, reading: Origin, since: int) -> None:
    """Rejects sources with rewritten rows: only appended rows can be identified as new."""
    snapshot = source.snapshot_by_id(reading.snapshot_id)
    while snapshot is None or snapshot.snapshot_id != since:
        if snapshot is None or snapshot.summary is None or snapshot.summary.operation.value != "append":
            raise _unknown_changes(reading, "rows were rewritten since the last migration")
        parent = snapshot.parent_snapshot_id
        snapshot = source.snapshot_by_id(parent) if parent is not None else None


def _unknown_changes(reading: Origin, reason: str) -> IncrementalMigrationError:
    return IncrementalMigrationError(
        f"{reading.table}: {reason}, and mode append cannot identify the new rows",
        "Use --ingestion-mode upsert, or overwrite without --incremental.",
    )
