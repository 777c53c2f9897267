"""The interface of an engine that writes tables, and its native implementation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Protocol, TypeAlias

from pyiceberg.catalog import Catalog
from pyiceberg.table import Table

from datalake_sdk.engine.commit_loop import WriteResult
from datalake_sdk.engine.maintenance import MaintenanceActions, native_actions
from datalake_sdk.engine.orphan_files import StoredFile
from datalake_sdk.engine.write import write
from datalake_sdk.engine.write_transaction import Target
from datalake_sdk.inputs.files import FileStream, open_input
from datalake_sdk.inputs.options import FileInput
from datalake_sdk.inputs.remote_files import OpenFilesystem


@dataclass(frozen=True)
class Progress:
    """Progress of a write.

    Args:
        rows: Rows written to data files.
        bytes_read: Bytes read from the input files, before decompression; 0 for a dataframe.
        total_bytes: Size of the input files; None when unknown.
    """

    rows: int
    bytes_read: int = 0
    total_bytes: int | None = None


ProgressReport: TypeAlias = Callable[[Progress], None]
"""Called from any thread, by one thread at a time."""


class Writer(Protocol):
    """Writes batches to Iceberg tables under the write contract, and rewrites files during maintenance."""

    def write(self, target: Target, rows: object, report: ProgressReport | None = None) -> WriteResult:
        """Writes a batch in one commit.

        Args:
            target: Table to write to, and the request.
            rows: A `FileInput`, or a dataframe of a type that the engine supports.
            report: Called after each part of the batch, by engines that write the files themselves.

        Raises:
            DatalakeError: The batch violates the write contract or cannot be read; the table is left unchanged.
        """

    def maintenance_actions(self, table: Table) -> MaintenanceActions:
        """Returns the maintenance actions that this engine performs on a table."""


@dataclass(frozen=True)
class NativeWriter:
    """Writes with pyarrow and pyiceberg, in this process and in bounded memory.

    Args:
        catalog: Catalog of the environment.
        open_filesystem: Opens the storage of `s3://` inputs.
        list_files: Lists the files below the location of a table.
    """

    catalog: Catalog
    open_filesystem: OpenFilesystem
    list_files: Callable[[Table], Iterable[StoredFile]]

    def write(self, target: Target, rows: object, report: ProgressReport | None = None) -> WriteResult:
        if isinstance(rows, FileInput):
            files = open_input(rows.path, rows.options, open_filesystem=self.open_filesystem)
            return write(self.catalog, target, files, _RowCounter(report, files))
        from datalake_sdk.inputs.dataframes.stream import stream_from_dataframe

        return write(self.catalog, target, stream_from_dataframe(rows), _RowCounter(report))

    def maintenance_actions(self, table: Table) -> MaintenanceActions:
        return native_actions(self.catalog, partial(self.list_files, table))


class _RowCounter:
    """Adds up the rows that several threads write, and reports progress."""

    def __init__(self, report: ProgressReport | None, files: FileStream | None = None) -> None:
        self._report = report
        self._files = files
        self._rows = 0
        self._lock = Lock()

    def __call__(self, rows: int) -> None:
        if self._report is None:
            return
        with self._lock:
            self._rows += rows
            files = self._files
            self._report(Progress(self._rows, files.bytes_read, files.total_bytes) if files else Progress(self._rows))
