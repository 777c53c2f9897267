"""Deletes a table: its catalog entry and every file of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from datalake_sdk.operations.lookup import load_table
from datalake_sdk.operations.tables import row_count
from datalake_sdk.platforms.base import Platform
from datalake_sdk.settings import TableName


@dataclass(frozen=True)
class DeletedTable:
    """What was deleted.

    Args:
        table: Name as queries used it, with the stage's prefix.
        rows: Rows that a query saw.
        files_removed: Files of data, deletes and metadata, of all snapshots.
        bytes_removed: Their size.
    """

    table: str
    rows: int
    files_removed: int
    bytes_removed: int

    def as_dict(self) -> dict[str, Any]:
        """JSON-able fields."""
        return asdict(self)


def delete_table(platform: Platform, name: TableName) -> DeletedTable:
    """Removes a table from the catalog, then its files.

    Raises:
        UnknownTableError: There is no such table.
        EmptyLakeError: There is no table at all.
        OutsideLakeError: The table's files are not in the lake; nothing was removed.
        LeftoverFilesError: The table is out of the catalog, but some of its files could not be removed.
    """
    table = load_table(platform, name)
    platform.check_removable(table)
    platform.catalog.drop_table(table.name())
    removed = platform.remove_table_files(table)
    return DeletedTable(
        table=".".join(table.name()),
        rows=row_count(table),
        files_removed=removed.files,
        bytes_removed=removed.bytes,
    )
