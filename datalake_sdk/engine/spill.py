"""Spills blocks of rows to local disk."""

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
    """Location of a spilled block.

    Args:
        file: Spill file.
        offset: Offset of the block in bytes.
        size: Length of the block in bytes.
    """

    file: Path
    offset: int
    size: int


class Spill:
    """Spill files in a temporary folder, which is removed on exit.

    Args:
        schema: Schema of all rows.

    Raises:
        TemporaryFolderError: The temporary folder cannot be created.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._folder = tempfile.TemporaryDirectory(prefix="spill-", dir=process_folder(), ignore_cleanup_errors=True)
        self._files = 0

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def add(self, batches: Iterable[pa.RecordBatch]) -> list[SpillBlock]:
        """Writes blocks of rows to a new spill file.

        Raises:
            StorageError: The temporary folder is full.
        """
        path = Path(self._folder.name) / str(self._files)
        self._files += 1
        blocks: list[SpillBlock] = []
        offset = 0
        with storage_errors(str(path)), pa.OSFile(str(path), "wb") as sink:
            for batch in batches:
                size = sink.write(batch.serialize())
                blocks.append(SpillBlock(path, offset, size))
                offset += size
        return blocks

    def rows(self, block: SpillBlock) -> pa.RecordBatch:
        """Reads a block; thread-safe."""
        descriptor = os.open(block.file, os.O_RDONLY)
        try:
            content = os.pread(descriptor, block.size, block.offset)
        finally:
            os.close(descriptor)
        return pa.ipc.read_record_batch(pa.py_buffer(content), self._schema)
