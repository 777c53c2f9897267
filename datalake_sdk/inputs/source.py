"""Reads input files: raw bytes at any position, or text, decompressed and converted to UTF-8."""

from __future__ import annotations

import codecs
import io
import os
import re
from collections.abc import Callable
from functools import cached_property
from types import TracebackType

import pyarrow as pa

from datalake_sdk.errors import CorruptInputError, UndecodableInputError, UnknownEncodingError, UnreadableInputError
from datalake_sdk.inputs.options import UTF_8

ReadChunk = Callable[[int], bytes]
"""Returns approximately the given number of bytes, empty at the end."""
Rewrite = Callable[[str, ReadChunk], ReadChunk]
"""Rewrites text chunk by chunk; receives the file's name for messages, and the source of chunks."""

_COMPRESSION = re.compile(rb"(?P<gzip>\x1f\x8b)|(?P<zstd>\x28\xb5\x2f\xfd)|(?P<bz2>BZh[1-9]1AY&SY)")
_MAGIC_SIZE = 10
_STEP = 1 << 20
SMALL_SIZE = 1 << 20
"""Maximum size of a file that is read as a whole, together with other small files."""


class RawFile(io.RawIOBase):
    """A file with its own position, so that several readers can share one descriptor.

    Args:
        descriptor: Descriptor of a regular file; closed with this object.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        wanted = self.size - self._position if size is None or size < 0 else size
        data = self._read_some(wanted)
        while len(data) < wanted and (more := self._read_some(wanted - len(data))):
            data += more
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        return self._position

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()

    @property
    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def duplicate(self) -> RawFile:
        """A reader of the same file, positioned at its beginning."""
        return RawFile(os.dup(self._descriptor))

    def _read_some(self, size: int) -> bytes:
        data = os.pread(self._descriptor, size, self._position)
        self._position += len(data)
        return data


class InputFile:
    """A file on disk, or the spooled content of a pipe.

    Args:
        name: Path of the file; only used in messages if `spool` is given.
        spool: The content of a file that cannot be read repeatedly.
    """

    def __init__(self, name: str, spool: RawFile | None = None) -> None:
        self.name = name
        self._spool = spool

    @cached_property
    def size(self) -> int:
        with self.open() as raw:
            return raw.size

    def open(self) -> RawFile:
        """Opens the file at its beginning.

        Raises:
            UnreadableInputError: The file cannot be opened.
        """
        if self._spool is not None:
            return self._spool.duplicate()
        try:
            return RawFile(os.open(self.name, os.O_RDONLY))
        except OSError as error:
            raise UnreadableInputError(self.name, error.strerror or str(error)) from None

    def open_for_arrow(self) -> pa.NativeFile:
        """Opens the file for Arrow's own readers.

        Raises:
            UnreadableInputError: The file cannot be opened.
        """
        return pa.PythonFile(self.open(), mode="r")


class BytesFile(RawFile):
    """The content of a file in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._position = 0

    @property
    def size(self) -> int:
        return len(self._content)

    def close(self) -> None:
        super(RawFile, self).close()

    def duplicate(self) -> BytesFile:
        return BytesFile(self._content)

    def _read_some(self, size: int) -> bytes:
        data = self._content[self._position : self._position + size]
        self._position += len(data)
        return data


class BytesInput(InputFile):
    """A file whose content is in memory.

    Args:
        name: Name for messages.
        content: All bytes of the file.
    """

    def __init__(self, name: str, content: bytes) -> None:
        super().__init__(name, BytesFile(content))


class TextSource:
    """Text of a file, decompressed and converted to UTF-8 without byte-order mark.

    Args:
        file: File to read from its beginning.
        encoding: Encoding of the text.
        rewrite: Transforms the text; None for no transformation.

    Attributes:
        offset: Position of the next byte in the decompressed UTF-8 text.
        is_plain: Whether the file contains this text unchanged, so that seeking is cheap.
    """

    def __init__(self, file: InputFile, encoding: str, rewrite: Rewrite | None = None) -> None:
        self._raw = file.open()
        compression = compression_of(self._raw)
        self.is_plain = compression is None and _is_utf_8(encoding) and rewrite is None
        self._read_chunk = self._raw.read if compression is None else _decompressed(self._raw, file.name, compression)
        if not _is_utf_8(encoding):
            self._read_chunk = _transcoded(self._read_chunk, file.name, encoding)
        if rewrite is not None:
            self._read_chunk = rewrite(file.name, _without_byte_order_mark(self._read_chunk))
        self._pushed_back = b""
        self.offset = 0
        self._skip_byte_order_mark()

    def __enter__(self) -> TextSource:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._raw.close()

    @property
    def consumed(self) -> int:
        """Bytes of the file on disk that have been read so far."""
        return self._raw.tell()

    def read(self, size: int) -> bytes:
        """The next bytes; fewer than `size` only at the end.

        Raises:
            CorruptInputError: The compressed data is damaged or truncated.
            UndecodableInputError: The bytes are invalid in the given encoding.
        """
        data = self._raw.read(size) if self.is_plain else self._filled(size)
        self.offset += len(data)
        return data

    def push_back(self, data: bytes) -> None:
        """Returns bytes to the source: the next read starts with them."""
        self.offset -= len(data)
        if self.is_plain:
            self._raw.seek(-len(data), os.SEEK_CUR)
        else:
            self._pushed_back = data + self._pushed_back

    def skip_to(self, offset: int) -> None:
        """Skips to a later position."""
        if self.is_plain and self.offset < offset:
            self._raw.seek(offset)
            self.offset = offset
        while self.offset < offset and self.read(min(offset - self.offset, _STEP)):
            pass

    def _filled(self, size: int) -> bytes:
        parts, missing = [self._pushed_back], size - len(self._pushed_back)
        while missing > 0 and (part := self._read_chunk(missing)):
            parts.append(part)
            missing -= len(part)
        data = b"".join(parts)
        self._pushed_back = data[size:]
        return data[:size]

    def _skip_byte_order_mark(self) -> None:
        start = self.read(len(codecs.BOM_UTF8))
        if start != codecs.BOM_UTF8:
            self.push_back(start)


def _without_byte_order_mark(read_chunk: ReadChunk) -> ReadChunk:
    start = b""
    while len(start) < len(codecs.BOM_UTF8) and (data := read_chunk(_STEP)):
        start += data
    pending = [start.removeprefix(codecs.BOM_UTF8)]
    return lambda size: pending.pop() or read_chunk(size) if pending else read_chunk(size)


def compression_of(raw: RawFile) -> str | None:
    """Detects the compression from the first bytes, regardless of the file name; rewinds the file."""
    start = raw.read(_MAGIC_SIZE)
    raw.seek(0)
    return _compression(start)


def plain_text(content: bytes, encoding: str) -> bytes | None:
    """The text of a file that contains it unchanged, without byte-order mark; None if it must be converted.

    Args:
        content: All bytes of the file.
        encoding: Encoding of the text.
    """
    is_plain = _compression(content) is None and _is_utf_8(encoding)
    return content.removeprefix(codecs.BOM_UTF8) if is_plain else None


def _compression(start: bytes) -> str | None:
    match = _COMPRESSION.match(start)
    return match.lastgroup if match else None


def _is_utf_8(encoding: str) -> bool:
    try:
        "".encode(encoding)
    except LookupError:
        raise UnknownEncodingError(encoding) from None
    return codecs.lookup(encoding).name in (UTF_8, "utf-8-sig")


def _decompressed(raw: RawFile, name: str, compression: str) -> ReadChunk:
    stream = pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), compression)

    def read_chunk(size: int) -> bytes:
        try:
            return bytes(stream.read(size))
        except OSError as error:
            reason = f"its {compression} data is truncated" if "Truncated" in str(error) else f"{compression}: {error}"
            raise CorruptInputError(name, reason) from None

    return read_chunk


def _transcoded(read_chunk: ReadChunk, name: str, encoding: str) -> ReadChunk:
    decoder = codecs.getincrementaldecoder(encoding)()
    position = 0

    def pull_utf_8(size: int) -> bytes:
        nonlocal position
        text, data = "", b"..."
        while data and not text:
            data, pending = read_chunk(min(size, _STEP)), len(decoder.getstate()[0])
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeDecodeError as error:
                offset = position - pending + error.start
                raise UndecodableInputError(name, offset, error.object[error.start], encoding) from None
            position += len(data)
        return text.encode()

    return pull_utf_8
