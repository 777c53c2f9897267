"""The list of tables."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from datalake_sdk.errors import DatalakeError
from datalake_sdk.operations.catalog import CatalogEntry, CatalogTable
from datalake_sdk.operations.freshness import PromiseStatus
from datalake_sdk.ui.page import Page, Path
from datalake_sdk.ui.pages.paging import Slice, sliced
from datalake_sdk.ui.reader import LakeReader


@dataclass(frozen=True)
class TableRow:
    """A table in the list.

    Args:
        table: The table.
        description: Its description.
        rows: Number of rows; None if the table cannot be loaded.
        bytes: Size of its files.
        columns: Number of columns.
        changed_at: Time of the current snapshot, ISO 8601.
        has_contract: Whether it has a contract.
        is_late: Whether it is older than its contract promises.
        error: Why the table cannot be loaded.
    """

    table: CatalogTable
    description: str = ""
    rows: int | None = None
    bytes: int = 0
    columns: int = 0
    changed_at: str | None = None
    has_contract: bool = False
    is_late: bool = False
    error: str | None = None


@dataclass(frozen=True)
class TablesModel:
    """A page of the list of tables.

    Args:
        page: Rows of the page.
        databases: Number of tables by database.
        database: Selected database; None for all.
    """

    page: Slice[TableRow]
    databases: tuple[tuple[str, int], ...]
    database: str | None


def tables_page(reader: LakeReader, database: str | None, number: int) -> Page | None:
    """Returns a page of the list of tables; only the tables of the page are loaded.

    Args:
        reader: Reads the lake.
        database: Database to list, without the stage's prefix; None lists all.
        number: Number of the page, from 1.

    Returns:
        The page; None if it does not exist.
    """
    tables = reader.tables()
    counts = Counter(table.database for table in tables)
    wanted = [table for table in tables if database in (None, table.database)]
    base: Path = () if database is None else ("databases", database)
    page = sliced(wanted, number, base)
    if page is None or (database is not None and database not in counts):
        return None
    rows = tuple(map(_row, page.items, reader.describe_all(page.items)))
    model = TablesModel(
        Slice(rows, page.number, page.count, page.total, page.base), tuple(sorted(counts.items())), database
    )
    return Page(page.path(number), "tables", database or "Tables", "tables", model)


def _row(table: CatalogTable, entry: CatalogEntry | DatalakeError) -> TableRow:
    if isinstance(entry, DatalakeError):
        return TableRow(table, error=entry.message)
    described = entry.described
    return TableRow(
        table=table,
        description=entry.comment,
        rows=described.rows,
        bytes=described.bytes,
        columns=len(described.columns),
        changed_at=described.snapshots[0].committed_at if described.snapshots else None,
        has_contract=entry.contract is not None,
        is_late=any(promise.status is PromiseStatus.BROKEN for promise in entry.promises),
    )
