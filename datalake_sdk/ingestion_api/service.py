"""Answers requests of the API, on every platform."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datalake_sdk.errors import (
    IdempotencyKeyReusedError,
    RejectedRequestError,
    TransientError,
    UnknownRequestError,
    UnknownRouteError,
)
from datalake_sdk.ingestion_api.contract import Contract
from datalake_sdk.ingestion_api.requests import digest, parsed_rows, request_id
from datalake_sdk.platforms.ingestion_buffer import (
    REMEMBERED_DAYS,
    AcceptedRows,
    BatchState,
    IngestionBuffer,
    RequestRecord,
)

logger = logging.getLogger(__name__)

REQUESTS_PATH = "/requests"
_IDEMPOTENCY_KEY = "idempotency-key"
_ACCEPTED, _UNAVAILABLE, _FAILED = 202, 503, 500


@dataclass(frozen=True)
class HttpRequest:
    """A request; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class HttpResponse:
    """A response with a JSON body."""

    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The body."""
        return json.dumps(self.body)


@dataclass(frozen=True)
class IngestionService:
    """Accepts rows for one table, and answers questions about earlier requests.

    Args:
        contract: Contract of the table.
        buffer: Storage of accepted requests.
    """

    contract: Contract
    buffer: IngestionBuffer

    def respond(self, request: HttpRequest) -> HttpResponse:
        """Answers a request; a request that cannot be answered is answered with its error."""
        try:
            return self._routed(request)
        except RejectedRequestError as error:
            return rejection(error)
        except TransientError as error:
            logger.warning("%s %s: %s", request.method, request.path, error)
            return HttpResponse(_UNAVAILABLE, _error("the request could not be stored", "Send it again."))
        except Exception:
            logger.exception("%s %s", request.method, request.path)
            return HttpResponse(_FAILED, _error("the request could not be processed", "See the log of the API."))

    def _routed(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.path == REQUESTS_PATH:
            return self._accept(request)
        parent, _, identifier = request.path.rpartition("/")
        if request.method == "GET" and parent == REQUESTS_PATH and identifier:
            return self._status(identifier)
        raise UnknownRouteError(request.method, request.path)

    def _accept(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get(_IDEMPOTENCY_KEY)
        record = RequestRecord(request_id(key), digest(request.body))
        rows = self.contract.checked(parsed_rows(request.body))
        stored = self.buffer.add(record, AcceptedRows(record.id, request.body.decode(), time.time()))
        if stored.digest != record.digest:
            raise IdempotencyKeyReusedError(key or "", record.id)
        location = f"{REQUESTS_PATH}/{record.id}"
        answer = {"id": record.id, "status": "accepted", "rows": len(rows), "location": location}
        return HttpResponse(_ACCEPTED, answer, {"Location": location})

    def _status(self, identifier: str) -> HttpResponse:
        record = self.buffer.find([identifier]).get(identifier)
        if record is None:
            raise UnknownRequestError(identifier[:80], REMEMBERED_DAYS)
        outcome = self.buffer.outcomes([record.batch]).get(record.batch) if record.batch else None
        status: dict[str, Any] = {"id": identifier, "status": "accepted"}
        if outcome and outcome.state is BatchState.WRITTEN:
            # A snapshot id has up to 63 bits; numbers of JavaScript have 53.
            snapshot = None if outcome.snapshot_id is None else str(outcome.snapshot_id)
            status |= {"status": "written", "snapshot_id": snapshot}
        if outcome and outcome.state is BatchState.FAILED:
            status |= {"status": "failed", "error": outcome.error}
        return HttpResponse(200, status)


def rejection(error: RejectedRequestError) -> HttpResponse:
    """Returns the response to a rejected request."""
    return HttpResponse(error.status, _error(error.message, error.hint))


def _error(message: str, hint: str) -> dict[str, str]:
    return {"error": message, "hint": hint}
