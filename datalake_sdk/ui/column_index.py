"""Descriptions of all tables for the search, read in the background."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock

from datalake_sdk.errors import DatalakeError
from datalake_sdk.operations.catalog import CatalogEntry, CatalogTable
from datalake_sdk.ui.background import FIRST_SECONDS, BackgroundRead

_SECONDS_VALID = 300
_TABLES_PER_CHUNK = 50

Described = Mapping[CatalogTable, CatalogEntry]


@dataclass(frozen=True)
class IndexedTables:
    """Descriptions read so far.

    Args:
        described: Descriptions by table.
        unread: Number of tables that have not been read yet.
    """

    described: Described
    unread: int


class ColumnIndex:
    """Reads the descriptions of all tables, again when they are older than five minutes.

    Args:
        tables: Lists all tables.
        describe_all: Describes some tables; the error of a table that cannot be loaded takes its place.
    """

    def __init__(
        self,
        tables: Callable[[], Sequence[CatalogTable]],
        describe_all: Callable[[Sequence[CatalogTable]], Sequence[CatalogEntry | DatalakeError]],
    ) -> None:
        self._tables, self._describe_all = tables, describe_all
        self._background = BackgroundRead("columns", self._read_all, _SECONDS_VALID)
        self._lock = Lock()
        self._described: dict[CatalogTable, CatalogEntry] = {}
        self._read: set[CatalogTable] = set()

    def get(self, seconds: float = FIRST_SECONDS) -> IndexedTables:
        """Returns what has been read.

        Args:
            seconds: How long to wait if nothing has been read completely.
        """
        self._background.refresh(seconds)
        with self._lock:
            return IndexedTables(dict(self._described), len(set(self._tables()) - self._read))

    def _read_all(self) -> None:
        tables = self._tables()
        for start in range(0, len(tables), _TABLES_PER_CHUNK):
            self._store(tables[start : start + _TABLES_PER_CHUNK])

    def _store(self, tables: Sequence[CatalogTable]) -> None:
        described = zip(tables, self._describe_all(tables), strict=True)
        found = {table: each for table, each in described if isinstance(each, CatalogEntry)}
        with self._lock:
            self._described |= found
            self._read.update(tables)
