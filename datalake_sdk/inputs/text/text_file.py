"""The interface of a text format's files, and the decoding of their blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

from datalake_sdk.batches import BatchTask, FileTask
from datalake_sdk.inputs.source import TextSource
from datalake_sdk.inputs.text.blocks import Block
from datalake_sdk.inputs.text.columns import Column, Shape


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


class Rows(Protocol):
    """Rows that are decoded together: a block of a file, or several small files."""

    def shapes(self, columns: Mapping[str, Column]) -> dict[str, Shape]:
        """Infers the shapes of the columns; may omit columns whose types cannot change."""

    def arrays(self, columns: Sequence[Column]) -> dict[str, pa.Array]:
        """Decodes the given columns, except missing ones, to exactly their types.

        Raises:
            TypesChangedError: The values require other types.
        """

    def task(self, decode: BatchTask) -> BatchTask:
        """Adds the files of the rows to the task that decodes them."""


@dataclass(frozen=True)
class FileRows:
    """A block of a file.

    Args:
        file: File of the rows.
        block: The block.
    """

    file: TextFile
    block: Block

    def shapes(self, columns: Mapping[str, Column]) -> dict[str, Shape]:
        return self.file.shapes(self.block, columns)

    def arrays(self, columns: Sequence[Column]) -> dict[str, pa.Array]:
        return self.file.arrays(self.block, columns)

    def task(self, decode: BatchTask) -> BatchTask:
        return FileTask(self.file.name, decode)


def decoded_rows(rows: Rows, columns: Sequence[Column], schema: pa.Schema) -> pa.RecordBatch:
    """Decodes rows to the columns of a stream; missing columns are null.

    Raises:
        TypesChangedError: The values require other types.
        DatalakeError: The rows are invalid in the format.
    """
    arrays = rows.arrays(columns)
    count = len(next(iter(arrays.values()), ()))
    return pa.RecordBatch.from_arrays(
        [arrays[field.name] if field.name in arrays else pa.nulls(count, field.type) for field in schema],
        schema=schema,
    )
