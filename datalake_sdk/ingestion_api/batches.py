"""Writes accepted requests in batches: each request in exactly one commit, whenever a writer is killed.

A request claims to be in a batch, the sealed content of the batch decides, and the batch is the ingestion id of its
commit. A writer that finds requests of an unfinished batch writes the same content again, which the table skips if it
was already committed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import uuid4

from datalake_sdk.errors import AccessDeniedError, BatchTakenOverError, TerminalError
from datalake_sdk.platforms.ingestion_buffer import (
    AcceptedRows,
    BatchOutcome,
    BatchState,
    IngestionBuffer,
    RequestRecord,
)

logger = logging.getLogger(__name__)

_MAX_COMMITS = 50
"""Limits how long one call searches for the requests that make a commit fail."""

_MAX_BATCH_BYTES = 32_000_000
"""Limits the memory of a commit: the messages of a delivery are compressed, so the size of their rows varies."""

Commit: TypeAlias = Callable[[str, Sequence[AcceptedRows]], int | None]
"""Writes rows in one commit with an ingestion id, once; returns the id of the snapshot, or None if it has expired."""


@dataclass(frozen=True)
class DeliveryPlan:
    """What to do with delivered requests.

    Args:
        written: Requests that are in the table.
        unfinished: Batches that were started, and the delivered requests that claim to be in them.
        free: Requests to put into a new batch.
    """

    written: frozenset[str]
    unfinished: Mapping[str, tuple[RequestRecord, ...]]
    free: tuple[RequestRecord, ...]


@dataclass(frozen=True)
class DeliveryResult:
    """What became of delivered requests; those that are neither written nor rejected were not tried on their own.

    Args:
        written: Requests whose rows are in the table, also from earlier calls.
        rejected: Requests that cannot be written, not even alone.
    """

    written: set[str]
    rejected: set[str]


def plan_delivery(records: Sequence[RequestRecord], outcomes: Mapping[str, BatchOutcome]) -> DeliveryPlan:
    """Decides what to do with delivered requests.

    Args:
        records: Records of the requests.
        outcomes: Outcomes of their batches, if they have one.
    """
    written: set[str] = set()
    unfinished: dict[str, list[RequestRecord]] = {}
    free: list[RequestRecord] = []
    for record in records:
        outcome = outcomes.get(record.batch or "")
        if outcome is not None and outcome.state is BatchState.WRITTEN:
            written.add(record.id)
        elif record.batch is None or outcome is not None:
            free.append(record)
        else:
            unfinished.setdefault(record.batch, []).append(record)
    grouped = {batch: tuple(claiming) for batch, claiming in unfinished.items()}
    return DeliveryPlan(frozenset(written), grouped, tuple(free))


class BatchWriter:
    """Writes delivered requests.

    Args:
        buffer: Storage of the requests and batches.
        commit: Writes rows to the table.
        in_order: Whether the batches of a delivery that fails are written in the order of acceptance, as updates
            require. Otherwise the largest batches are written first.
    """

    def __init__(self, buffer: IngestionBuffer, commit: Commit, *, in_order: bool = False) -> None:
        self._buffer = buffer
        self._commit = commit
        self._in_order = in_order

    def write(self, delivered: Sequence[AcceptedRows]) -> DeliveryResult:
        """Writes requests, those of a batch in the order of their acceptance.

        Requests that are not written must be delivered again.

        Raises:
            DatalakeError: The table or the buffer cannot be written; all requests must be delivered again.
        """
        rows = {each.request: each for each in sorted(delivered, key=lambda each: each.accepted_at)}
        found = self._buffer.find(list(rows))
        records = [found[request] for request in rows if request in found]
        plan = plan_delivery(records, self._buffer.outcomes({record.batch for record in records if record.batch}))
        written, rejected, free = set(plan.written), set[str](), list(plan.free)
        for batch, claiming in plan.unfinished.items():
            finished = self._finished(batch)
            written |= finished
            free += [record for record in claiming if record.id not in finished]
        accepted = {request: position for position, request in enumerate(rows)}
        free.sort(key=lambda record: accepted[record.id])
        for content, committed in self._new_batches(free, rows):
            written |= committed
            if not committed and len(content) == 1:
                rejected.add(content[0].request)
        return DeliveryResult(written & rows.keys(), rejected)

    def _finished(self, batch: str) -> set[str]:
        """Writes a batch that an earlier writer may have written; one without content is closed."""
        content = self._buffer.seal(batch, [])
        return self._committed(batch, content) if content else set()

    def _new_batches(
        self, free: list[RequestRecord], rows: Mapping[str, AcceptedRows]
    ) -> Iterator[tuple[Sequence[AcceptedRows], set[str]]]:
        """Writes requests in as few batches as possible, or if that fails, in smaller and smaller ones.

        Yields the content of each batch, and the requests that were written.
        """
        parts, commits = list(_parts(free, rows)), 0
        while parts and commits < _MAX_COMMITS:
            part, commits = parts.pop(0), commits + 1
            batch = f"api-{uuid4().hex}"
            claimed = self._buffer.claim(part, batch)
            content = [rows[record.id] for record in part if record.id in claimed]
            if not content:
                continue
            if self._buffer.seal(batch, content) != content:
                raise BatchTakenOverError(batch)
            written = self._committed(batch, content)
            yield content, written
            if not written and len(content) > 1:
                again = [replace(record, batch=batch) for record in part if record.id in claimed]
                position = 0 if self._in_order else len(parts)
                parts[position:position] = [again[: len(again) // 2], again[len(again) // 2 :]]

    def _committed(self, batch: str, content: Sequence[AcceptedRows]) -> set[str]:
        """Commits the content of a batch; returns its requests, or none if they cannot be written together."""
        try:
            outcome = BatchOutcome(BatchState.WRITTEN, self._commit(batch, content))
        except AccessDeniedError:
            raise
        except TerminalError as error:
            state = BatchState.FAILED if len(content) == 1 else BatchState.ABANDONED
            outcome = BatchOutcome(state, error=error.message)
            logger.warning("%d requests cannot be written together: %s", len(content), error)
        self._buffer.complete(batch, outcome)
        return {rows.request for rows in content} if outcome.state is BatchState.WRITTEN else set()


def _parts(records: Sequence[RequestRecord], rows: Mapping[str, AcceptedRows]) -> Iterator[list[RequestRecord]]:
    """Divides requests into batches of a limited size."""
    part: list[RequestRecord] = []
    size = 0
    for record in records:
        if part and size + len(rows[record.id].body) > _MAX_BATCH_BYTES:
            yield part
            part, size = [], 0
        part.append(record)
        size += len(rows[record.id].body)
    if part:
        yield part
