"""Streams text files: types are inferred from the first rows, checked in every block, and resolved if they change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain

import pyarrow as pa

from datalake_sdk.batches import BatchTask
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.source import TextSource
from datalake_sdk.inputs.text.columns import Column, Shape, column, joined_fields
from datalake_sdk.inputs.text.inference import Evidence
from datalake_sdk.inputs.text.small_files import SmallFiles
from datalake_sdk.inputs.text.text_file import FileRows, Rows, TextFile, decoded_rows
from datalake_sdk.parallel import in_order, thread_count


class TextStream:
    """Rows of text files of one format, with columns combined by name.

    Args:
        files: At least one, in the order of their rows.
        options: Initial and declared types of columns.

    Attributes:
        shapes: Shapes of the columns: inferred from the first rows of each file, after `resolve_types` from all rows.
    """

    def __init__(self, files: Sequence[TextFile | SmallFiles], options: InputOptions) -> None:
        self._files = files
        self._options = options
        self.shapes: dict[str, Shape] = {}
        self._read_before = 0
        self._source: TextSource | None = None
        self.total_bytes: int | None = sum(file.size for file in files)
        for file in files:
            self._infer_from_beginning(file)
        self._columns = self._columns_by_name(is_final=False)

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, column.type) for column in self._columns.values()])

    @property
    def bytes_read(self) -> int:
        """Bytes of the files on disk that have been read since the last start."""
        source = self._source
        return self._read_before + (source.consumed if source else 0)

    def tasks(self) -> Iterator[BatchTask]:
        columns, schema = list(self._columns.values()), self.schema
        for rows in self._rows():
            yield rows.task(partial(decoded_rows, rows, columns, schema))

    def resolve_types(self) -> None:
        self.shapes = {name: Evidence() for file in self._files for name in file.names}
        inferred = (partial(self._shapes_of, rows) for rows in chain(self._beginnings(), self._rows()))
        with ThreadPoolExecutor(thread_count(), "inference") as pool:
            for shapes in in_order(pool, inferred):
                self.shapes = joined_fields(self.shapes, shapes)
        self._columns = self._columns_by_name(is_final=True)

    def _infer_from_beginning(self, file: TextFile | SmallFiles) -> None:
        first = file.sample() if isinstance(file, SmallFiles) else _beginning(file)
        shapes = dict.fromkeys(file.names, Evidence()) | (first.shapes({}) if first else {})
        self.shapes = joined_fields(self.shapes, shapes)

    def _columns_by_name(self, *, is_final: bool) -> dict[str, Column]:
        return {name: column(name, shape, self._options, is_final=is_final) for name, shape in self.shapes.items()}

    def _shapes_of(self, rows: Rows) -> dict[str, Shape]:
        return rows.shapes(self._columns_by_name(is_final=False))

    def _beginnings(self) -> Iterator[Rows]:
        """The first rows of each file, which determine the order of the columns; all rows of small files."""
        for file in self._files:
            if isinstance(file, SmallFiles):
                yield from file.blocks()
            elif (first := _beginning(file)) is not None:
                yield first

    def _rows(self) -> Iterator[Rows]:
        self._read_before = 0
        for file in self._files:
            if isinstance(file, SmallFiles):
                yield from self._rows_of_small_files(file)
            else:
                yield from self._rows_of_file(file)

    def _rows_of_small_files(self, files: SmallFiles) -> Iterator[Rows]:
        for rows in files.blocks():
            yield rows
            self._read_before += rows.size

    def _rows_of_file(self, file: TextFile) -> Iterator[Rows]:
        with file.open() as source:
            self._source = source
            for block in file.blocks(source):
                yield FileRows(file, block)
            self._source = None
            self._read_before += source.consumed


def _beginning(file: TextFile) -> FileRows | None:
    with file.open() as source:
        first = file.beginning(source)
    return None if first is None else FileRows(file, first)
