"""Connects DuckDB to a table's files: their paths, and Arrow's file system for remote files."""

from __future__ import annotations

from functools import cache
from typing import Any

import duckdb
from pyarrow.fs import FileSystem
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table

from datalake_sdk.parallel import thread_count

_LOCAL = "file"


def duckdb_path(location: str) -> str:
    """A file's location in DuckDB's notation."""
    scheme, _, path = PyArrowFileIO.parse_location(location)
    return path if scheme == _LOCAL else f"{_scheme_of(scheme)}://{path}"


def connect(table: Table) -> duckdb.DuckDBPyConnection:
    """Opens a connection that can read a table's files, with time zone UTC.

    DuckDB's S3 client is an extension that has to be downloaded and that does not share the catalog's credentials.
    https://duckdb.org/docs/stable/core_extensions/httpfs/overview
    """
    connection = duckdb.connect(config={"threads": thread_count()})
    connection.execute("SET TimeZone = 'UTC'; SET arrow_lossless_conversion = true")
    scheme, bucket, _ = PyArrowFileIO.parse_location(table.location())
    if scheme != _LOCAL:
        assert isinstance(table.io, PyArrowFileIO)
        connection.register_filesystem(_unchanging_files(table.io.fs_by_scheme(scheme, bucket)))
    return connection


def _unchanging_files(filesystem: FileSystem) -> Any:
    """Arrow's file system with cached file metadata, which DuckDB requests repeatedly."""
    from fsspec.implementations.arrow import ArrowFSWrapper

    files = ArrowFSWrapper(filesystem, skip_instance_cache=True)
    files.info = cache(files.info)
    files.modified = lambda path: files.info(path)["mtime"]
    return files


def _scheme_of(scheme: str) -> str:
    return "s3" if scheme in ("s3a", "s3n") else scheme
