"""All pages of a lake by their paths, for the server and for the static site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from datalake_sdk.errors import DatalakeError
from datalake_sdk.operations.catalog import CatalogTable
from datalake_sdk.platforms.base import Platform
from datalake_sdk.ui.page import Page, Path, Query
from datalake_sdk.ui.pages import search, table, tables
from datalake_sdk.ui.pages.paging import list_path, page_count
from datalake_sdk.ui.reader import LakeReader
from datalake_sdk.ui.rendering import Frame

_MAX_PAGE_DIGITS = 6


class Site:
    """The pages of an environment.

    Args:
        platform: Platform of the environment.
    """

    def __init__(self, platform: Platform) -> None:
        self.reader = LakeReader(platform)
        self.frame = Frame(platform.environment.name)

    def page(self, path: Path, query: Query) -> Page | None:
        """Returns a page; None if there is no page with this path.

        Args:
            path: Path, decoded.
            query: Query; unknown parameters are ignored.

        Raises:
            DatalakeError: What the page shows does not exist, or cannot be read.
        """
        match path:
            case () | ("tables",):
                return tables.tables_page(self.reader, None, 1)
            case ("tables", "page", number):
                return tables.tables_page(self.reader, None, _number(number))
            case ("databases", database):
                return tables.tables_page(self.reader, database, 1)
            case ("databases", database, "page", number):
                return tables.tables_page(self.reader, database, _number(number))
            case ("tables", name, *rest):
                return self._table(name, tuple(rest), query)
            case ("search",):
                return search.search_page(self.reader, query)
            case ("everything",):
                return search.everything_page(self.reader)
        return None

    def static_paths(self) -> Iterator[Path]:
        """Yields the paths of all pages of a static site, which are those that need no query."""
        names = self.reader.tables()
        counts = Counter(table.database for table in names)
        yield from _list_paths((), len(names))
        for database, count in sorted(counts.items()):
            yield from _list_paths(("databases", database), count)
        for each in names:
            yield from self._static_table_paths(each)
        yield ("everything",)

    def _static_table_paths(self, named: CatalogTable) -> Iterator[Path]:
        path: Path = ("tables", str(named))
        yield path
        yield (*path, "files")
        with suppress(DatalakeError):
            for snapshot in table.compared_snapshots(self.reader.describe(named)):
                yield (*path, "snapshots", str(snapshot))

    def error_page(self, error: DatalakeError, path: Path) -> Page:
        """Returns the page that shows an error with its hint."""
        return Page(path, "error", "Not available", "", error)

    def _table(self, name: str, rest: Path, query: Query) -> Page | None:
        database, separator, table_name = name.partition(".")
        if not separator:
            return None
        named = CatalogTable(database, table_name)
        match rest:
            case ():
                return table.table_page(self.reader, named)
            case ("files",):
                return table.files_page(self.reader, named)
            case ("changes",):
                return table.changes_page(self.reader, named, None, query)
            case ("snapshots", snapshot) if snapshot.isascii() and snapshot.isdigit():
                return table.changes_page(self.reader, named, int(snapshot), query)
        return None


def _number(text: str) -> int:
    """Returns the number of a page; 0, which no list has, for other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_PAGE_DIGITS else 0


def _list_paths(base: Path, total: int) -> Iterator[Path]:
    for number in range(1, page_count(total) + 1):
        yield list_path(base, number)
