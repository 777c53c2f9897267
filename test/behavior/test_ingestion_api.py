"""`datalake_sdk serve_ingestion`, over HTTP, on an embedded lake."""

from __future__ import annotations

import http.client
import json
import signal
import socket

import pytest

from benchmark import ingestion_api
from benchmark.ingestion_api import TABLE, Load, Server, run


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path, options=["--ingestion-mode", "upsert", "--upsert-keys", "id"])
    server.start()
    yield server
    server.close()


def test_no_row_is_lost_or_doubled_when_the_server_is_killed(tmp_path):
    outcome = run(Load(requests=60, rows=10, clients=4, kills=1), tmp_path)
    assert (outcome.lost, outcome.doubled) == (0, 0)


def test_no_server_is_left_behind_by_a_load_that_fails(tmp_path, monkeypatch):
    ports = []

    def fail(server: Server, *_: object) -> None:
        ports.append(server.port)
        raise RuntimeError("400")

    monkeypatch.setattr(ingestion_api, "_deliver", fail)
    with pytest.raises(RuntimeError, match="400"):
        run(Load(requests=1, rows=1, clients=1, kills=0), tmp_path)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", ports[0]))


def test_the_server_answers_over_http_and_writes_what_it_has_accepted_before_it_ends(server, subtests):
    def send(content: object, **headers: str) -> tuple[int, dict]:
        return server.send("POST", "/requests", json.dumps(content).encode(), **headers)

    with subtests.test("rows are accepted"):
        status, first = send([{"id": 1, "city": "Lyon"}, {"id": 2}], Idempotency_Key="a")
        assert (status, first["status"], first["rows"]) == (202, "accepted", 2)
        assert send([{"id": 1, "city": "Lyon"}, {"id": 2}], Idempotency_Key="a") == (202, first)
        assert send({"id": 2, "city": "Paris"})[0] == 202
    with subtests.test("a wrong token, an invalid body and an unknown method are rejected"):
        assert server.send("GET", first["location"], Authorization="Bearer wrong")[0] == 401
        assert send({"id": "x"})[1]["error"].startswith(f"{TABLE}: rows[0].id is 'x'")
        assert send({"id": 9}, Idempotency_Key="a")[0] == 422
        assert server.send("PUT", "/requests")[0] == 501
    with subtests.test("a body that is too large is rejected, and one without length"):
        assert send("x" * 2_000_000)[0] == 413
        assert server.send("POST", "/requests", Content_Length="x")[0] == 411
    with subtests.test("one connection serves many requests"):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        for _ in range(2):
            connection.request("GET", first["location"], headers={"Authorization": "Bearer benchmark"})
            assert json.loads(connection.getresponse().read())["id"] == first["id"]
        connection.close()
    with subtests.test("SIGTERM writes what was accepted"):
        server.send("POST", "/requests", b'{"id": 3}')
        assert server.stop() == 128 + signal.SIGTERM
        assert server.ids() == [1, 2, 3]
