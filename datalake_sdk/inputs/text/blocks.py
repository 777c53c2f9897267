"""Splits text files into blocks of whole rows that can be decoded independently."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from datalake_sdk.errors import DatalakeError, UndecodableInputError
from datalake_sdk.inputs.source import InputFile, Rewrite, TextSource
from datalake_sdk.parallel import share

BLOCK_SIZE = 4 << 20
"""Maximum size of a block: large enough to amortize the cost of a call, small enough for CPU caches."""
_BLOCKS_SIZE = 32 << 20
"""Total size of the blocks that all threads decode at the same time."""
_MIN_BLOCK_SIZE = 1 << 20
ROW_LIMIT = 64 << 20
ROW_LIMIT_TEXT = "within 64 MB"

_LINE_BREAK = re.compile(rb"\r\n|\r|\n")


def default_block_size() -> int:
    """Size of a block, in bytes, so that the blocks of all threads stay within their budget."""
    return min(BLOCK_SIZE, share(_BLOCKS_SIZE, _MIN_BLOCK_SIZE))


@dataclass(frozen=True)
class Block:
    """Whole rows of a file.

    Args:
        data: Bytes that start with the rows.
        size: Length of the rows in `data`.
        offset: Position of the first row in the decompressed text.
        is_last: Whether this is the last block of the file.
    """

    data: bytes
    size: int
    offset: int
    is_last: bool

    @property
    def buffer(self) -> pa.Buffer:
        return pa.py_buffer(self.data).slice(0, self.size)

    @property
    def rows(self) -> bytes:
        """The bytes of the rows; a copy if `data` contains more."""
        return self.data[: self.size]


@dataclass(frozen=True)
class TextInput:
    """A text file and its encoding; opened to read it, and again to locate an error.

    Args:
        file: The file's bytes.
        encoding: Encoding of its text.
        rewrite: Converts the content to lines; None if the file consists of lines.
        unit: What a line represents in the file, for messages.
        prefix_size: Bytes that `rewrite` adds before the first line of the file.
    """

    file: InputFile
    encoding: str
    rewrite: Rewrite | None = None
    unit: str = "line"
    prefix_size: int = 0

    @property
    def name(self) -> str:
        return self.file.name

    def open(self, offset: int = 0) -> TextSource:
        """Opens the text at a position."""
        source = TextSource(self.file, self.encoding, self.rewrite)
        source.skip_to(offset)
        return source

    def line(self, offset: int) -> int:
        """Number of the line at a position, from 1; reads all text before it.

        Line feeds are counted, as `grep -n` does, or carriage returns if the text has no line feed.
        """
        line_feeds = returns = 0
        for data in self._own_pieces(offset):
            line_feeds += data.count(b"\n")
            returns += data.count(b"\r")
        has_line_feed = line_feeds or (returns and any(b"\n" in data for data in self._own_pieces()))
        return 1 + (line_feeds if has_line_feed else returns)

    def line_start(self, line: int) -> int:
        """Position of the beginning of a line, by its number from 1; the end of the text if there are fewer lines."""
        missing, end = line - 1, 0
        if not missing:
            return 0
        for offset, data in self._pieces():
            if (count := _count_line_breaks(data)) >= missing:
                return offset + next(islice(_LINE_BREAK.finditer(data), missing - 1, None)).end()
            missing, end = missing - count, offset + len(data)
        return end

    def _own_pieces(self, end: int | None = None) -> Iterator[bytes]:
        """The pieces of the text without the prefix that `rewrite` adds."""
        return (data[max(self.prefix_size - offset, 0) :] for offset, data in self._pieces(end))

    def _pieces(self, end: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Pieces of the text up to a position, each with its position; a line break is never split."""
        with self.open() as source:
            offset = source.offset
            while data := source.read(BLOCK_SIZE if end is None else max(min(end - offset, BLOCK_SIZE), 0)):
                if data.endswith(b"\r"):
                    following = source.read(1)
                    if following == b"\n":
                        data += following
                    else:
                        source.push_back(following)
                yield offset, data
                offset += len(data)

    def location(self, line: int) -> str:
        """Describes the location of a line for messages."""
        return f"input '{self.name}', {self.unit} {line}"

    def undecodable(self, block: Block) -> UndecodableInputError | None:
        """The error for the first invalid byte of a block; None if there is none."""
        try:
            block.rows.decode()
        except UnicodeDecodeError as error:
            return UndecodableInputError(self.name, block.offset + error.start, block.data[error.start], self.encoding)
        return None


def blocks(
    source: TextSource, size: int, whole_rows: Callable[[bytes], int], too_long: Callable[[Block], DatalakeError]
) -> Iterator[Block]:
    """Splits the rest of a source into blocks.

    Args:
        source: Positioned at the beginning of a row.
        size: Bytes per block; more if a row is longer.
        whole_rows: Returns the length of the complete rows at the beginning of some bytes.
        too_long: Returns the error for a row of more than `ROW_LIMIT` bytes.
    """
    wanted, offset = size, source.offset
    while data := source.read(wanted):
        is_last = len(data) < wanted
        end = len(data) if is_last else whole_rows(data)
        if end:
            yield Block(data, end, offset, is_last)
        elif wanted >= ROW_LIMIT:
            raise too_long(Block(data, len(data), offset, is_last))
        source.push_back(data[end:])
        wanted, offset = size if end else 2 * wanted, source.offset


def _count_line_breaks(data: bytes) -> int:
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")
