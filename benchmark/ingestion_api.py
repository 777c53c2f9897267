"""Clients send rows to `datalake_sdk serve_ingestion`, which is killed repeatedly; no row may be lost or written twice.

python -m benchmark.ingestion_api --requests 2000 --rows 100 --kills 10
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment, TableName

TABLE = TableName("shop", "events")
TOKEN = "benchmark"
COMMIT_SECONDS = 0.5
_TABLE_FILE = "schema:\n  id: {type: long, required: true}\n  city: {type: string}\n  at: {type: timestamptz}\n"
_CITIES = ("Lyon", "Nîmes", "Paris", "Lille")
_MAX_ATTEMPTS = 3000


@dataclass(frozen=True)
class Load:
    """What the clients send.

    Args:
        requests: Number of requests, each with its own idempotency key.
        rows: Rows per request.
        clients: Number of concurrent clients.
        kills: How often the server is killed.
    """

    requests: int
    rows: int
    clients: int
    kills: int


@dataclass(frozen=True)
class Outcome:
    """Outcome of a load.

    Args:
        accepted_seconds: Time until all requests were accepted.
        written_seconds: Time until all of their rows were in the table.
        repeated_requests: Number of requests that were sent again because their answer was lost.
        lost: Rows that are missing.
        doubled: Rows that are in the table more than once.
        commits: Number of snapshots.
    """

    accepted_seconds: float
    written_seconds: float
    repeated_requests: int
    lost: int
    doubled: int
    commits: int


class Server:
    """`datalake_sdk serve_ingestion` on an embedded lake, in a process that can be killed and started again.

    Args:
        folder: Folder of the lake and of the table file.
        table_file: Content of the table file.
        options: Further options of the command.
    """

    def __init__(self, folder: Path, table_file: str = _TABLE_FILE, options: Sequence[str] = ()) -> None:
        configuration = folder / "tables_configuration"
        configuration.mkdir(exist_ok=True)
        (configuration / f"{TABLE}.yaml").write_text(table_file, encoding="utf-8")
        table = ["--database-name", TABLE.database, "--table-name", TABLE.table]
        self._command = [
            *(sys.executable, "-m", "datalake_sdk.cli", "--local", str(folder / "lake"), "serve_ingestion", *table),
            *("--tables-configuration", str(configuration), "--token", TOKEN, "--port", "0"),
            *("--commit-seconds", str(COMMIT_SECONDS), *options),
        ]
        self.environment = Environment("local", "lake", "dev", local_root=folder / "lake")
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Starts the process and waits until it listens."""
        self.close()
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        address = self._process.stderr.readline()
        if not address.startswith("http://"):
            raise RuntimeError(address + self._process.stderr.read())
        self.port = int(address.rpartition(":")[2].partition("/")[0])

    def kill(self) -> None:
        """Sends SIGKILL."""
        self.stop(signal.SIGKILL)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal and returns the exit code."""
        assert self._process is not None
        os.kill(self._process.pid, number)
        return self._process.wait()

    def close(self) -> None:
        """Kills the process, if it is running."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, dict[str, Any]]:
        """Sends one request; returns the status and the parsed body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            given = {"Authorization": f"Bearer {TOKEN}", **{name.replace("_", "-"): headers[name] for name in headers}}
            connection.request(method, path, body or None, given)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def ids(self) -> list[int]:
        """Returns the ids in the table, sorted."""
        table = read_table(open_platform(self.environment), TABLE, columns=["id"]).read_all()
        return sorted(table["id"].to_pylist())

    def commits(self) -> int:
        """Returns the number of snapshots."""
        platform = open_platform(self.environment)
        return len(platform.catalog.load_table(TABLE.identifier(self.environment)).metadata.snapshots)


def run(load: Load, folder: Path) -> Outcome:
    """Sends a load while the server is killed at random times, waits for its rows and counts them."""
    server = Server(folder)
    server.start()
    try:
        deliveries, accepted, written = _sent(server, load)
        server.stop()
    finally:
        server.close()
    counts = Counter(server.ids())
    return Outcome(
        accepted,
        written,
        sum(delivery.attempts for delivery in deliveries) - load.requests,
        load.requests * load.rows - len(counts),
        sum(count - 1 for count in counts.values()),
        server.commits(),
    )


def _sent(server: Server, load: Load) -> tuple[list[Delivery], float, float]:
    """Returns what was accepted, and the time until all of it was accepted, and written."""
    ended = threading.Event()
    killer = threading.Thread(target=_kill, args=(server, load.kills, ended))
    started = time.monotonic()
    killer.start()
    try:
        with ThreadPoolExecutor(load.clients) as clients:
            deliveries = list(clients.map(lambda number: _deliver(server, load, number), range(load.requests)))
        accepted = time.monotonic() - started
    finally:
        ended.set()
        killer.join()
    for delivery in deliveries:
        _wait_until_written(server, delivery.location)
    return deliveries, accepted, time.monotonic() - started


@dataclass(frozen=True)
class Delivery:
    """An accepted request: the path of its status, and how often it was sent."""

    location: str
    attempts: int


def _deliver(server: Server, load: Load, number: int) -> Delivery:
    """Sends a request until it is accepted."""
    first = number * load.rows
    rows = [
        {"id": first + offset, "city": _CITIES[offset % len(_CITIES)], "at": "2026-01-31T09:30:00Z"}
        for offset in range(load.rows)
    ]
    body = json.dumps(rows).encode()
    for attempt in range(1, _MAX_ATTEMPTS):
        try:
            status, answer = server.send("POST", "/requests", body, Idempotency_Key=f"request-{number}")
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
            continue
        if status == http.HTTPStatus.ACCEPTED:
            return Delivery(answer["location"], attempt)
        raise RuntimeError(f"{status}: {answer}")
    raise RuntimeError("the server does not answer")


def _wait_until_written(server: Server, location: str) -> None:
    for _ in range(_MAX_ATTEMPTS):
        status, answer = server.send("GET", location)
        if answer["status"] == "written":
            return
        if answer["status"] != "accepted":
            raise RuntimeError(f"{status}: {answer}")
        time.sleep(0.1)
    raise RuntimeError(f"{location} is not written")


def _kill(server: Server, kills: int, ended: threading.Event) -> None:
    """Kills the server at random times, also after the last request, and starts it again."""
    randomness = random.Random(kills)
    for _ in range(kills):
        ended.wait(randomness.uniform(0.1, 2 * COMMIT_SECONDS))
        server.kill()
        server.start()


def _lines(load: Load, outcome: Outcome) -> Iterator[str]:
    rows = load.requests * load.rows
    figures = {
        "rows per request": f"{load.rows:,}",
        "kills": load.kills,
        "rows/s accepted": f"{rows / outcome.accepted_seconds:,.0f}",
        "rows/s written": f"{rows / outcome.written_seconds:,.0f}",
        "requests/s": f"{load.requests / outcome.accepted_seconds:,.0f}",
        "repeated": outcome.repeated_requests,
        "commits": outcome.commits,
        "lost": outcome.lost,
        "doubled": outcome.doubled,
    }
    for cells in (figures, ["---"] * len(figures), figures.values()):
        yield "| " + " | ".join(map(str, cells)) + " |"


def main() -> None:
    """Prints the rates and the numbers of lost and doubled rows; exits with 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rows", type=int, default=100, help="rows per request")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--kills", type=int, default=10)
    load = Load(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(load, Path(folder))
    print("\n".join(_lines(load, outcome)))
    sys.exit(1 if outcome.lost or outcome.doubled else 0)


if __name__ == "__main__":
    main()
