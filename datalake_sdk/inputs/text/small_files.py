"""Small text files that are decoded together: the fixed costs of decoding a file exceed those of a few rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

import pyarrow as pa

from datalake_sdk.batches import BatchTask, FilesTask
from datalake_sdk.errors import DatalakeError, UnreadableInputError
from datalake_sdk.inputs.source import SMALL_SIZE, BytesInput, InputFile, TextSource, plain_text
from datalake_sdk.inputs.text.blocks import Block
from datalake_sdk.inputs.text.columns import Column, Shape, joined_fields
from datalake_sdk.inputs.text.text_file import FileRows, TextFile

_SAMPLE_SIZE = 1 << 20
"""Approximate bytes from which the first types are inferred."""


class Joiner(Protocol):
    """Recognizes files whose rows can be decoded together with those of a first file."""

    def rows(self, name: str, text: bytes) -> bytes | None:
        """The rows of a file; None if it must be decoded separately.

        Args:
            name: Name of the file.
            text: Its content in UTF-8.
        """

    def are_separable(self, text: bytes, ends: Sequence[int]) -> bool:
        """Whether no row extends beyond the end of its file.

        Args:
            text: Rows of several files, each with a final line break.
            ends: Positions of the ends of the files.
        """

    def count(self, rows: bytes) -> int:
        """The number of rows of a file."""


@dataclass(frozen=True)
class TextOpener:
    """Opens the files of a text format.

    Args:
        open: Opens a file.
        joiner: Returns a joiner for files like the given one, whose content is also given; None if there can be none.
        encoding: Encoding of the files.
        block_size: Bytes of text to decode at a time.
    """

    open: Callable[[InputFile], TextFile]
    joiner: Callable[[TextFile, bytes], Joiner | None]
    encoding: str
    block_size: int

    def open_all(self, files: Sequence[InputFile]) -> list[TextFile | SmallFiles]:
        """Opens files in the order of their rows; consecutive small ones are joined if possible."""
        opened: list[TextFile | SmallFiles] = []
        for file in files:
            text = self.text(file)
            last = opened[-1] if opened else None
            if not isinstance(last, SmallFiles) or text is None or not last.has_joined(file, text):
                opened.append(self._opened(file, text))
        return [each.first if isinstance(each, SmallFiles) and len(each.files) == 1 else each for each in opened]

    def text(self, file: InputFile) -> bytes | None:
        """The text of a file, decompressed and in UTF-8; None if the file is not small."""
        if file.size > SMALL_SIZE:
            return None
        with file.open() as raw:
            content = raw.read()
        if (text := plain_text(content, self.encoding)) is None:
            with TextSource(BytesInput(file.name, content), self.encoding) as source:
                text = source.read(SMALL_SIZE + 1)
        return text if len(text) <= SMALL_SIZE else None

    def _opened(self, file: InputFile, text: bytes | None) -> TextFile | SmallFiles:
        first = self.open(file)
        joiner = None if text is None else self.joiner(first, text)
        if joiner is None or text is None:
            return first
        files = SmallFiles(first, joiner, self, [])
        return files if files.has_joined(file, text) else first


@dataclass(frozen=True)
class SmallFile:
    """A small file, and the bytes of its rows."""

    file: InputFile
    size: int


@dataclass(frozen=True)
class SmallFiles:
    """Consecutive small files that can be decoded together.

    Args:
        first: The first one, which decodes the rows of all.
        joiner: Recognizes files like the first one.
        opener: Reads the text of files, and opens those that must be decoded separately.
        files: All files, in the order of their rows.
    """

    first: TextFile
    joiner: Joiner
    opener: TextOpener
    files: list[SmallFile]

    @property
    def size(self) -> int:
        """Size of the files on disk."""
        return sum(each.file.size for each in self.files)

    @property
    def names(self) -> Sequence[str]:
        """Columns that are known without reading rows."""
        return self.first.names

    def has_joined(self, file: InputFile, text: bytes) -> bool:
        """Adds a file if it can be decoded together with the others, and returns whether it can."""
        if (rows := self.joiner.rows(file.name, text)) is None:
            return False
        self.files.append(SmallFile(file, len(rows)))
        return True

    def sample(self) -> JoinedRows:
        """The rows of some files at equal distances."""
        step = sum(each.size for each in self.files) // _SAMPLE_SIZE + 1
        return JoinedRows(self, self.files[::step])

    def blocks(self) -> Iterator[JoinedRows]:
        """The rows of all files, in blocks of whole files."""
        start = size = 0
        for position, each in enumerate(self.files):
            if size and size + each.size > self.opener.block_size:
                yield JoinedRows(self, self.files[start:position])
                start, size = position, 0
            size += each.size
        yield JoinedRows(self, self.files[start:])

    def rows(self, file: InputFile) -> bytes | None:
        """Reads the rows of a file; None if the file has changed and must be decoded separately."""
        text = self.opener.text(file)
        return None if text is None else self.joiner.rows(file.name, text)


@dataclass(frozen=True)
class JoinedRows:
    """The rows of some small files.

    Args:
        source: The small files that these belong to.
        files: Files of the rows.
    """

    source: SmallFiles
    files: Sequence[SmallFile]

    @property
    def size(self) -> int:
        """Size of the files on disk."""
        return sum(each.file.size for each in self.files)

    def shapes(self, columns: Mapping[str, Column]) -> dict[str, Shape]:
        if (block := self._block()) is not None:
            with suppress(DatalakeError):
                return self.source.first.shapes(block, columns)
        shapes: dict[str, Shape] = {}
        for rows in self._separate_rows():
            shapes = joined_fields(shapes, rows.shapes(columns))
        return shapes

    def arrays(self, columns: Sequence[Column]) -> dict[str, pa.Array]:
        if (block := self._block()) is not None:
            with suppress(DatalakeError):
                return self.source.first.arrays(block, columns)
        # An error of a file that is decoded separately names the file and the line.
        parts = [rows.arrays(columns) for rows in self._separate_rows()]
        return {name: pa.concat_arrays([part[name] for part in parts]) for name in parts[0]} if parts else {}

    def task(self, decode: BatchTask) -> BatchTask:
        return FilesTask([each.file.name for each in self.files], decode, self._count_rows)

    def _block(self) -> Block | None:
        """The rows of all files; None if there are none, or if they must be decoded separately."""
        rows = [self.source.rows(each.file) for each in self.files]
        lines = [_terminated(each) for each in rows if each]
        text = b"".join(lines)
        if not text or None in rows or not self.source.joiner.are_separable(text, [*accumulate(map(len, lines))]):
            return None
        return Block(text, len(text), offset=0, is_last=False)

    def _separate_rows(self) -> Iterator[FileRows]:
        for each in self.files:
            file = self.source.opener.open(each.file)
            with file.open() as text:
                yield from (FileRows(file, block) for block in file.blocks(text))

    def _count_rows(self) -> list[int]:
        return [self._count(each.file) for each in self.files]

    def _count(self, file: InputFile) -> int:
        if (rows := self.source.rows(file)) is None:
            raise UnreadableInputError(file.name, "it was changed while it was read")
        return self.source.joiner.count(rows)


def _terminated(rows: bytes) -> bytes:
    return rows if rows.endswith((b"\n", b"\r")) else rows + b"\n"
