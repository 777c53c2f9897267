"""What a target remembers of the migration that wrote it, and where the next one begins."""

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
"""Table property: name, id and snapshot of the table that the last migration read, and a digest of what it chose."""


@dataclass(frozen=True)
class Origin:
    """Rows of a source table.

    Args:
        table: Its name, with the stage's prefix.
        uuid: Its id, which a table that is created anew does not keep.
        snapshot_id: Its version.
        choices: Digest of condition, sample and masks.
    """

    table: str
    uuid: str
    snapshot_id: int
    choices: str

    @classmethod
    def of(cls, selection: Selection, where: str | None, masks: Mapping[str, Mask]) -> Origin:
        """What is about to be read.

        Args:
            selection: The rows; those of files that an earlier snapshot has may be left out.
            where: Condition as the user wrote it.
            masks: By column.
        """
        sample = None if selection.sample is None else [selection.sample, *selection.sample_by]
        named = sorted((column, mask.kind.value, mask.constant) for column, mask in masks.items())
        digest = hashlib.sha256(json.dumps([where, sample, named]).encode()).hexdigest()[:16]
        table = selection.table
        return cls(".".join(table.name()), str(table.metadata.table_uuid), selection.snapshot_id, digest)

    @classmethod
    def recorded(cls, target: Table | None) -> Origin | None:
        """What the last migration into a table read; None when none is recorded."""
        text = target.properties.get(MIGRATED_FROM_PROPERTY) if target else None
        if text is None:
            return None
        table, uuid, snapshot_id, choices, *_ = [*text.split("/"), ""]
        return cls(table, uuid, int(snapshot_id), choices)

    def __str__(self) -> str:
        return f"{self.table}/{self.uuid}/{self.snapshot_id}/{self.choices}"


def first_snapshot(
    source: Table, reading: Origin, recorded: Origin | None, mode: IngestionMode
) -> tuple[int | None, str]:
    """The snapshot whose rows an incremental migration may leave out, and what the user should know.

    Args:
        source: The table that is read.
        reading: What is read of it.
        recorded: What the last migration into the target has read.
        mode: How the rows go into the target.

    Raises:
        IncrementalMigrationError: An append that cannot tell which rows are in the target already.
    """
    if recorded is None:
        return None, "no migration into the target is recorded: all rows are copied"
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
        return "the last migration's snapshot is not there any more"
    return "" if recorded.choices == reading.choices else "where, sample or masks are not those of the last migration"


def _check_appended(source: Table, reading: Origin, since: int) -> None:
    """Only what was appended can be told apart from what was written again."""
    snapshot = source.snapshot_by_id(reading.snapshot_id)
    while snapshot is None or snapshot.snapshot_id != since:
        if snapshot is None or snapshot.summary is None or snapshot.summary.operation.value != "append":
            raise _unknown_changes(reading, "rows were rewritten since the last migration")
        parent = snapshot.parent_snapshot_id
        snapshot = source.snapshot_by_id(parent) if parent is not None else None


def _unknown_changes(reading: Origin, reason: str) -> IncrementalMigrationError:
    return IncrementalMigrationError(
        f"{reading.table}: {reason}, and mode append cannot tell which rows are new",
        "Use --ingestion-mode upsert, or overwrite without --incremental.",
    )
