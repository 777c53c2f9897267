"""Errors of a table's storage, and removal of files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pyiceberg.io import FileIO

from datalake_sdk.errors import StorageError


@contextmanager
def storage_errors(table: str) -> Iterator[None]:
    """Converts errors of the operating system to `StorageError`.

    Raises:
        StorageError: The storage is full, read-only or unreachable.
    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StorageError(table, reason) from error


def remove_files(io: FileIO, paths: Sequence[str]) -> None:
    """Removes files; ignores files that do not exist."""
    for path in paths:
        try:
            io.delete(path)
        except FileNotFoundError:
            continue
