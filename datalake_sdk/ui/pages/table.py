"""One table: columns, properties and snapshots; its files, and the difference of two snapshots."""

from __future__ import annotations

from dataclasses import dataclass

from datalake_sdk.operations.catalog import CatalogTable
from datalake_sdk.operations.compare_snapshots import SnapshotComparison, compare_snapshots
from datalake_sdk.operations.table_layout import TableLayout, table_layout
from datalake_sdk.operations.tables import TableDescription
from datalake_sdk.settings import TableName
from datalake_sdk.ui.page import Page, Query
from datalake_sdk.ui.reader import LakeReader

DESCRIPTION_PROPERTY = "comment"
_SECTION = "tables"


@dataclass(frozen=True)
class TableModel:
    """A table.

    Args:
        table: The table.
        described: Its columns, properties, size and latest snapshots.
        description: Its description.
        properties: Properties without the description, sorted by name.
    """

    table: CatalogTable
    described: TableDescription
    description: str
    properties: tuple[tuple[str, str], ...]

    @property
    def compared(self) -> frozenset[int]:
        """Ids of the snapshots that have a page with what they changed."""
        return frozenset(compared_snapshots(self.described))


@dataclass(frozen=True)
class ChangesModel:
    """The difference of two snapshots of a table.

    Args:
        table: The table.
        changes: The difference.
        snapshot_ids: Ids of the snapshots to choose from, newest first.
    """

    table: CatalogTable
    changes: SnapshotComparison
    snapshot_ids: tuple[int, ...]


@dataclass(frozen=True)
class FilesModel:
    """The files of a table.

    Args:
        table: The table.
        layout: The files.
    """

    table: CatalogTable
    layout: TableLayout


def table_page(reader: LakeReader, table: CatalogTable) -> Page:
    """Returns the page of a table.

    Raises:
        UnknownTableError: The table does not exist.
    """
    described = reader.describe(table)
    properties = dict(described.properties)
    description = properties.pop(DESCRIPTION_PROPERTY, "")
    model = TableModel(table, described, description, tuple(sorted(properties.items())))
    return Page(("tables", str(table)), "table", str(table), _SECTION, model)


def compared_snapshots(described: TableDescription) -> list[int]:
    """Returns the ids of the latest snapshots whose parent is among them, newest first."""
    shown = {snapshot.snapshot_id for snapshot in described.snapshots}
    return [snapshot.snapshot_id for snapshot in described.snapshots if snapshot.parent_id in shown]


def changes_page(reader: LakeReader, table: CatalogTable, newer: int | None, query: Query) -> Page:
    """Returns the page with the difference of two snapshots.

    Args:
        reader: Reads the lake.
        table: The table.
        newer: Id of a snapshot, which is compared with its parent; None compares the snapshots in the query.
        query: Ids `older` and `newer`; by default the current snapshot and its parent.

    Raises:
        UnknownTableError: The table does not exist.
        UnknownSnapshotError: A snapshot does not exist.
    """
    compared = newer if newer is not None else _snapshot_id(query.get("newer"))
    older = None if newer is not None else _snapshot_id(query.get("older"))
    changes = compare_snapshots(reader.platform, TableName(table.database, table.name), older, compared)
    ids = tuple(snapshot.snapshot_id for snapshot in reader.describe(table).snapshots)
    path = ("tables", str(table), "changes") if newer is None else ("tables", str(table), "snapshots", str(newer))
    return Page(path, "changes", f"{table}: changes", _SECTION, ChangesModel(table, changes, ids), query)


def files_page(reader: LakeReader, table: CatalogTable) -> Page:
    """Returns the page with the files and partitions of a table; reads its manifests.

    Raises:
        UnknownTableError: The table does not exist.
    """
    layout = table_layout(reader.platform, TableName(table.database, table.name))
    return Page(("tables", str(table), "files"), "files", f"{table}: files", _SECTION, FilesModel(table, layout))


def _snapshot_id(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None
