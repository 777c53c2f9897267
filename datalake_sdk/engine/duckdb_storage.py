"""Connects DuckDB to a table's files: their paths, and Arrow's file system for remote files."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pyiceberg.io import FileIO
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table

from datalake_sdk.parallel import thread_count
from datalake_sdk.process_databases import on_fork_or_exit
from datalake_sdk.sql_quotes import literal
from datalake_sdk.temporary_folders import process_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LOCAL = "file"
_UNCHANGED = datetime.fromtimestamp(0, UTC)
"""Time of the last modification of every file: files of Iceberg tables never change."""
_BOUNDED_MEMORY = "256MB"


def duckdb_path(location: str) -> str:
    """A file's location in DuckDB's notation."""
    scheme, _, path = PyArrowFileIO.parse_location(location)
    return path if scheme == _LOCAL else f"{_scheme_of(scheme)}://{path}"


def connect_bounded(table: Table) -> DuckDBPyConnection:
    """Opens a connection like `connect`, to a database that spills to local disk what exceeds a few hundred MB."""
    connection = connect(table, _new_database(thread_count()))
    folder = literal(str(process_folder() / f"duckdb-{uuid4().hex}"))
    connection.execute(f"SET memory_limit = '{_BOUNDED_MEMORY}'; SET temp_directory = {folder}")
    connection.execute("SET preserve_insertion_order = false")
    return connection


def connect(table: Table, database: DuckDBPyConnection | None = None) -> DuckDBPyConnection:
    """Opens a connection that can read a table's files, with time zone UTC; closing it drops its temporary views.

    DuckDB's S3 client is an extension that has to be downloaded and that does not share the catalog's credentials.
    https://duckdb.org/docs/stable/core_extensions/httpfs/overview
    """
    scheme, _, _ = PyArrowFileIO.parse_location(table.location())
    if scheme == _LOCAL:
        connection = database or _local_database(thread_count()).cursor()
    else:
        connection = database or _new_database(thread_count())
        connection.register_filesystem(_table_files(table.io, _scheme_of(scheme)))
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@cache
def _local_database(threads: int) -> DuckDBPyConnection:
    """Returns the database of all connections of a process: creating one takes longer than reading a small file."""
    return _new_database(threads)


def _new_database(threads: int) -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={"threads": threads, "arrow_lossless_conversion": True})


on_fork_or_exit(_local_database.cache_clear)


def _table_files(io: FileIO, scheme: str) -> Any:
    """The files of a table as an fsspec file system."""
    from fsspec import AbstractFileSystem

    # DuckDB asks for the size of each file several times.
    size = cache(lambda location: len(io.new_input(location)))

    class TableFiles(AbstractFileSystem):  # type: ignore[misc]
        protocol = scheme

        def info(self, path: str, **_: Any) -> dict[str, Any]:
            return {"name": path, "type": "file", "size": size(self._location(path))}

        def modified(self, path: str) -> datetime:
            return _UNCHANGED

        def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
            return io.new_input(self._location(path)).open(seekable=True)

        def _location(self, path: str) -> str:
            return f"{scheme}://{self._strip_protocol(path)}"

    return TableFiles(skip_instance_cache=True)


def _scheme_of(scheme: str) -> str:
    return "s3" if scheme in ("s3a", "s3n") else scheme
