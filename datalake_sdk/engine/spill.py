"""Rows set aside on local disk, to be read back partition by partition."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyiceberg.typedef import Record

from datalake_sdk.engine.storage import storage_errors


class Spill:
    """Chunks of rows in temporary files, each sorted by partition; removed on leaving."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="datalake-sdk-spill-", ignore_cleanup_errors=True)
        self._files: list[Path] = []
        self._places: dict[Record, list[tuple[int, int]]] = {}

    def __enter__(self) -> Spill:
        return self

    def __exit__(self, *_: object) -> None:
        self._folder.cleanup()

    def add(self, rows: pa.Table, groups: Sequence[tuple[Record, pa.Array]]) -> None:
        """Sets a chunk aside.

        Args:
            rows: The chunk.
            groups: Its partitions with the positions of their rows.

        Raises:
            StorageError: The temporary folder is full.
        """
        path = Path(self._folder.name) / f"{len(self._files)}.arrow"
        order = pa.concat_arrays([positions for _, positions in groups])
        ordered = rows.take(order).combine_chunks()
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        first = 0
        with storage_errors(str(path)), pa.ipc.new_file(path, rows.schema, options=options) as writer:
            for number, (record, positions) in enumerate(groups):
                writer.write_table(ordered.slice(first, len(positions)))
                first += len(positions)
                self._places.setdefault(record, []).append((len(self._files), number))
        self._files.append(path)

    def records(self) -> list[Record]:
        """Partitions that have rows here."""
        return list(self._places)

    def rows(self, record: Record, schema: pa.Schema) -> Iterator[pa.Table]:
        """Rows of a partition, in the order in which they came.

        Args:
            record: Partition.
            schema: Schema of the rows, with its metadata.
        """
        for file, number in self._places[record]:
            with pa.OSFile(str(self._files[file])) as source:
                batch = pa.ipc.open_file(source).get_batch(number)
                yield pa.Table.from_batches([batch]).cast(schema)
