"""Streams text files: types are inferred from the first rows, checked in every block, and resolved if they change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

import pyarrow as pa

from datalake_sdk.batches import BatchTask, FileTask
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.source import TextSource
from datalake_sdk.inputs.text.blocks import Block
from datalake_sdk.inputs.text.columns import Column, Shape, column, joined_fields
from datalake_sdk.inputs.text.inference import Evidence
from datalake_sdk.parallel import in_order, thread_count


class TextFile(Protocol):
    """A file of a text format."""

    @property
    def name(self) -> str:
        """Name for messages."""

    @property
    def size(self) -> int:
        """Size of the file on disk."""

    @property
    def names(self) -> Sequence[str]:
        """Columns that are known without reading rows."""

    def open(self) -> TextSource:
        """Opens the text at the first row."""

    def beginning(self, source: TextSource) -> Block | None:
        """Some of the first rows; None if there are no rows."""

    def blocks(self, source: TextSource) -> Iterator[Block]:
        """Splits the rest of a source into blocks of whole rows."""

    def shapes(self, block: Block, columns: Mapping[str, Column]) -> dict[str, Shape]:
        """Infers the shapes of the columns of a block; may omit columns whose types cannot change."""

    def arrays(self, block: Block, columns: Sequence[Column]) -> dict[str, pa.Array]:
        """Decodes the given columns, except those missing in the block, to exactly their types.

        Raises:
            TypesChangedError: The values require other types.
        """


class TextStream:
    """Rows of text files of one format, with columns combined by name.

    Args:
        files: At least one, in the order of their rows.
        options: Initial and declared types of columns.

    Attributes:
        shapes: Shapes of the columns: inferred from the first rows of each file, after `resolve_types` from all rows.
    """

    def __init__(self, files: Sequence[TextFile], options: InputOptions) -> None:
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
        for file, block in self._blocks():
            yield FileTask(file.name, partial(decoded_block, file, block, columns, schema))

    def resolve_types(self) -> None:
        inferred = (partial(self._shapes_of, file, block) for file, block in self._blocks())
        with ThreadPoolExecutor(thread_count(), "inference") as pool:
            for shapes in in_order(pool, inferred):
                self.shapes = joined_fields(self.shapes, shapes)
        self._columns = self._columns_by_name(is_final=True)

    def _infer_from_beginning(self, file: TextFile) -> None:
        with file.open() as source:
            first = file.beginning(source)
        shapes = dict.fromkeys(file.names, Evidence()) | (file.shapes(first, {}) if first else {})
        self.shapes = joined_fields(self.shapes, shapes)

    def _columns_by_name(self, *, is_final: bool) -> dict[str, Column]:
        return {name: column(name, shape, self._options, is_final=is_final) for name, shape in self.shapes.items()}

    def _shapes_of(self, file: TextFile, block: Block) -> dict[str, Shape]:
        return file.shapes(block, self._columns_by_name(is_final=False))

    def _blocks(self) -> Iterator[tuple[TextFile, Block]]:
        self._read_before = 0
        for file in self._files:
            with file.open() as source:
                self._source = source
                for block in file.blocks(source):
                    yield file, block
                self._source = None
                self._read_before += source.consumed


def decoded_block(file: TextFile, block: Block, columns: Sequence[Column], schema: pa.Schema) -> pa.RecordBatch:
    """Decodes a block to the columns of a stream; missing columns are null.

    Raises:
        TypesChangedError: The values require other types.
        DatalakeError: The block is invalid in the format.
    """
    arrays = file.arrays(block, columns)
    rows = len(next(iter(arrays.values()), ()))
    return pa.RecordBatch.from_arrays(
        [arrays[field.name] if field.name in arrays else pa.nulls(rows, field.type) for field in schema], schema=schema
    )
