"""Reads the lake for pages: the list of tables is cached for a while, the tables of a page are read in parallel."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Generic, TypeVar

from datalake_sdk.errors import DatalakeError
from datalake_sdk.ledger.model import Check
from datalake_sdk.ledger.reading import RecordedRun
from datalake_sdk.operations import catalog
from datalake_sdk.operations.catalog import CatalogEntry, CatalogTable
from datalake_sdk.operations.lineage.build import lineage_graph
from datalake_sdk.operations.lineage.graph import LineageGraph
from datalake_sdk.platforms.base import Platform
from datalake_sdk.ui.column_index import ColumnIndex, IndexedTables
from datalake_sdk.ui.recent_runs import LatestRuns, RecentRuns, position_of

_SECONDS_CACHED = 15
_THREADS = 16
"""Loading a table on AWS waits for two requests."""
_SECONDS_TO_READ = 600
_BACKGROUND_THREADS = 2
"""Few, so that pages are not slower while they read."""

Value = TypeVar("Value")


class Cached(Generic[Value]):
    """A value that is read again when it is older than 15 seconds.

    Args:
        read: Reads the value.
    """

    def __init__(self, read: Callable[[], Value]) -> None:
        self._read = read
        self._lock = Lock()
        self._value: tuple[float, Value] | None = None

    def get(self) -> Value:
        """Returns the value; concurrent callers wait for one read."""
        with self._lock:
            if self._value is None or time.monotonic() - self._value[0] > _SECONDS_CACHED:
                self._value = time.monotonic(), self._read()
            return self._value[1]


class LakeReader:
    """Reads an environment for the pages.

    Args:
        platform: Platform of the environment.
    """

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._tables = Cached(lambda: catalog.catalog_tables(platform))
        self._lineage: tuple[LatestRuns, LineageGraph] | None = None
        self._pool = ThreadPoolExecutor(_THREADS, "pages")
        background = ThreadPoolExecutor(_BACKGROUND_THREADS, "index")
        self._columns = ColumnIndex(self.tables, lambda tables: list(background.map(self._described, tables)))
        self._runs = RecentRuns(platform.run_events)

    def tables(self) -> list[CatalogTable]:
        """Lists all tables, sorted by name."""
        return self._tables.get()

    def describe(self, table: CatalogTable, *, reads_files: bool = True) -> CatalogEntry:
        """Describes a table with its contract.

        Args:
            table: The table.
            reads_files: Whether to check promises about the values of columns, which reads manifests.

        Raises:
            UnknownTableError: The table does not exist.
        """
        return catalog.describe(self.platform, table, reads_files=reads_files)

    def existing(self) -> frozenset[str]:
        """Returns the names of all tables with the stage's prefix, as in runs."""
        prefix = self.platform.environment.database_prefix
        return frozenset(f"{prefix}{table}" for table in self.tables())

    def recent_runs(self) -> LatestRuns:
        """Returns the latest runs that have been read; the first call starts reading them.

        Raises:
            DatalakeError: The ledger cannot be read.
        """
        return self._runs.get()

    def last_checks(self, table: str) -> tuple[RecordedRun, tuple[Check, ...]] | None:
        """Returns the latest run that checked a table, with the results; None if none is known.

        Args:
            table: Name with the stage's prefix.

        Raises:
            DatalakeError: The ledger cannot be read.
        """
        for run in self.recent_runs().runs:
            for output in run.outputs:
                if output.name == table and output.checks:
                    return run, output.checks
        return None

    def run_positions(self, run_ids: Collection[str]) -> dict[str, str]:
        """Returns the positions of those of the latest runs that are given, by id."""
        return {each.run.id: position_of(each) for each in self.recent_runs().runs if each.run.id in run_ids}

    def lineage(self) -> LineageGraph:
        """Returns the lineage of all tables by the latest runs.

        Raises:
            DatalakeError: The ledger cannot be read.
        """
        latest = self.recent_runs()
        if self._lineage is None or self._lineage[0] is not latest:
            existing = frozenset(map(str, self.tables()))
            prefix = self.platform.environment.database_prefix
            self._lineage = latest, lineage_graph(latest.runs, prefix, existing)
        return self._lineage[1]

    def read_everything(self) -> None:
        """Reads the latest runs, then the descriptions of all tables, and waits for them."""
        with suppress(DatalakeError):
            self._runs.get(_SECONDS_TO_READ)
        self._columns.get(_SECONDS_TO_READ)

    def indexed(self) -> IndexedTables:
        """Returns the descriptions of all tables that have been read; the first call starts reading them."""
        return self._columns.get()

    def describe_all(self, tables: Sequence[CatalogTable]) -> list[CatalogEntry | DatalakeError]:
        """Describes tables in parallel; the error of a table that cannot be loaded takes its place."""
        return list(self._pool.map(self._described, tables))

    def _described(self, table: CatalogTable) -> CatalogEntry | DatalakeError:
        try:
            return catalog.describe(self.platform, table, reads_files=False)
        except DatalakeError as error:
            return error
