"""Streams of Arrow record batches: the interface between inputs, which decode them, and engines, which write them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa

BatchTask = Callable[[], pa.RecordBatch]
"""Decodes one batch. Tasks are independent and may run in any thread and in any order."""


@dataclass(frozen=True)
class FileTask:
    """Decodes one batch of a file.

    Args:
        file: Name of the file.
        decode: Returns its rows.
    """

    file: str
    decode: BatchTask

    def __call__(self) -> pa.RecordBatch:
        return self.decode()


@dataclass(frozen=True)
class FilesTask:
    """Decodes one batch of several whole files.

    Args:
        files: Names of the files, in the order of their rows.
        decode: Returns their rows.
        count_rows: Returns the number of rows of each file; reads the files again.
    """

    files: Sequence[str]
    decode: BatchTask
    count_rows: Callable[[], Sequence[int]]

    def __call__(self) -> pa.RecordBatch:
        return self.decode()


class TypesChangedError(Exception):
    """Raised by a `BatchTask` if values contradict the types inferred so far.

    The writer discards its files, calls `BatchStream.resolve_types` and restarts the stream.
    """


class BatchStream(Protocol):
    """Record batches with one schema, decoded lazily so that writers can decode in parallel."""

    @property
    def schema(self) -> pa.Schema:
        """Column names as in the input, and the types of every decoded batch."""

    def tasks(self) -> Iterator[BatchTask]:
        """Returns tasks from the first row on; another call restarts the stream if its types can be resolved."""

    def resolve_types(self) -> None:
        """Reads the whole input once to determine the final types; called after a `TypesChangedError`."""


class InMemoryStream:
    """A stream over batches in memory or from an iterator.

    Args:
        schema: Schema of every batch.
        batches: Batches in order; consumed once.
    """

    def __init__(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        self.schema = schema
        self._batches = batches

    def tasks(self) -> Iterator[BatchTask]:
        """One task per remaining batch."""
        for batch in self._batches:
            yield lambda batch=batch: batch  # type: ignore[misc]

    def resolve_types(self) -> None:
        """Does nothing: the types are those of the batches."""
