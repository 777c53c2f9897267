"""Rows set aside on local disk, to be read back piece by piece."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from datalake_sdk.engine.storage import storage_errors
from datalake_sdk.temporary_folders import process_folder


@dataclass(frozen=True)
class SpillBlock:
    """Where one piece lies.

    Args:
        file: Spill file.
        offset: Position of the piece in it.
        size: Length in bytes.
    """

    file: Path
    offset: int
    size: int


class Spill:
    """Pieces of rows in temporary files; removed on leaving.

    Args:
        schema: Of all rows.

    Raises:
        TemporaryFolderError: There is no place for temporary files.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._folder = tempfile.TemporaryDirectory(prefix="spill-", dir=process_folder(), ignore_cleanup_errors=True)
        self._files = 0

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def add(self, pieces: Iterable[pa.Table]) -> list[SpillBlock]:
        """Sets rows aside, each piece for itself.

        Raises:
            StorageError: The temporary folder is full.
        """
        path = Path(self._folder.name) / str(self._files)
        self._files += 1
        blocks: list[SpillBlock] = []
        offset = 0
        with storage_errors(str(path)), pa.OSFile(str(path), "wb") as sink:
            for block_rows in pieces:
                size = sink.write(_one_batch(block_rows).serialize())
                blocks.append(SpillBlock(path, offset, size))
                offset += size
        return blocks

    def rows(self, block: SpillBlock) -> pa.Table:
        """Reads a piece back; any thread may."""
        descriptor = os.open(block.file, os.O_RDONLY)
        try:
            block_rows = os.pread(descriptor, block.size, block.offset)
        finally:
            os.close(descriptor)
        return pa.Table.from_batches([pa.ipc.read_record_batch(pa.py_buffer(block_rows), self._schema)])


def _one_batch(rows: pa.Table) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([column.combine_chunks() for column in rows.columns], schema=rows.schema)
