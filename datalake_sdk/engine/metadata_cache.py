"""A cache of the current metadata of tables."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from pyiceberg.table.metadata import TableMetadata

_CACHED_SNAPSHOTS = 50_000
"""About 3.5 kB each."""
_SNAPSHOTS_PER_TABLE = 10
"""A table's schema, properties and metadata log need about as much memory as this number of snapshots."""


class MetadataCache:
    """The metadata of the most recently used tables; metadata files are immutable. Safe for threads.

    Args:
        limit: Maximum number of snapshots of all tables; the last table is kept even if it has more.
    """

    def __init__(self, limit: int = _CACHED_SNAPSHOTS) -> None:
        self._limit = limit
        self._tables: OrderedDict[tuple[str, str], tuple[str, TableMetadata]] = OrderedDict()
        self._size = 0
        self._lock = Lock()

    def find(self, table: tuple[str, str], location: str | None) -> TableMetadata | None:
        """Returns a table's metadata, or None if the metadata file at this location is not cached.

        Args:
            table: Database and name.
            location: Location of the current metadata file; None for tables of other formats, which have none.
        """
        with self._lock:
            if table not in self._tables or self._tables[table][0] != location:
                return None
            self._tables.move_to_end(table)
            return self._tables[table][1]

    def keep(self, table: tuple[str, str], location: str, metadata: TableMetadata) -> None:
        """Replaces the cached metadata of a table."""
        with self._lock:
            self._remove(table)
            self._tables[table] = location, metadata
            self._size += _size(metadata)
            while self._size > self._limit and len(self._tables) > 1:
                self._remove(next(iter(self._tables)))

    def _remove(self, table: tuple[str, str]) -> None:
        if table in self._tables:
            self._size -= _size(self._tables.pop(table)[1])


def _size(metadata: TableMetadata) -> int:
    return _SNAPSHOTS_PER_TABLE + len(metadata.snapshots)
