"""The command line as a process, with real terminals, pipes and signals."""

from __future__ import annotations

import errno
import json
import os
import pty
import signal
import subprocess
import sys
import termios

import pytest

PROGRAM = [sys.executable, "-m", "datalake_sdk.cli"]
ORDERS = ["--database-name", "sales", "--table-name", "orders"]


@pytest.mark.parametrize(("signal_number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_an_interrupted_ingestion_leaves_no_table_and_no_files(terminal, signal_number: int, exit_code: int):
    options = ["--input-file-path", "-", "--input-format", "csv", "--ingestion-mode", "append"]
    with started(terminal, "ingest", *ORDERS, *options) as process:
        # More than the capacity of a pipe: once it is written, the program has started to read.
        process.stdin.write("id\n" + "1\n" * 1_000_000)
        process.stdin.flush()
        process.send_signal(signal_number)
        _, shown = process.communicate(timeout=30)
    assert shown == "Interrupted\n"
    assert process.returncode == exit_code
    assert tables(terminal) == []
    assert not list(terminal.lake.rglob("*.parquet"))


def test_closing_the_output_early_is_not_an_error(terminal):
    numbers = "SELECT n FROM UNNEST(sequence(1, 1000)) AS a(n), UNNEST(sequence(1, 1000)) AS b(m)"
    with started(terminal, "query", numbers, "--format", "csv") as process:
        assert process.stdout.readline() == "n\n"
        process.stdout.close()
        assert process.stderr.read() == ""


def test_a_rejected_result_prints_only_its_error(terminal):
    with started(terminal, "query", "SELECT 1 AS n, 2 AS n", "--format", "json") as process:
        _, shown = process.communicate(timeout=30)
    assert shown.endswith("Error: --format json needs unique column names: rename n with AS.\n")


@pytest.mark.parametrize(("answer", "left"), [("n", ["dev_sales.orders"]), ("y", [])])
def test_deleting_asks_for_confirmation(terminal, answer: str, left: list[str]):
    terminal.ingest()
    assert "Delete dev_sales.orders with its 3 rows" in typed(answer, terminal, "delete_table", *ORDERS)
    assert tables(terminal) == left


def test_a_progress_bar_is_drawn_on_a_terminal(terminal):
    options = ["--input-file-path", str(terminal.orders), "--ingestion-mode", "append"]
    assert "3 rows" in typed("", terminal, "ingest", *ORDERS, *options)


def command(terminal, *arguments: str) -> list[str]:
    return [*PROGRAM, "--local", str(terminal.lake), *arguments]


def started(terminal, *arguments: str) -> subprocess.Popen[str]:
    """Starts the program with pipes for stdin, stdout and stderr."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command(terminal, *arguments), encoding="utf-8", **pipes)


def typed(text: str, terminal, *arguments: str) -> str:
    """Runs the program with a terminal for stdin and stderr, types a line, and returns what the terminal shows."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    os.write(ours, f"{text}\n".encode())
    process = subprocess.Popen(command(terminal, *arguments), stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = b"".join(iter(lambda: read(ours), b""))
    os.close(ours)
    assert process.wait(timeout=30) == 0
    return shown.decode()


def read(terminal: int) -> bytes:
    """Reads from a terminal; returns an empty result after the program has exited."""
    try:
        return os.read(terminal, 65_536)
    except OSError as error:
        # Linux raises an error if the other side is closed: https://man7.org/linux/man-pages/man7/pty.7.html
        if error.errno != errno.EIO:
            raise
        return b""


def tables(terminal) -> list[str]:
    return [table["table"] for table in json.loads(terminal.run("list_tables", "--json").stdout)]
