"""One table: columns, properties and snapshots; its files, and the difference between two snapshots."""

from __future__ import annotations

from dataclasses import dataclass

from datalake_sdk.contracts.requirements import column_requirements, describe_quality
from datalake_sdk.ledger.model import Check
from datalake_sdk.naming import DESCRIPTION_PROPERTY, QUARANTINE_SUFFIX
from datalake_sdk.operations import catalog
from datalake_sdk.operations.catalog import CatalogEntry, CatalogTable, Sample
from datalake_sdk.operations.compare_snapshots import SnapshotComparison, compare_snapshots
from datalake_sdk.operations.table_layout import TableLayout, table_layout
from datalake_sdk.operations.tables import ColumnDescription, TableDescription
from datalake_sdk.settings import TableName
from datalake_sdk.table_contract import CONTRACT_PROPERTY, ColumnConfiguration, TableConfiguration
from datalake_sdk.ui.page import Page, Query
from datalake_sdk.ui.reader import LakeReader
from datalake_sdk.ui.recent_runs import position_of

_SHOWN_ELSEWHERE = (DESCRIPTION_PROPERTY, CONTRACT_PROPERTY)
_SECTION = "tables"
_MAX_ID_DIGITS = 19


@dataclass(frozen=True)
class ColumnRow:
    """A column with what the contract requires of it."""

    name: str
    type: str
    comment: str
    requirements: tuple[str, ...]
    classification: str


@dataclass(frozen=True)
class TableModel:
    """A table.

    Args:
        entry: The table with its contract.
        columns: Its columns.
        quality: Checks of the contract on the whole table, one line each.
        checks: Results of the last write that was checked.
        checked_by: Position of that run; empty if there is none.
        checked_at: When it started, ISO 8601.
        quarantined: Number of quarantined rows; None without a quarantine.
        properties: Properties without the description and the contract, sorted by name.
    """

    entry: CatalogEntry
    columns: tuple[ColumnRow, ...]
    quality: tuple[str, ...]
    checks: tuple[Check, ...]
    checked_by: str
    checked_at: str
    quarantined: int | None
    properties: tuple[tuple[str, str], ...]

    @property
    def table(self) -> CatalogTable:
        """The table."""
        return self.entry.table

    @property
    def described(self) -> TableDescription:
        """Its columns, properties, size and latest snapshots."""
        return self.entry.described

    @property
    def compared(self) -> frozenset[int]:
        """Ids of the snapshots that have a page with what they changed."""
        return frozenset(compared_snapshots(self.described))


@dataclass(frozen=True)
class SampleModel:
    """Some rows of a table."""

    table: CatalogTable
    sample: Sample


@dataclass(frozen=True)
class ChangesModel:
    """The difference between two snapshots of a table.

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
    entry = reader.describe(table)
    contract = entry.contract or TableConfiguration()
    found = reader.last_checks(entry.described.table)
    stored = entry.described.properties
    model = TableModel(
        entry=entry,
        columns=tuple(_column(column, contract) for column in entry.described.columns),
        quality=tuple(map(describe_quality, contract.quality)),
        checks=found[1] if found else (),
        checked_by=position_of(found[0]) if found else "",
        checked_at=found[0].run.started.isoformat() if found else "",
        quarantined=_quarantined(reader, table),
        properties=tuple(sorted((name, value) for name, value in stored.items() if name not in _SHOWN_ELSEWHERE)),
    )
    return Page(("tables", str(table)), "table", str(table), _SECTION, model)


def sample_page(reader: LakeReader, table: CatalogTable) -> Page:
    """Returns the page with some rows of a table, without the values of classified columns.

    Raises:
        UnknownTableError: The table does not exist.
    """
    model = SampleModel(table, catalog.sample(reader.platform, table))
    return Page(("tables", str(table), "sample"), "sample", f"{table}: sample", _SECTION, model)


def _column(column: ColumnDescription, contract: TableConfiguration) -> ColumnRow:
    declared = contract.columns.get(column.name, ColumnConfiguration())
    requirements = tuple(column_requirements(declared)) if declared != ColumnConfiguration() else ()
    return ColumnRow(column.name, column.type, column.comment or "", requirements, declared.classification or "")


def _quarantined(reader: LakeReader, table: CatalogTable) -> int | None:
    quarantine = CatalogTable(table.database, f"{table.name}{QUARANTINE_SUFFIX}")
    return reader.describe(quarantine, reads_files=False).described.rows if quarantine in reader.tables() else None


def compared_snapshots(described: TableDescription) -> list[int]:
    """Returns the ids of the latest snapshots whose parent is among them, newest first."""
    shown = {snapshot.snapshot_id for snapshot in described.snapshots}
    return [snapshot.snapshot_id for snapshot in described.snapshots if snapshot.parent_id in shown]


def changes_page(reader: LakeReader, table: CatalogTable, newer: int | None, query: Query) -> Page:
    """Returns the page with the difference between two snapshots.

    Args:
        reader: Reads the lake.
        table: The table.
        newer: Id of a snapshot, which is compared with its parent; None compares the snapshots in the query.
        query: Ids `older` and `newer`; by default the current snapshot and its parent.

    Raises:
        UnknownTableError: The table does not exist.
        UnknownSnapshotError: A snapshot does not exist.
    """
    compared = newer if newer is not None else snapshot_id(query.get("newer"))
    older = None if newer is not None else snapshot_id(query.get("older"))
    changes = compare_snapshots(reader.platform, TableName(table.database, table.name), older, compared)
    described = reader.describe(table, reads_files=False).described
    ids = tuple(snapshot.snapshot_id for snapshot in described.snapshots)
    path = ("tables", str(table), "changes") if newer is None else ("tables", str(table), "snapshots", str(newer))
    return Page(path, "changes", f"{table}: changes", _SECTION, ChangesModel(table, changes, ids), query)


def files_page(reader: LakeReader, table: CatalogTable) -> Page:
    """Returns the page with the files and partitions of a table; reads its manifests.

    Raises:
        UnknownTableError: The table does not exist.
    """
    hidden = catalog.describe(reader.platform, table, reads_files=False).hidden_columns
    layout = table_layout(reader.platform, TableName(table.database, table.name), hidden)
    return Page(("tables", str(table), "files"), "files", f"{table}: files", _SECTION, FilesModel(table, layout))


def snapshot_id(text: str | None) -> int | None:
    """Returns the id of a snapshot in an address; None for other text."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _MAX_ID_DIGITS else None
