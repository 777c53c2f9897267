"""Reads Avro's container format: a header with the schema, then compressed blocks between sync markers.

https://avro.apache.org/docs/1.12.0/specification/#object-container-files
"""

from __future__ import annotations

import bz2
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa

from datalake_sdk.errors import CorruptInputError
from datalake_sdk.inputs.source import InputFile, RawFile

MAGIC = b"Obj\x01"
SYNC_SIZE = 16
_READ_SIZE = 1 << 20
_BLOCK_LIMIT = 256 << 20
_VARINT_LIMIT = 10
"""Maximum encoded length of a 64-bit integer."""


@dataclass(frozen=True)
class AvroHeader:
    """The header of a file.

    Args:
        schema: Parsed JSON.
        codec: Compression of the blocks.
        sync: Marker after each block.
        end: Position of the first block.
    """

    schema: Any
    codec: str
    sync: bytes
    end: int


@dataclass(frozen=True)
class AvroBlock:
    """A block of rows.

    Args:
        rows: Number of rows.
        data: Encoded rows, compressed.
        end: Position after the block's sync marker.
    """

    rows: int
    data: bytes
    end: int


def read_header(file: InputFile) -> AvroHeader:
    """Reads the header.

    Raises:
        CorruptInputError: The file has no valid header.
    """
    with file.open() as raw:
        source = _Source(file.name, raw)
        if source.take(len(MAGIC)) != MAGIC:
            raise CorruptInputError(file.name, "it does not start like an Avro file")
        metadata = dict(_metadata(source))
        sync = source.take(SYNC_SIZE)
        try:
            schema = json.loads(metadata.get("avro.schema", b""))
            codec = metadata.get("avro.codec", b"null").decode()
        except ValueError as error:
            raise CorruptInputError(file.name, f"its header contains no valid schema: {error}") from None
    if codec not in _CODECS:
        raise CorruptInputError(file.name, f"codec '{codec}' is not one of {', '.join(_CODECS)}")
    return AvroHeader(schema, codec, sync, source.position)


def read_blocks(file: InputFile, header: AvroHeader, start: int, end: int) -> Iterator[AvroBlock]:
    """Reads the blocks whose preceding sync marker starts within a range of bytes.

    Adjacent ranges therefore neither share nor miss a block.

    Raises:
        CorruptInputError: The file is truncated, or a block does not end with the sync marker.
    """
    with file.open() as raw:
        source = _Source(file.name, raw)
        if not source.skip_past(header.sync, max(start, header.end - SYNC_SIZE)):
            return
        while source.position - SYNC_SIZE < end and not source.is_at_end():
            rows, size = source.integer(), source.integer()
            if rows < 0 or not 0 <= size <= _BLOCK_LIMIT:
                raise CorruptInputError(file.name, f"the block header that ends at byte {source.position} is invalid")
            data = source.take(size)
            if source.take(SYNC_SIZE) != header.sync:
                raise CorruptInputError(file.name, f"the block that ends at byte {source.position} has no sync marker")
            yield AvroBlock(rows, data, source.position)


def decompressed(name: str, codec: str, data: bytes) -> bytes:
    """Decompresses a block.

    Raises:
        CorruptInputError: The data is damaged or larger than 256 MB.
    """
    try:
        plain = _CODECS[codec](data)
    except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError) as error:
        raise CorruptInputError(name, f"invalid {codec} data in a block: {error}") from None
    if len(plain) > _BLOCK_LIMIT:
        raise CorruptInputError(name, f"a block is larger than {_BLOCK_LIMIT >> 20} MB")
    return plain


class _Source:
    """A buffered forward reader."""

    def __init__(self, name: str, raw: RawFile) -> None:
        self._name = name
        self._raw = raw
        self._buffer = b""
        self._offset = 0

    @property
    def position(self) -> int:
        return self._raw.tell() - len(self._buffer) + self._offset

    def take(self, size: int) -> bytes:
        if not 0 <= size <= _BLOCK_LIMIT or not self._fill(size):
            raise CorruptInputError(self._name, "it is truncated")
        data = self._buffer[self._offset : self._offset + size]
        self._offset += size
        return data

    def integer(self) -> int:
        """A zigzag-encoded integer."""
        value = 0
        for position in range(_VARINT_LIMIT):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << (7 * position)
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
        raise CorruptInputError(self._name, f"the integer that ends at byte {self.position} is too long")

    def is_at_end(self) -> bool:
        return not self._fill(1)

    def skip_past(self, marker: bytes, start: int) -> bool:
        """Skips past the first marker at or after `start`; returns False if there is none."""
        self._raw.seek(start)
        self._buffer, self._offset = b"", 0
        while self._fill(len(marker)):
            if (found := self._buffer.find(marker, self._offset)) >= 0:
                self._offset = found + len(marker)
                return True
            self._offset = len(self._buffer) - len(marker) + 1
        return False

    def _fill(self, size: int) -> bool:
        missing = size - (len(self._buffer) - self._offset)
        if missing > 0:
            self._buffer = self._buffer[self._offset :] + self._raw.read(max(missing, _READ_SIZE))
            self._offset = 0
        return len(self._buffer) - self._offset >= size


def _metadata(source: _Source) -> Iterator[tuple[str, bytes]]:
    while count := source.integer():
        if count < 0:
            source.integer()
        for _ in range(abs(count)):
            key = source.take(source.integer()).decode(errors="replace")
            yield key, source.take(source.integer())


def _snappy(data: bytes) -> bytes:
    body, checksum = data[:-4], data[-4:]
    plain = bytes(pa.decompress(body, _snappy_size(body), "snappy", asbytes=True))
    if zlib.crc32(plain).to_bytes(4, "big") != checksum:
        raise ValueError("the checksum does not match")
    return plain


def _snappy_size(body: bytes) -> int:
    """Length of the decompressed data, which is the first field of Snappy's format."""
    size = 0
    for position, byte in enumerate(body[:5]):
        size |= (byte & 0x7F) << (7 * position)
        if byte < 0x80:
            break
    if size > _BLOCK_LIMIT:
        raise ValueError(f"more than {_BLOCK_LIMIT >> 20} MB")
    return size


def _zstandard(data: bytes) -> bytes:
    stream: BinaryIO = pa.CompressedInputStream(pa.BufferReader(data), "zstd")
    return stream.read(_BLOCK_LIMIT + 1)


_CODECS: dict[str, Callable[[bytes], bytes]] = {
    "null": bytes,
    "deflate": lambda data: zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, _BLOCK_LIMIT + 1),
    "snappy": _snappy,
    "zstandard": _zstandard,
    "bzip2": lambda data: bz2.BZ2Decompressor().decompress(data, _BLOCK_LIMIT + 1),
    "xz": lambda data: lzma.LZMADecompressor().decompress(data, _BLOCK_LIMIT + 1),
}
