"""Reads Parquet files in S3 with few requests."""

from __future__ import annotations

import io
import os

from datalake_sdk.platforms.aws.objects import S3Objects

_READ_AHEAD = 1 << 20
"""Columns of a row group follow each other, and most are read one after the other."""


class ObjectReader(io.RawIOBase):
    """Reads a data file: first its end, then the parts that are needed, with some bytes ahead.

    Args:
        location: Location with a scheme.
        objects: Objects of the client to read with.
    """

    def __init__(self, location: str, objects: S3Objects) -> None:
        super().__init__()
        self._location = location
        self._objects = objects
        self._tail = objects.tail(location)
        self._ahead, self._ahead_start = b"", 0
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._tail.size}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        start = min(self._position, self._tail.size)
        stop = self._tail.size if size is None or size < 0 else min(start + size, self._tail.size)
        self._position = stop
        if start >= self._tail.start:
            return self._tail.content[start - self._tail.start : stop - self._tail.start]
        if stop > self._tail.start:
            return self._part(start, self._tail.start) + self._tail.content[: stop - self._tail.start]
        return self._part(start, stop)

    def _part(self, start: int, stop: int) -> bytes:
        """Bytes before the tail."""
        if not self._ahead_start <= start <= stop <= self._ahead_start + len(self._ahead):
            end = min(max(stop, start + _READ_AHEAD), self._tail.start)
            self._ahead, self._ahead_start = self._objects.part(self._location, start, end), start
        return self._ahead[start - self._ahead_start : stop - self._ahead_start]
