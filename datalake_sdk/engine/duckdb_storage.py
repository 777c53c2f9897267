"""Connects DuckDB to a table's files: their paths, and Arrow's file system for remote files."""

from __future__ import annotations

import atexit
import os
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pyarrow.fs import FileSystem
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table

from datalake_sdk.parallel import thread_count
from datalake_sdk.temporary_folders import process_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_LOCAL = "file"
_BOUNDED_MEMORY = "256MB"


def duckdb_path(location: str) -> str:
    """A file's location in DuckDB's notation."""
    scheme, _, path = PyArrowFileIO.parse_location(location)
    return path if scheme == _LOCAL else f"{_scheme_of(scheme)}://{path}"


def connect_bounded(table: Table) -> DuckDBPyConnection:
    """Opens a connection like `connect`, to a database that spills to local disk what exceeds a few hundred MB."""
    connection = connect(table, _new_database(thread_count()))
    folder = str(process_folder() / f"duckdb-{uuid4().hex}").replace("'", "''")
    connection.execute(f"SET memory_limit = '{_BOUNDED_MEMORY}'; SET temp_directory = '{folder}'")
    connection.execute("SET preserve_insertion_order = false")
    return connection


def connect(table: Table, database: DuckDBPyConnection | None = None) -> DuckDBPyConnection:
    """Opens a connection that can read a table's files, with time zone UTC; closing it drops its temporary views.

    DuckDB's S3 client is an extension that has to be downloaded and that does not share the catalog's credentials.
    https://duckdb.org/docs/stable/core_extensions/httpfs/overview
    """
    scheme, bucket, _ = PyArrowFileIO.parse_location(table.location())
    if scheme == _LOCAL:
        connection = database or _local_database(thread_count()).cursor()
    else:
        assert isinstance(table.io, PyArrowFileIO)
        connection = database or _new_database(thread_count())
        connection.register_filesystem(_unchanging_files(table.io.fs_by_scheme(scheme, bucket)))
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@cache
def _local_database(threads: int) -> DuckDBPyConnection:
    """Returns the database of all connections of a process: creating one takes longer than reading a small file."""
    return _new_database(threads)


def _new_database(threads: int) -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(config={"threads": threads, "arrow_lossless_conversion": True})


# A forked process does not have the threads of a database.
os.register_at_fork(before=_local_database.cache_clear)
# Otherwise DuckDB prints a list of leaked objects: https://nanobind.readthedocs.io/en/latest/refleaks.html
atexit.register(_local_database.cache_clear)


def _unchanging_files(filesystem: FileSystem) -> Any:
    """Arrow's file system with cached file metadata, which DuckDB requests repeatedly."""
    from fsspec.implementations.arrow import ArrowFSWrapper

    files = ArrowFSWrapper(filesystem, skip_instance_cache=True)
    files.info = cache(files.info)
    files.modified = lambda path: files.info(path)["mtime"]
    return files


def _scheme_of(scheme: str) -> str:
    return "s3" if scheme in ("s3a", "s3n") else scheme
