from __future__ import annotations

import pytest

from datalake_sdk.errors import LakeBusyError
from datalake_sdk.ingestion_api.batches import BatchWriter
from datalake_sdk.ingestion_api.service import HttpRequest, IngestionService


def test_a_request_is_accepted_and_has_a_status_until_it_is_written(client, buffer, table):
    accepted = client.post([{"id": 1}, {"id": 2}])
    request = accepted.body["id"]
    assert (accepted.status, accepted.body["status"], accepted.body["rows"]) == (202, "accepted", 2)
    assert accepted.headers["Location"] == f"/requests/{request}"
    assert client.status(request).body == {"id": request, "status": "accepted"}
    BatchWriter(buffer, table.commit).write(buffer.receive(1000, ()))
    assert client.status(request).body == {"id": request, "status": "written", "snapshot_id": "1"}


def test_a_request_that_cannot_be_written_has_failed(client, buffer, table):
    request = client.post({"id": 1, "city": "poison"}).body["id"]
    BatchWriter(buffer, table.commit).write(buffer.receive(1000, ()))
    assert client.status(request).body == {
        "id": request,
        "status": "failed",
        "error": "the rows do not fit the table",
    }


def test_a_repeated_request_has_the_same_answer_and_is_stored_once(client, buffer):
    first, second = client.post({"id": 1}, "a"), client.post({"id": 1}, "a")
    assert first == second
    assert len(buffer.receive(1000, ())) == 1
    assert client.post({"id": 1}).body["id"] != client.post({"id": 1}).body["id"]


def test_a_key_is_not_reused_with_another_body(client, buffer):
    client.post({"id": 1}, "a")
    rejected = client.post({"id": 2}, "a")
    assert rejected.status == 422
    assert "Idempotency-Key 'a' was used with another body" in rejected.body["error"]
    assert len(buffer.receive(1000, ())) == 1


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b'{"id": "x"}', 400, "rows[0].id is 'x'"),
        (b'{"id": 1, "id": 2}', 400, "the body is not valid JSON: 'id' occurs twice in an object"),
        (b'{"id": NaN}', 400, "NaN is not a number of JSON"),
        (b'{"id": 1e99999999999999999999}', 400, "the exponent of a number is too large"),
        (b'{"id": "\\ud800"}', 400, "rows[0].id is"),
        (b'{"id": 1', 400, "the body is not valid JSON"),
        (b"\xff", 400, "the body is not valid UTF-8"),
        (b"[" * 100_000, 400, "the body is nested too deeply"),
        (b"[]", 400, "the body has no rows"),
        (b"1", 400, "the body is 1"),
        (b" " * 1_000_001, 413, "the body has 1,000,001 bytes; the limit is 1,000,000"),
    ],
)
def test_an_invalid_body_is_rejected(client, buffer, body, status, error):
    rejected = client.post(body)
    assert rejected.status == status
    assert error in rejected.body["error"]
    assert rejected.text.isascii()
    assert buffer.receive(1000, ()) == []


@pytest.mark.parametrize("key", ["", "two words", "k" * 256, "é"])
def test_a_malformed_idempotency_key_is_rejected(client, key):
    assert client.post({"id": 1}, key).status == 400


def test_unknown_requests_and_routes_are_not_found(client, contract, buffer):
    assert client.status("nope").status == 404
    service = IngestionService(contract, buffer)
    assert service.respond(HttpRequest("GET", "/requests")).status == 404
    assert service.respond(HttpRequest("DELETE", "/requests/a")).status == 404


def test_a_request_is_rejected_if_the_disk_is_full(client, buffer):
    buffer._connection.execute("PRAGMA max_page_count = 1")
    assert client.post({"id": 1, "city": "x" * 100_000}).status == 503
    assert buffer.receive(1000, ()) == []


@pytest.mark.parametrize(("error", "status"), [(LakeBusyError("lake", "locked"), 503), (ValueError("secret"), 500)])
def test_an_answer_does_not_reveal_errors_of_the_storage(client, buffer, monkeypatch, error, status):
    def fails(*_):
        raise error

    monkeypatch.setattr(buffer, "add", fails)
    answer = client.post({"id": 1})
    assert answer.status == status
    assert "secret" not in answer.text
