"""Connects DuckDB to a table's files: their paths, and Arrow's file system for remote files."""

from __future__ import annotations

import atexit
import os
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import duckdb
from pyarrow.fs import FileSystem
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table

from datalake_sdk.parallel import thread_count

_LOCAL = "file"
_CACHED_FILES = 1024


def duckdb_path(location: str) -> str:
    """A file's location in DuckDB's notation."""
    scheme, _, path = PyArrowFileIO.parse_location(location)
    return path if scheme == _LOCAL else f"{_scheme_of(scheme)}://{path}"


def connect(table: Table) -> duckdb.DuckDBPyConnection:
    """Opens a connection that can read a table's files, with time zone UTC; closing it drops its temporary views.

    DuckDB's S3 client is an extension that has to be downloaded and that does not share the catalog's credentials.
    https://duckdb.org/docs/stable/core_extensions/httpfs/overview
    """
    scheme, bucket, _ = PyArrowFileIO.parse_location(table.location())
    if scheme == _LOCAL:
        database = _local_database(thread_count())
    else:
        assert isinstance(table.io, PyArrowFileIO)
        database = _remote_database(thread_count(), _Storage(table.io.fs_by_scheme(scheme, bucket)))
    connection = database.cursor()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


@dataclass(frozen=True)
class _Storage:
    """A file system as the key of a cache: file systems can be compared, but not hashed."""

    filesystem: FileSystem

    def __hash__(self) -> int:
        return hash(self.filesystem.type_name)


@cache
def _local_database(threads: int) -> duckdb.DuckDBPyConnection:
    """Returns the database of all connections of a process: creating one takes longer than reading a small file."""
    return duckdb.connect(config={"threads": threads, "arrow_lossless_conversion": True})


@lru_cache(maxsize=8)
def _remote_database(threads: int, storage: _Storage) -> duckdb.DuckDBPyConnection:
    """Returns a database for the files of one storage, since credentials differ."""
    database = duckdb.connect(config={"threads": threads, "arrow_lossless_conversion": True})
    database.register_filesystem(_unchanging_files(storage.filesystem))
    return database


def _drop_databases() -> None:
    _local_database.cache_clear()
    _remote_database.cache_clear()


# A forked process does not have the threads of a database.
os.register_at_fork(before=_drop_databases)
# Otherwise DuckDB prints a list of leaked objects: https://nanobind.readthedocs.io/en/latest/refleaks.html
atexit.register(_drop_databases)


def _unchanging_files(filesystem: FileSystem) -> Any:
    """Arrow's file system with cached file metadata, which DuckDB requests repeatedly."""
    from fsspec.implementations.arrow import ArrowFSWrapper

    files = ArrowFSWrapper(filesystem, skip_instance_cache=True)
    files.info = lru_cache(_CACHED_FILES)(files.info)
    files.modified = lambda path: files.info(path)["mtime"]
    return files


def _scheme_of(scheme: str) -> str:
    return "s3" if scheme in ("s3a", "s3n") else scheme
