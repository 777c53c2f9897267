"""pyiceberg's transaction, which works out the table's next metadata once for each change instead of at every look."""

from __future__ import annotations

from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.update import TableUpdate


class CachedTransaction(Transaction):
    """A transaction on a table that exists.

    pyiceberg copies all metadata, snapshot by snapshot, at each of some twenty looks that an append takes at it.
    https://github.com/apache/iceberg-python/blob/main/pyiceberg/table/update/__init__.py
    """

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._seen: tuple[TableUpdate, ...] = ()
        self._metadata = table.metadata

    @property
    def table_metadata(self) -> TableMetadata:
        """The table as the changes so far leave it; not to be changed in place."""
        if self._seen is not self._updates:
            self._metadata = super().table_metadata
            self._seen = self._updates
        return self._metadata
