"""Deletes a table: the grants on it, its catalog entry and every file of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from datalake_sdk.operations.tables import row_count
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import TableName


@dataclass(frozen=True)
class DeletedTable:
    """What was deleted.

    Args:
        table: Name as queries used it, with the stage's prefix.
        rows: Rows that a query saw.
        files_removed: Files of data, deletes and metadata, of all snapshots.
        bytes_removed: Their size.
        kept_versions: Prefix below which a versioned bucket keeps old versions of these files; None when nothing stays.
        principals_revoked: How many roles, users and accounts had grants on the table.
    """

    table: str
    rows: int
    files_removed: int
    bytes_removed: int
    kept_versions: str | None
    principals_revoked: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-able fields."""
        return asdict(self)


def delete_table(platform: Platform, name: TableName) -> DeletedTable:
    """Takes the grants on a table back, removes it from the catalog, then its files.

    Raises:
        UnknownTableError: There is no such table.
        EmptyLakeError: There is no table at all.
        OutsideLakeError: The table's files are not in the lake; nothing was removed.
        LeftoverFilesError: The table is out of the catalog, but some of its files could not be removed.
    """
    table = load_table(platform, name)
    platform.check_removable(table)
    # Others lose their grants while the table is there, so that a failure leaves none on a name that may be used again.
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
