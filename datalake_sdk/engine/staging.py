"""Files that are written but not committed: who owns them, and the writers that fill them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock

import pyarrow as pa
from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile
from pyiceberg.typedef import Record

from datalake_sdk.engine.data_file import ROW_GROUP_ROWS, DataFileWriter, FileLayout
from datalake_sdk.engine.storage import remove_files, storage_errors
from datalake_sdk.errors import DatalakeError

logger = logging.getLogger(__name__)

_ROW_GROUP_BYTES = 48 << 20


RowsTask = Callable[[], pa.Table]
"""Gives rows in the layout's schema; any thread may run it."""


@dataclass(frozen=True)
class StagedFile:
    """A complete data file that no snapshot refers to yet.

    Args:
        data_file: Manifest entry's data file.
        keys: The upsert keys of its rows, in the file's order; empty when nobody asked for keys.
    """

    data_file: DataFile
    keys: tuple[pa.Table, ...] = ()


@dataclass
class StagingArea:
    """Files written so far; leaving it removes those that `keep` was not told of.

    Args:
        io: The table's storage.
    """

    io: FileIO
    _paths: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> StagingArea:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            remove_files(self.io, self._paths)
        except (DatalakeError, OSError) as error:
            # Not what the caller is to hear: the write is done, or failed for a reason of its own. Maintenance
            # removes the files later.
            logger.info("files that no snapshot refers to could not be removed: %s", error)

    def new_path(self, layout: FileLayout, folder: str = "", suffix: str = "") -> str:
        """A path for a file that belongs to this stage.

        Args:
            layout: Where the table's files go.
            folder: Folder below the table's data folder, for example `month=5`.
            suffix: What the file's name ends with, before its extension.
        """
        path = layout.new_path(folder, suffix)
        with self._lock:
            self._paths.append(path)
        return path

    def release(self, paths: Iterable[str]) -> None:
        """Keeps files that a snapshot refers to, or may refer to."""
        kept = set(paths)
        self._paths = [path for path in self._paths if path not in kept]

    def reclaim(self, paths: Iterable[str]) -> None:
        """Takes files back that no snapshot refers to after all."""
        self._paths.extend(paths)


@dataclass(frozen=True)
class Output:
    """Where the files of one stage go, and what is wanted of their rows.

    Args:
        staging: Owner of the files.
        layout: How to write.
        key_columns: Columns to keep of each row, for an upsert.
        on_rows: Told how many rows were written, from any thread.
    """

    staging: StagingArea
    layout: FileLayout
    key_columns: Sequence[str]
    on_rows: Callable[[int], None]


class RollingWriter:
    """Writes rows of one partition into as many files as their size asks for."""

    def __init__(self, output: Output, partition: Record, folder: str = "") -> None:
        self._output = output
        self._partition = partition
        self._folder = folder
        self._file: DataFileWriter | None = None
        self._keys: list[pa.Table] = []
        self.staged: list[StagedFile] = []

    def write(self, rows: pa.Table) -> None:
        """Adds rows as one row group, or several when they are many."""
        output = self._output
        with storage_errors(output.layout.table):
            if self._file is None:
                path = output.staging.new_path(output.layout, self._folder)
                self._file = DataFileWriter(output.layout, path, self._partition)
            self._file.write(rows)
        if output.key_columns:
            self._keys.append(rows.select(output.key_columns))
        output.on_rows(rows.num_rows)
        if self._file.is_full:
            self.close()

    def close(self) -> None:
        """Completes the open file."""
        if self._file is not None:
            with storage_errors(self._output.layout.table):
                self.staged.append(StagedFile(self._file.close(), tuple(self._keys)))
            self._file, self._keys = None, []

    def abandon(self) -> None:
        """Releases the open file, which the stage removes."""
        if self._file is not None:
            self._file.abandon()


def fills_row_group(rows: int, size: int) -> bool:
    """Whether so many rows of so many bytes are worth a row group."""
    return rows >= ROW_GROUP_ROWS or size >= _ROW_GROUP_BYTES


class RowGroupBuffer:
    """Collects rows until they fill a row group."""

    def __init__(self, writer: RollingWriter) -> None:
        self._writer = writer
        self._tables: list[pa.Table] = []
        self._rows = 0
        self._bytes = 0

    def add(self, rows: pa.Table) -> None:
        """Adds rows; writes what was collected when it fills a row group."""
        self._tables.append(rows)
        self._rows += rows.num_rows
        self._bytes += rows.nbytes
        if fills_row_group(self._rows, self._bytes):
            self.flush()

    def flush(self) -> None:
        """Writes what was collected."""
        if self._rows:
            self._writer.write(pa.concat_tables(self._tables))
        self._tables, self._rows, self._bytes = [], 0, 0
