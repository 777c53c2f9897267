"""Parts of an input's files, for type inference and decoding by several processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

import pyarrow as pa

from datalake_sdk.inputs.formats import TextFormat, TypedFormat
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.paths import named_file
from datalake_sdk.inputs.remote_files import OpenFilesystem
from datalake_sdk.inputs.source import TextSource
from datalake_sdk.inputs.text.blocks import BLOCK_SIZE, Block
from datalake_sdk.inputs.text.columns import Column, Shape, column, joined_fields
from datalake_sdk.inputs.text.stream import TextStream
from datalake_sdk.inputs.text.text_file import FileRows, TextFile, decoded_rows
from datalake_sdk.inputs.typed_stream import TypedFile, TypedStream

PART_SIZE = 64 << 20
"""Approximate bytes of a part: several blocks of text, or several row groups."""

Shapes: TypeAlias = Mapping[str, Shape]


@dataclass(frozen=True)
class Part:
    """Consecutive rows of one file.

    Args:
        name: Name of the file, for `named_file`.
        start: Position of the first row: a byte of the decompressed text, or a position of the format's spans.
        end: Position after the last row; None for the end of the file.
        size: Approximate size in bytes.
    """

    name: str
    start: int
    end: int | None
    size: int


@dataclass(frozen=True)
class PartShapes:
    """Shapes of the columns in one part of a text file.

    Args:
        beginning: Inferred from its first rows.
        whole: Inferred from all of its rows.
    """

    beginning: Shapes
    whole: Shapes


@dataclass(frozen=True)
class TextParts:
    """Text files of one format.

    Args:
        input_format: Format of all files.
        options: How to read the files.
        open_filesystem: Opens the storage of `s3://` paths, in any process.
        part_size: Minimum bytes per part.
        block_size: Bytes of text to decode at a time.
    """

    input_format: TextFormat
    options: InputOptions
    open_filesystem: OpenFilesystem
    part_size: int = PART_SIZE
    block_size: int = BLOCK_SIZE

    def split(self, whole: Part) -> list[Part]:
        """Splits a file between rows, by reading it; a compressed file is a single part."""
        file = self._file(whole)
        with file.open() as source:
            starts = _starts(file.blocks(source), self.part_size) if source.is_plain else [0]
        ends = [*starts[1:], None]
        return [
            Part(whole.name, start, end, self.part_size if end else whole.size - start)
            for start, end in zip(starts, ends, strict=True)
        ]

    def infer(self, part: Part) -> PartShapes:
        """Infers the shapes of a part's columns.

        Raises:
            DatalakeError: A row is invalid in the format, or a value does not fit its declared type.
        """
        stream = TextStream([_Rows(self._file(part), part)], self.options)
        first = stream.shapes
        stream.resolve_types()
        if self.options.declared:
            for decode in stream.tasks():
                decode()
        return PartShapes(first, stream.shapes)

    def columns(self, parts: Sequence[Part], inferred: Sequence[PartShapes]) -> list[Column]:
        """The columns of all files, in the order in which a single process would find them."""
        beginnings = [each.beginning for part, each in zip(parts, inferred, strict=True) if not part.start]
        shapes: Shapes = {}
        for seen in chain(beginnings, (each.whole for each in inferred)):
            shapes = joined_fields(shapes, seen)
        return [column(name, shape, self.options, is_final=True) for name, shape in shapes.items()]

    def batches(self, columns: Sequence[Column], part: Part) -> Iterator[pa.RecordBatch]:
        """Decodes a part."""
        file = _Rows(self._file(part), part)
        schema = pa.schema([(column.name, column.type) for column in columns])
        with file.open() as source:
            for block in file.blocks(source):
                yield decoded_rows(FileRows(file, block), columns, schema)

    def _file(self, part: Part) -> TextFile:
        file = named_file(part.name, self.open_filesystem)
        return self.input_format.open(file, self.options, self.block_size)


@dataclass(frozen=True)
class TypedParts:
    """Files of one format that stores a schema.

    Args:
        input_format: Format of all files.
        schema: Schema that all files are decoded to.
        options: Declared types.
        open_filesystem: Opens the storage of `s3://` paths, in any process.
    """

    input_format: TypedFormat
    schema: pa.Schema
    options: InputOptions
    open_filesystem: OpenFilesystem

    def batches(self, part: Part) -> Iterator[pa.RecordBatch]:
        """Decodes a part."""
        file = self.input_format.open(named_file(part.name, self.open_filesystem))
        stream = TypedStream([file], self.options, self.schema)
        for piece in file.pieces(part.start, part.end):
            yield stream.fitted(file.name, piece)


def typed_parts(files: Sequence[TypedFile], part_size: int = PART_SIZE) -> list[Part]:
    """Groups the spans of files into parts of about the given size."""
    return [part for file in files for part in _runs(file, part_size)]


class _Rows:
    """The rows of a part, as a text file."""

    def __init__(self, file: TextFile, part: Part) -> None:
        self._file = file
        self._start, self._end = part.start, part.end
        self.name = part.name
        self.size = part.size

    @property
    def names(self) -> Sequence[str]:
        return self._file.names

    def open(self) -> TextSource:
        source = self._file.open()
        source.skip_to(self._start)
        return source

    def beginning(self, source: TextSource) -> Block | None:
        return self._file.beginning(source)

    def blocks(self, source: TextSource) -> Iterator[Block]:
        """The blocks of the part, which are the same as those of the whole file: parts begin at block boundaries."""
        for block in self._file.blocks(source):
            if self._end is not None and block.offset >= self._end:
                return
            yield block

    def shapes(self, block: Block, columns: Mapping[str, Column]) -> dict[str, Shape]:
        return self._file.shapes(block, columns)

    def arrays(self, block: Block, columns: Sequence[Column]) -> dict[str, pa.Array]:
        return self._file.arrays(block, columns)


def _starts(blocks: Iterator[Block], size: int) -> list[int]:
    starts = [0]
    for block in blocks:
        if block.offset - starts[-1] >= size:
            starts.append(block.offset)
    return starts


def _runs(file: TypedFile, part_size: int) -> Iterator[Part]:
    run: Part | None = None
    for span in file.spans():
        if run is not None and run.size + span.size > part_size:
            yield run
            run = None
        start, size = (span.start, 0) if run is None else (run.start, run.size)
        run = Part(file.name, start, span.end, size + span.size)
    if run is not None:
        yield run
