"""The staging area owns files that are written but not committed; writers add files to it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from threading import Lock

import pyarrow as pa
from pyiceberg.io import FileIO
from pyiceberg.manifest import DataFile
from pyiceberg.typedef import Record

from datalake_sdk.engine.checks.log import CheckLog
from datalake_sdk.engine.data_file import ROW_GROUP_ROWS, DataFileWriter, FileLayout
from datalake_sdk.engine.quarantine.buffer import QuarantineBuffer
from datalake_sdk.engine.storage import remove_files, storage_errors
from datalake_sdk.errors import DatalakeError
from datalake_sdk.parallel import share

logger = logging.getLogger(__name__)

_MAX_ROW_GROUP_BYTES = 36 << 20
_BUFFERED_BYTES = 128 << 20
"""Total size of the rows that all threads collect for row groups."""
_MIN_ROW_GROUP_BYTES = 8 << 20


RowsTask = Callable[[], pa.Table]
"""Returns rows in the layout's schema; may run in any thread."""


@dataclass(frozen=True)
class StagedFile:
    """A complete data file that does not belong to a snapshot yet.

    Args:
        data_file: The file's metadata.
        keys: Upsert keys of its rows, in the file's order; empty if no keys were requested.
    """

    data_file: DataFile
    keys: tuple[pa.Table, ...] = ()


@dataclass
class StagingArea:
    """Owns uncommitted files and removes them on exit.

    Args:
        io: The table's storage.
        quarantine: Rows of the batch that are not staged because they violate checks; None if no rows are rejected.
        check_log: Counts the rows that violate checks.
    """

    io: FileIO
    quarantine: QuarantineBuffer | None = None
    check_log: CheckLog = field(default_factory=CheckLog)
    _paths: list[str] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def __enter__(self) -> StagingArea:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            remove_files(self.io, self._paths)
        except (DatalakeError, OSError) as error:
            # The write has succeeded or has already failed for another reason; maintenance removes the files later.
            logger.info("orphan files could not be removed: %s", error)

    def new_path(self, layout: FileLayout, folder: str = "", suffix: str = "") -> str:
        """A path for a new file, which the staging area then owns.

        Args:
            layout: Settings for files of the table.
            folder: Folder below the table's data folder, for example `month=5`.
            suffix: End of the file name, before the extension.
        """
        path = layout.new_path(folder, suffix)
        with self._lock:
            self._paths.append(path)
        return path

    def release(self, paths: Iterable[str]) -> list[str]:
        """Gives up ownership of files that a snapshot refers to, or may refer to.

        Returns:
            The released files, without those that the staging area does not own.
        """
        kept = set(paths)
        released = [path for path in self._paths if path in kept]
        self._paths = [path for path in self._paths if path not in kept]
        return released

    def reclaim(self, paths: Iterable[str]) -> None:
        """Takes ownership of files, for example after a failed commit."""
        self._paths.extend(paths)


@dataclass(frozen=True)
class Output:
    """Destination of the rows of a write.

    Args:
        staging: Owner of the files.
        layout: Settings for data files.
        key_columns: Columns whose values are kept in memory, for an upsert.
        on_rows: Called with the number of rows written, from any thread.
    """

    staging: StagingArea
    layout: FileLayout
    key_columns: Sequence[str]
    on_rows: Callable[[int], None]


class RollingWriter:
    """Writes rows of one partition to files of the target size."""

    def __init__(self, output: Output, partition: Record, folder: str = "") -> None:
        self._output = output
        self._partition = partition
        self._folder = folder
        self._file: DataFileWriter | None = None
        self._keys: list[pa.Table] = []
        self.staged: list[StagedFile] = []

    def write(self, rows: pa.Table) -> None:
        """Writes rows as one row group, or as several if there are many rows."""
        output = self._output
        with storage_errors(output.layout.table):
            if self._file is None:
                path = output.staging.new_path(output.layout, self._folder)
                self._file = DataFileWriter(output.layout, path, self._partition)
            self._file.write(rows)
        if output.key_columns:
            self._keys.append(_copied(rows.select(output.key_columns)))
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
        """Closes the incomplete file, which the staging area removes."""
        if self._file is not None:
            self._file.abandon()


def _copied(rows: pa.Table) -> pa.Table:
    """Copies rows, so that they do not keep the whole batches in memory whose buffers they share."""
    # Arrow returns a single chunk as it is.
    return pa.concat_tables([rows, rows.slice(0, 0)]).combine_chunks()


def fills_row_group(rows: int, size: int) -> bool:
    """Whether a number of rows with a total size is enough for a row group."""
    return rows >= ROW_GROUP_ROWS or size >= min(_MAX_ROW_GROUP_BYTES, share(_BUFFERED_BYTES, _MIN_ROW_GROUP_BYTES))


class RowGroupBuffer:
    """Collects rows until they fill a row group."""

    def __init__(self, writer: RollingWriter) -> None:
        self._writer = writer
        self._tables: list[pa.Table] = []
        self._rows = 0
        self._bytes = 0

    def add(self, rows: pa.Table, size: int) -> None:
        """Adds rows, and writes the collected rows if they fill a row group.

        Args:
            rows: Rows in the layout's schema.
            size: Their approximate size in bytes; `rows.nbytes` takes long for many small chunks.
        """
        self._tables.append(rows)
        self._rows += rows.num_rows
        self._bytes += size
        if fills_row_group(self._rows, self._bytes):
            self.flush()

    def flush(self) -> None:
        """Writes the collected rows."""
        if self._rows:
            self._writer.write(pa.concat_tables(self._tables))
        self._tables, self._rows, self._bytes = [], 0, 0
