"""Tables of catalogs that create a table before its first files are written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import TableAlreadyExistsError
from pyiceberg.table import Table


class CreatesTablesFirst(ABC):
    """Mixin for a catalog that assigns the location of a table when it creates it, and so cannot stage the creation."""

    @abstractmethod
    def create_first(self, planned: Table) -> Table:
        """Creates a planned table, without rows.

        Args:
            planned: Name, schema, partition spec and properties.

        Raises:
            TableAlreadyExistsError: Another writer has created the table.
            UnknownDatabaseError: The database does not exist.
        """

    @abstractmethod
    def remove_unwritten(self, created: Table) -> None:
        """Deletes a table that `create_first` created, unless a commit has changed it since."""


@contextmanager
def created_first(catalog: Catalog, planned: Table) -> Iterator[Table | None]:
    """Creates the table of a first write, if the catalog cannot create it in the commit of that write.

    On exit, a table to which nothing was committed is deleted. After a kill it remains, without rows.

    Args:
        catalog: Catalog of the table.
        planned: Table to create.

    Yields:
        The table as it exists in the catalog; None if the commit creates it.
    """
    if not isinstance(catalog, CreatesTablesFirst):
        yield None
        return
    try:
        created = catalog.create_first(planned)
    except TableAlreadyExistsError:
        yield catalog.load_table(planned.name())
        return
    try:
        yield created
    finally:
        catalog.remove_unwritten(created)
