"""Deletes a table with its quarantine: their grants, their catalog entries and all of their files."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from pyiceberg.table import Table

from datalake_sdk.engine.write_transaction import load_if_exists
from datalake_sdk.ledger.model import Job, Output, RunKind
from datalake_sdk.ledger.recording import part_of_run
from datalake_sdk.operations.quarantine.finish import quarantine_of
from datalake_sdk.operations.tables import row_count
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import TableName


@dataclass(frozen=True)
class DeletedTable:
    """Outcome of deleting a table.

    Args:
        table: Name in queries, with the stage's prefix.
        rows: Number of rows of the current snapshot.
        files_removed: Number of data, delete and metadata files of all snapshots, including those of the quarantine.
        bytes_removed: Size of these files.
        kept_versions: Prefix below which a versioned bucket keeps old versions of these files, if any.
        principals_revoked: Number of roles, users and accounts that had grants on the table.
        rows_quarantined: Number of rows that were in the quarantine of the table.
    """

    table: str
    rows: int
    files_removed: int
    bytes_removed: int
    kept_versions: str | None
    principals_revoked: int
    rows_quarantined: int = 0

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def delete_table(platform: Platform, name: TableName) -> DeletedTable:
    """Revokes the grants on a table and its quarantine, drops them from the catalog and removes their files.

    Raises:
        UnknownTableError: The table does not exist.
        EmptyLakeError: The environment has no tables.
        OutsideLakeError: The files of the table are outside the lake; nothing was removed.
        LeftoverFilesError: The table was dropped, but some of its files could not be removed.
    """
    table = load_table(platform, name)
    quarantine = _load_quarantine(platform, name)
    for each in filter(None, (table, quarantine)):
        platform.check_removable(each)
    full_name = ".".join(table.name())
    with part_of_run(platform, Job(RunKind.DELETION, f"delete_table.{full_name}")) as run:
        # The quarantine first: if a later step fails, the deletion can be repeated.
        removed = None if quarantine is None else _delete(platform, quarantine_of(name), quarantine)
        deleted = _delete(platform, name, table)
        run.wrote(Output(full_name, is_dropped=True))
    return deleted if removed is None else _with_quarantine(deleted, removed)


def quarantined_row_count(platform: Platform, name: TableName) -> int:
    """Returns the number of rows in the quarantine of a table."""
    quarantine = _load_quarantine(platform, name)
    return 0 if quarantine is None else row_count(quarantine)


def _load_quarantine(platform: Platform, name: TableName) -> Table | None:
    """Loads the quarantine of a table; None if it does not exist."""
    return load_if_exists(platform.catalog, quarantine_of(name).identifier(platform.environment))


def _with_quarantine(deleted: DeletedTable, removed: DeletedTable) -> DeletedTable:
    return replace(
        deleted,
        files_removed=deleted.files_removed + removed.files_removed,
        bytes_removed=deleted.bytes_removed + removed.bytes_removed,
        rows_quarantined=removed.rows,
    )


def _delete(platform: Platform, name: TableName, table: Table) -> DeletedTable:
    # Revoke before dropping: if a later step fails, no grant remains on a name that may be reused.
    revoked = _revoke(platform, name, before=True)
    platform.catalog.drop_table(table.name())
    revoked += _revoke(platform, name, before=False)
    removed = platform.remove_table_files(table)
    return DeletedTable(
        table=".".join(table.name()),
        rows=row_count(table),
        files_removed=removed.files,
        bytes_removed=removed.bytes,
        kept_versions=removed.kept_versions,
        principals_revoked=revoked,
    )


def _revoke(platform: Platform, name: TableName, *, before: bool) -> int:
    if platform.permissions is None:
        return 0
    revoke = platform.permissions.revoke_others if before else platform.permissions.revoke_all
    return revoke(name.identifier(platform.environment))
