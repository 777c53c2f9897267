"""Text files cut into blocks of whole rows, which can be decoded independently of each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from datalake_sdk.errors import DatalakeError, UndecodableInputError
from datalake_sdk.inputs.source import InputFile, Rewrite, TextSource

BLOCK_SIZE = 4 << 20
"""Bytes of text decoded at once: large enough to make a call's fixed cost small, small enough for caches."""
ROW_LIMIT = 64 << 20
ROW_LIMIT_TEXT = "within 64 MB"

_LINE_BREAK = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True)
class Block:
    """Whole rows of a file.

    Args:
        data: Bytes, perhaps more than the rows.
        size: Length of the rows in `data`.
        offset: Position of the first row in the decompressed text.
        is_last: Nothing follows in the file.
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
        """The rows, copied where `data` holds more."""
        return self.data[: self.size]


@dataclass(frozen=True)
class TextInput:
    """A text file and how it is written: opened for reading, and again to explain an error.

    Args:
        file: Where the bytes are.
        encoding: Of the text in it.
        rewrite: Makes lines of what the file holds, where these are not its own lines.
        unit: What a line stands for in the file, for messages.
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
        """A source that stands at a position of the decompressed text."""
        source = TextSource(self.file, self.encoding, self.rewrite)
        source.skip_to(offset)
        return source

    def line(self, offset: int) -> int:
        """Number of the line at a position, from 1; reads all of the text before it.

        Line feeds are counted, as `grep -n` does, or carriage returns where the whole text has no line feed.
        """
        line_feeds = returns = 0
        for data in self._own_pieces(offset):
            line_feeds += data.count(b"\n")
            returns += data.count(b"\r")
        has_line_feed = line_feeds or (returns and any(b"\n" in data for data in self._own_pieces()))
        return 1 + (line_feeds if has_line_feed else returns)

    def line_start(self, line: int) -> int:
        """Position at which a line begins, by its number from 1; the end of the text where there are fewer lines."""
        missing, end = line - 1, 0
        if not missing:
            return 0
        for offset, data in self._pieces():
            if (count := _count_line_breaks(data)) >= missing:
                return offset + next(islice(_LINE_BREAK.finditer(data), missing - 1, None)).end()
            missing, end = missing - count, offset + len(data)
        return end

    def _own_pieces(self, end: int | None = None) -> Iterator[bytes]:
        """The pieces without the prefix."""
        return (data[max(self.prefix_size - offset, 0) :] for offset, data in self._pieces(end))

    def _pieces(self, end: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Pieces of the text up to a position, each with its own; no line break is in two of them."""
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
        """Says for a message where a line is."""
        return f"input '{self.name}', {self.unit} {line}"

    def undecodable(self, block: Block) -> UndecodableInputError | None:
        """The error for the first byte of a block that is not text, if there is one."""
        try:
            block.rows.decode()
        except UnicodeDecodeError as error:
            return UndecodableInputError(self.name, block.offset + error.start, block.data[error.start], self.encoding)
        return None


def blocks(
    source: TextSource, size: int, whole_rows: Callable[[bytes], int], too_long: Callable[[Block], DatalakeError]
) -> Iterator[Block]:
    """Cuts what is left of a source.

    Args:
        source: Stands at the beginning of a row.
        size: Bytes of a block; more where a row is longer.
        whole_rows: Length of the complete rows in some bytes, 0 for none.
        too_long: The error for a row of more than `ROW_LIMIT` bytes.
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
