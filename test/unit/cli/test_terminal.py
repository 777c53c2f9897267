"""The program as a process: what only a real terminal, pipe or signal shows."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

PROGRAM = [sys.executable, "-m", "datalake_sdk.cli"]
ORDERS = ["--database-name", "sales", "--table-name", "orders"]
STDIN_TO_ORDERS = ["ingest", *ORDERS, "--input-file-path", "-", "--input-format", "csv", "--ingestion-mode", "append"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "DATALAKE_LOCAL_ROOT": str(tmp_path / "lake")}


def test_an_interrupted_ingestion_ends_with_130_and_writes_nothing(environment):
    with started(STDIN_TO_ORDERS, environment) as process:
        # More than a pipe holds: once it is written, the program is reading.
        process.stdin.write("id\n" + "1\n" * 1_000_000)
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "Interrupted\n"
    assert process.returncode == 130
    assert tables(environment) == []


def test_a_reader_that_leaves_early_is_no_error(environment):
    query = ["query", "SELECT * FROM UNNEST(sequence(1, 1000000)) AS t(n)", "--format", "csv"]
    with started(query, environment) as process:
        assert process.stdout.readline() == "n\n"
        process.stdout.close()
        assert process.stderr.read() == ""


@pytest.mark.parametrize(("answer", "left"), [("n", ["dev_sales.orders"]), ("y", [])])
def test_deleting_asks_and_does_as_told(environment, answer: str, left: list[str]):
    subprocess.run([*PROGRAM, *STDIN_TO_ORDERS], env=environment, input="id\n1\n", text=True, check=True)
    asked = at_a_terminal([*PROGRAM, "delete_table", *ORDERS], environment, answer)
    assert "Delete dev_sales.orders with its 1 rows" in asked
    assert [table["table"] for table in tables(environment)] == left


def test_a_progress_bar_is_drawn_on_a_terminal(environment, tmp_path: Path):
    (tmp_path / "orders.csv").write_text("id\n" + "1\n" * 1000)
    ingest = ["ingest", *ORDERS, "--input-file-path", str(tmp_path / "orders.csv"), "--ingestion-mode", "append"]
    assert "1,000 rows" in at_a_terminal([*PROGRAM, *ingest], environment, "")


def started(arguments: Sequence[str], environment: dict[str, str]) -> subprocess.Popen[str]:
    """The program with pipes for stdin, stdout and stderr."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([*PROGRAM, *arguments], env=environment, encoding="utf-8", **pipes)


def tables(environment: dict[str, str]) -> list[dict[str, object]]:
    listed = subprocess.run([*PROGRAM, "list_tables", "--json"], env=environment, capture_output=True, check=True)
    return json.loads(listed.stdout)


def at_a_terminal(command: Sequence[str], environment: dict[str, str], typed: str) -> str:
    """Runs a command with a terminal for stdin and stderr; returns what the terminal shows."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{typed}\n".encode())
    finished = subprocess.run(command, env=environment, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE)
    shown = os.read(ours, 65_536).decode()
    os.close(theirs)
    os.close(ours)
    assert finished.returncode == 0, shown
    return shown
