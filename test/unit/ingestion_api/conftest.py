"""Builders for tests of the ingestion API."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pyiceberg import types as iceberg

from datalake_sdk.errors import TerminalError
from datalake_sdk.ingestion_api.contract import Column, Contract
from datalake_sdk.ingestion_api.service import HttpRequest, HttpResponse, IngestionService
from datalake_sdk.platforms.ingestion_buffer import AcceptedRows, RequestRecord
from datalake_sdk.platforms.local.ingestion_buffer import LocalBuffer
from datalake_sdk.settings import TableName

ORDERS = TableName("sales", "orders")


@pytest.fixture
def buffer(tmp_path: Path) -> Iterator[LocalBuffer]:
    with closing(LocalBuffer(tmp_path, "dev_sales.orders")) as buffer:
        yield buffer


@pytest.fixture
def contract() -> Contract:
    columns = {"id": Column(iceberg.LongType(), True), "city": Column(iceberg.StringType(), False)}
    return Contract(ORDERS, columns)


class Client:
    """Sends requests to a service without a network."""

    def __init__(self, service: IngestionService) -> None:
        self._service = service

    def post(self, body: Any, key: str | None = None) -> HttpResponse:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if key is None else {"idempotency-key": key}
        return self._service.respond(HttpRequest("POST", "/requests", headers, content))

    def status(self, request: str) -> HttpResponse:
        return self._service.respond(HttpRequest("GET", f"/requests/{request}"))


@pytest.fixture
def client(contract: Contract, buffer: LocalBuffer) -> Client:
    return Client(IngestionService(contract, buffer))


@dataclass
class Table:
    """A table that commits each batch once; a body that contains `poison` makes its commit fail."""

    commits: dict[str, list[str]] = field(default_factory=dict)

    def commit(self, batch: str, content: list[AcceptedRows]) -> int:
        if batch not in self.commits:
            if any("poison" in rows.body for rows in content):
                raise TerminalError("the rows do not fit the table")
            self.commits[batch] = [rows.request for rows in content]
        return list(self.commits).index(batch) + 1

    @property
    def requests(self) -> list[str]:
        return [request for requests in self.commits.values() for request in requests]


@pytest.fixture
def table() -> Table:
    return Table()


def accept(buffer: LocalBuffer, *requests: str) -> None:
    """Stores requests whose body is their name."""
    for request in requests:
        buffer.add(RequestRecord(request, "digest"), AcceptedRows(request, request, time.time()))
