"""What the table's storage does when it fails, and the removal of files that nobody refers to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyiceberg.io import FileIO

from datalake_sdk.errors import StorageError


@contextmanager
def storage_errors(table: str) -> Iterator[None]:
    """Turns an operating system's error of a write into the SDK's.

    Raises:
        StorageError: The storage is full, read-only or unreachable.
    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StorageError(table, reason) from error


def remove_files(io: FileIO, paths: Sequence[str]) -> None:
    """Removes files that no snapshot refers to; files that are gone already do not matter."""
    for path in paths:
        try:
            io.delete(path)
        except FileNotFoundError:
            continue
