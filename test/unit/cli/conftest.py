"""Builders for tests of the command line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from datalake_sdk.cli.main import cli

ORDERS = ("--database-name", "sales", "--table-name", "orders")


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """Restores the logging configuration, which is global to the process, after each test."""
    root, ours = logging.getLogger(), logging.getLogger("datalake_sdk")
    before = root.level, root.handlers[:], ours.level
    yield
    root.setLevel(before[0])
    root.handlers[:] = before[1]
    ours.setLevel(before[2])


class Terminal:
    """Runs the command line on a local lake; `orders` is the path of an input file."""

    def __init__(self, folder: Path) -> None:
        self.lake = folder / "lake"
        self.orders = folder / "orders.csv"
        self.orders.write_text("id,city\n1,Lyon\n2,\n3,Nîmes\n", encoding="utf-8")

    def run(self, *arguments: str, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(cli, ["--local", str(self.lake), *arguments], input=stdin)

    def ingest(self, *options: str, mode: str = "append", path: Path | None = None) -> Result:
        file = ["--input-file-path", str(path or self.orders), "--ingestion-mode", mode]
        return self.run("ingest", *ORDERS, *file, *options)

    def query(self, sql: str, *options: str) -> Result:
        return self.run("query", sql, *options)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)
