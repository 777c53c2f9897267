"""The embedded lake's SQLite file, in the schema of Iceberg's JDBC catalog, which Spark uses too."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from datalake_sdk.errors import CorruptCatalogError, DatalakeError, LakeBusyError, NotWritableLakeError

CATALOG_FILE = "catalog.db"
_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS iceberg_tables (
        catalog_name VARCHAR(255) NOT NULL, table_namespace VARCHAR(255) NOT NULL, table_name VARCHAR(255) NOT NULL,
        metadata_location VARCHAR(1000), previous_metadata_location VARCHAR(1000), iceberg_type VARCHAR(5),
        PRIMARY KEY (catalog_name, table_namespace, table_name))
    """,
    """
    CREATE TABLE IF NOT EXISTS iceberg_namespace_properties (
        catalog_name VARCHAR(255) NOT NULL, namespace VARCHAR(255) NOT NULL, property_key VARCHAR(255) NOT NULL,
        property_value VARCHAR(1000) NOT NULL,
        PRIMARY KEY (catalog_name, namespace, property_key))
    """,
)
"""https://github.com/apache/iceberg/blob/main/core/src/main/java/org/apache/iceberg/jdbc/JdbcUtil.java, version V1."""
_ERRORS: dict[str, Callable[[Path, str], DatalakeError]] = {
    "database is locked": LakeBusyError,
    "readonly database": NotWritableLakeError,
    "unable to open database file": NotWritableLakeError,
    "database or disk is full": NotWritableLakeError,
    "file is not a database": CorruptCatalogError,
    "malformed": CorruptCatalogError,
}
"""Errors by a part of SQLite's message: https://www.sqlite.org/rescode.html"""

Row = tuple[str, ...]


class CatalogFile:
    """The file of the catalog. The first write creates it and its folder; until then, reads return no rows.

    SQLite uses its rollback journal: write-ahead logging needs shared memory, which network file systems and container
    mounts lack, and a commit changes one row. Commits truncate the journal instead of creating and deleting it, which
    the file system would have to make durable too: https://www.sqlite.org/pragma.html#pragma_journal_mode
    After a crash of the process, every commit is kept. A power failure may undo the last commits, but on current file
    systems the file stays consistent: https://www.sqlite.org/pragma.html#pragma_synchronous
    Metadata and data files are not synchronized to the disk, so a power failure may damage tables written just before.

    Args:
        root: Folder of the lake.
        busy_seconds: How long to wait for other processes that hold a lock on the file.
    """

    def __init__(self, root: Path, busy_seconds: float = 60) -> None:
        self._path = root / CATALOG_FILE
        self._busy_seconds = busy_seconds

    def create(self) -> None:
        """Creates the file and its tables if they do not exist.

        Raises:
            DatalakeError: The file is locked, not writable or not a catalog.
        """
        if not self.read("SELECT name FROM sqlite_master WHERE name = 'iceberg_tables'", ()):
            self.write()

    def read(self, select: str, values: Sequence[str]) -> list[Row]:
        """Returns the rows of one query; an empty list if the catalog does not exist.

        Raises:
            DatalakeError: The file is locked or not a catalog.
        """
        if not self._path.exists():
            return []
        with self._reworded_errors(), self._connection() as connection:
            try:
                return connection.execute(select, values).fetchall()
            except sqlite3.OperationalError as error:
                # Another process has created the file, but not its tables yet.
                if "no such table" in str(error):
                    return []
                raise

    def write(self, *statements: tuple[str, Sequence[str]]) -> int:
        """Runs statements in one transaction; creates the catalog if it does not exist.

        Returns:
            Number of rows that the last statement changed.

        Raises:
            sqlite3.IntegrityError: A row already exists; nothing was changed.
            DatalakeError: The file is locked, not writable or not a catalog.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotWritableLakeError(self._path.parent, os.strerror(error.errno or 0)) from error
        with self._reworded_errors(), self._connection() as connection:
            connection.execute("PRAGMA journal_mode = TRUNCATE")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("BEGIN IMMEDIATE")
            for statement, values in (*((table, ()) for table in _SCHEMA), *statements):
                cursor = connection.execute(statement, values)
            connection.commit()
            return cursor.rowcount

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=self._busy_seconds, isolation_level=None)) as connection:
            yield connection

    @contextmanager
    def _reworded_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            for part, reworded in _ERRORS.items():
                if part in str(error):
                    raise reworded(self._path, str(error)) from error
            raise
