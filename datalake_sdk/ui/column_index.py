"""Descriptions of all tables for the search, read in the background."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event, Lock, Thread

from datalake_sdk.errors import DatalakeError
from datalake_sdk.operations.catalog import CatalogTable
from datalake_sdk.operations.tables import TableDescription

_SECONDS_VALID = 300
_TABLES_PER_CHUNK = 50
FIRST_READ_SECONDS = 0.15
"""A small lake is read within this time, so that its first search is complete."""

Described = Mapping[CatalogTable, TableDescription]


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
    """Reads the descriptions of all tables in a thread, again when they are older than five minutes.

    Args:
        tables: Lists all tables.
        describe_all: Describes some tables; the error of a table that cannot be loaded takes its place.
    """

    def __init__(
        self,
        tables: Callable[[], Sequence[CatalogTable]],
        describe_all: Callable[[Sequence[CatalogTable]], Sequence[TableDescription | DatalakeError]],
    ) -> None:
        self._tables, self._describe_all = tables, describe_all
        self._lock, self._complete = Lock(), Event()
        self._described: dict[CatalogTable, TableDescription] = {}
        self._read: set[CatalogTable] = set()
        self._started_at: float | None = None

    def get(self) -> IndexedTables:
        """Returns what has been read; starts reading if it is the first call or the descriptions are old."""
        with self._lock:
            if self._started_at is None or self._is_old(self._started_at):
                self._started_at = time.monotonic()
                self._complete.clear()
                Thread(target=self._read_all, name="columns", daemon=True).start()
        self._complete.wait(FIRST_READ_SECONDS if not self._read else 0)
        with self._lock:
            return IndexedTables(dict(self._described), len(set(self._tables()) - self._read))

    def _is_old(self, started_at: float) -> bool:
        return self._complete.is_set() and time.monotonic() - started_at > _SECONDS_VALID

    def _read_all(self) -> None:
        try:
            tables = self._tables()
            for start in range(0, len(tables), _TABLES_PER_CHUNK):
                self._store(tables[start : start + _TABLES_PER_CHUNK])
        finally:
            self._complete.set()

    def _store(self, tables: Sequence[CatalogTable]) -> None:
        described = zip(tables, self._describe_all(tables), strict=True)
        found = {table: each for table, each in described if isinstance(each, TableDescription)}
        with self._lock:
            self._described |= found
            self._read.update(tables)
