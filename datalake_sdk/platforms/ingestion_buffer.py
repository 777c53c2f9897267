"""Interfaces of the storage of accepted requests: what was accepted, in which batch it is, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Protocol

REMEMBERED_DAYS = 15
"""How long idempotency keys and statuses are kept. Longer than a queue of dead letters keeps messages."""


@dataclass(frozen=True)
class RequestRecord:
    """An accepted request.

    Args:
        id: Identifier, derived from the idempotency key.
        digest: SHA-256 of the body.
        batch: Batch that claims to contain the request; None until a writer received it.
    """

    id: str
    digest: str
    batch: str | None = None


@dataclass(frozen=True)
class AcceptedRows:
    """Rows of an accepted request, on their way to a writer.

    Args:
        request: Identifier of the request.
        body: The body, valid JSON.
        accepted_at: Time of acceptance, in seconds since 1970.
    """

    request: str
    body: str
    accepted_at: float


class BatchState(StrEnum):
    """Outcome of a batch that was written, or given up before its commit."""

    WRITTEN = "written"
    FAILED = "failed"
    ABANDONED = "abandoned"


@dataclass(frozen=True)
class BatchOutcome:
    """Outcome of a batch.

    Args:
        state: `abandoned` if its requests were distributed over other batches.
        snapshot_id: Snapshot that contains the rows; None if the batch was not written.
        error: Why it was not written.
    """

    state: BatchState
    snapshot_id: int | None = None
    error: str = ""


@dataclass(frozen=True)
class BufferLocation:
    """Resources on AWS that hold the requests of one table.

    Args:
        queue_url: Queue of accepted rows.
        requests_table: DynamoDB table of requests and batches.
        bucket: Bucket of the sealed batches.
        prefix: Prefix of their keys.
    """

    queue_url: str
    requests_table: str
    bucket: str
    prefix: str


class IngestionBuffer(Protocol):
    """Stores accepted requests durably, and the batches in which they are written."""

    def add(self, record: RequestRecord, rows: AcceptedRows) -> RequestRecord:
        """Stores a request and passes its rows to the writers, unless a request with its id exists.

        If that request has the same digest and is in no batch, its rows may be passed on again.

        Returns:
            The stored record.
        """

    def find(self, requests: Collection[str]) -> Mapping[str, RequestRecord]:
        """Returns the records of those requests that exist."""

    def claim(self, records: Sequence[RequestRecord], batch: str) -> set[str]:
        """Puts requests into a batch, unless their records have changed.

        Returns:
            Identifiers of the requests that are now in the batch.
        """

    def seal(self, batch: str, content: Sequence[AcceptedRows]) -> list[AcceptedRows]:
        """Stores the content of a batch, unless it is stored already.

        Returns:
            The stored content.
        """

    def complete(self, batch: str, outcome: BatchOutcome) -> None:
        """Stores the outcome of a batch."""

    def outcomes(self, batches: Collection[str]) -> Mapping[str, BatchOutcome]:
        """Returns the outcomes of those batches that have one."""


class RowsQueue(Protocol):
    """Rows that wait for a writer in this process; a service delivers them on AWS."""

    def receive(self, max_bytes: int, excluded: Collection[str]) -> list[AcceptedRows]:
        """Returns the oldest rows; they are returned again until they are removed.

        Args:
            max_bytes: Size of the bodies after which no further request is added.
            excluded: Requests to leave out.
        """

    def remove(self, requests: Collection[str]) -> None:
        """Removes the rows of written requests."""


def encoded(content: Sequence[AcceptedRows]) -> str:
    """Serializes rows as JSON."""
    return json.dumps([asdict(rows) for rows in content])


def decoded(text: str) -> list[AcceptedRows]:
    """Parses the result of `encoded`."""
    return [AcceptedRows(**fields) for fields in json.loads(text)]
