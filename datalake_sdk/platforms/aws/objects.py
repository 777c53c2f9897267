"""Reads and writes whole objects of S3, and parts of them, with one request each."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from datalake_sdk.platforms.aws.failures import aws_errors, error_code

TAIL_BYTES = 256 << 10
"""Size of the first read of a data file: all of a small file, and the footer of a large one."""
_CACHED_BYTES = 32 << 20
_MAX_CACHED_OBJECT = 4 << 20
_UNIQUE_NAME = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
"""Names with a UUID, which writers of Iceberg tables never reuse: https://iceberg.apache.org/spec/#file-system-operations"""
_MISSING = ("NoSuchKey", "404")
_EMPTY = "InvalidRange"
"""Error for a range of an empty object: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""
_READ_ATTEMPTS = 3


@dataclass(frozen=True)
class Tail:
    """The end of an object, or all of it.

    Args:
        content: Last bytes of the object.
        size: Size of the object.
    """

    content: bytes
    size: int

    @property
    def start(self) -> int:
        """Position of the first byte of `content`."""
        return self.size - len(self.content)


class S3Objects:
    """The objects that a client can access. Files of Iceberg tables never change, so their content is cached.

    Args:
        client: boto3 client of S3.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._cache = _Cache()

    def whole(self, location: str) -> bytes:
        """Returns the content of an object.

        Raises:
            FileNotFoundError: The object does not exist.
            DatalakeError: The request failed.
        """
        known = self._cache.find(location)
        if known is not None and not known.start:
            return known.content
        content, _ = self._get(location)
        self._cache.keep(location, Tail(content, len(content)))
        return content

    def tail(self, location: str) -> Tail:
        """Returns the end of an object.

        Raises:
            FileNotFoundError: The object does not exist.
            DatalakeError: The request failed.
        """
        known = self._cache.find(location)
        if known is not None:
            return known
        content, content_range = self._get(location, Range=f"bytes=-{TAIL_BYTES}")
        tail = Tail(content, int(content_range.rpartition("/")[2] or len(content)))
        self._cache.keep(location, tail)
        return tail

    def part(self, location: str, start: int, stop: int) -> bytes:
        """Returns the bytes of an object from `start` to before `stop`."""
        return self._get(location, Range=f"bytes={start}-{stop - 1}")[0]

    def size(self, location: str) -> int | None:
        """Returns the size of an object in storage; None if it does not exist."""
        with aws_errors():
            try:
                return int(self._client.head_object(**_address(location))["ContentLength"])
            except ClientError as error:
                if error_code(error) not in _MISSING:
                    raise
                return None

    def write(self, location: str, content: bytes) -> None:
        """Writes an object.

        Raises:
            DatalakeError: The request failed.
        """
        with aws_errors():
            self._client.put_object(**_address(location), Body=content)
        self._cache.keep(location, Tail(content, len(content)))

    def delete(self, location: str) -> None:
        """Deletes an object; does nothing if it does not exist."""
        self._cache.forget(location)
        with aws_errors():
            self._client.delete_object(**_address(location))

    def _get(self, location: str, **options: str) -> tuple[bytes, str]:
        """Returns bytes of an object, and the header `Content-Range`.

        Requests an object again whose content ends early: botocore repeats only requests without a response.
        """
        with aws_errors():
            for _ in range(_READ_ATTEMPTS - 1):
                try:
                    return self._requested(location, **options)
                except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError):
                    continue
            return self._requested(location, **options)

    def _requested(self, location: str, **options: str) -> tuple[bytes, str]:
        try:
            response = self._client.get_object(**_address(location), **options)
        except ClientError as error:
            if error_code(error) == _EMPTY:
                return b"", ""
            if error_code(error) not in _MISSING:
                raise
            raise FileNotFoundError(f"{location} does not exist") from error
        return response["Body"].read(), response.get("ContentRange", "")


class _Cache:
    """The most recently used objects with unique names."""

    def __init__(self) -> None:
        self._tails: OrderedDict[str, Tail] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def find(self, location: str) -> Tail | None:
        with self._lock:
            if location in self._tails:
                self._tails.move_to_end(location)
            return self._tails.get(location)

    def keep(self, location: str, tail: Tail) -> None:
        is_kept = len(tail.content) <= _MAX_CACHED_OBJECT and _UNIQUE_NAME.search(location.rpartition("/")[2])
        with self._lock:
            self._remove(location)
            if is_kept:
                self._tails[location] = tail
                self._bytes += len(tail.content)
            while self._bytes > _CACHED_BYTES:
                self._remove(next(iter(self._tails)))

    def forget(self, location: str) -> None:
        with self._lock:
            self._remove(location)

    def _remove(self, location: str) -> None:
        known = self._tails.pop(location, None)
        self._bytes -= len(known.content) if known else 0


def _address(location: str) -> dict[str, str]:
    bucket, _, key = location.partition("://")[2].partition("/")
    return {"Bucket": bucket, "Key": key}
