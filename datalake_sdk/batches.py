"""Arrow batches in motion: the one type on which inputs (who produce) and the engine (which writes) agree."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import pyarrow as pa

BatchTask = Callable[[], pa.RecordBatch]
"""Decodes one batch. Independent of the other tasks, so any thread may run it, in any order."""


class TypesChangedError(Exception):
    """Raised by a `BatchTask` when data contradict the types inferred so far.

    The writer drops what it wrote, calls the stream's `settle()` and starts it again.
    """


class BatchStream(Protocol):
    """A sequence of record batches of one schema, decoded late so that writers can decode in parallel."""

    @property
    def schema(self) -> pa.Schema:
        """Column names as in the input, with the types that every decoded batch has."""

    def tasks(self) -> Iterator[BatchTask]:
        """Starts from the first row, each time that it is called on a stream that can be settled."""

    def resolve_types(self) -> None:
        """Reads the whole input once for its final types; called after a `TypesChangedError`, before the next start."""


class InMemoryStream:
    """A stream over batches that exist already, or that a reader hands out one by one.

    Args:
        schema: Type of every batch.
        batches: Batches in order; consumed once.
    """

    def __init__(self, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        self.schema = schema
        self._batches = batches

    def tasks(self) -> Iterator[BatchTask]:
        """The batches that are left."""
        for batch in self._batches:
            yield lambda batch=batch: batch  # type: ignore[misc]

    def resolve_types(self) -> None:
        """Nothing to settle: the types came with the batches."""
