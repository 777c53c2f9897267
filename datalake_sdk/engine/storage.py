"""Errors of a table's storage, and removal of files."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from pyiceberg.io import FileIO

from datalake_sdk.errors import StorageError
from datalake_sdk.parallel import REQUEST_THREADS


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
    """Removes files, several at a time; ignores files that do not exist.

    If a file cannot be removed, the others are; if the caller is interrupted or stopped, the remaining ones are not.
    """
    if not paths:
        return
    with ThreadPoolExecutor(min(len(paths), REQUEST_THREADS), "removal") as pool:
        removals = [pool.submit(_remove_file, io, path) for path in paths]
        try:
            for removal in removals:
                removal.result()
        except BaseException as error:
            pool.shutdown(cancel_futures=not isinstance(error, Exception))
            raise


def _remove_file(io: FileIO, path: str) -> None:
    with suppress(FileNotFoundError):
        io.delete(path)
