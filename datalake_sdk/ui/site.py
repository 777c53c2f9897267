"""All pages of a lake by their paths, for the server and for the static site."""

from __future__ import annotations

from datalake_sdk.errors import DatalakeError
from datalake_sdk.operations.catalog import CatalogTable
from datalake_sdk.platforms.base import Platform
from datalake_sdk.ui.page import Page, Path, Query
from datalake_sdk.ui.pages import cost, lineage, pipelines, run, runs, search, table, tables
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
        self.frame = Frame(platform.environment.name, platform.environment.database_prefix)

    def page(self, path: Path, query: Query) -> Page | None:
        """Returns a page; None if there is no page with this path.

        Args:
            path: Path, decoded.
            query: Query; unknown parameters are ignored.

        Raises:
            DatalakeError: What the page shows does not exist, or cannot be read.
        """
        match path:
            case ():
                return tables.tables_page(self.reader, None, 1)
            case ("tables" | "databases", *rest):
                return self._tables(path[0], tuple(rest), query)
            case ("runs", *rest):
                return self._runs(tuple(rest), query)
            case ("pipelines" | "lineage", *rest):
                return self._graphs(path[0], tuple(rest))
            case ("cost",):
                return cost.cost_page(self.reader)
            case ("search",):
                return search.search_page(self.reader, query)
            case ("everything",):
                return search.everything_page(self.reader)
        return None

    def error_page(self, error: DatalakeError, path: Path) -> Page:
        """Returns the page that shows an error with its hint."""
        return Page(path, "error", "Not available", "", error)

    def _tables(self, first: str, rest: Path, query: Query) -> Page | None:
        match (first, *rest):
            case ("tables",):
                return tables.tables_page(self.reader, None, 1)
            case ("tables", "page", number):
                return tables.tables_page(self.reader, None, _number(number))
            case ("tables", name, *inner):
                return self._table(name, tuple(inner), query)
            case ("databases", database):
                return tables.tables_page(self.reader, database, 1)
            case ("databases", database, "page", number):
                return tables.tables_page(self.reader, database, _number(number))
        return None

    def _table(self, name: str, rest: Path, query: Query) -> Page | None:
        database, separator, table_name = name.partition(".")
        if not separator:
            return None
        named = CatalogTable(database, table_name)
        match rest:
            case ():
                return table.table_page(self.reader, named)
            case ("sample",):
                return table.sample_page(self.reader, named)
            case ("files",):
                return table.files_page(self.reader, named)
            case ("changes",):
                return table.changes_page(self.reader, named, None, query)
            case ("snapshots", snapshot) if (number := table.snapshot_id(snapshot)) is not None:
                return table.changes_page(self.reader, named, number, query)
        return None

    def _graphs(self, first: str, rest: Path) -> Page | None:
        match (first, *rest):
            case ("pipelines",):
                return pipelines.pipelines_page(self.reader)
            case ("pipelines", name):
                return pipelines.pipeline_page(self.reader, name)
            case ("lineage",):
                return lineage.lineage_index_page(self.reader)
            case ("lineage", name):
                return lineage.lineage_page(self.reader, name)
        return None

    def _runs(self, rest: Path, query: Query) -> Page | None:
        match rest:
            case ():
                return runs.runs_page(self.reader, "", query)
            case ("before", position):
                return runs.runs_page(self.reader, position, query)
            case (position,):
                return run.run_page(self.reader, position)
            case (position, "log"):
                return run.log_page(self.reader, position)
        return None


def _number(text: str) -> int:
    """Returns the number of a page; 0, which no list has, for other text."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MAX_PAGE_DIGITS else 0
