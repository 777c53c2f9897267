from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {"duckdb", "numpy", "pandas", "polars", "pyarrow", "pyiceberg", "rich", "sqlalchemy", "sqlglot", "yaml"}
PROGRAM = """
import sys
from datalake_sdk.cli.main import cli
cli(sys.argv[1:], standalone_mode=False)
print(",".join(sys.modules))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["ingest", "--help"], ["query", "--help"]])
def test_help_imports_no_heavy_library(arguments: list[str]):
    finished = subprocess.run([sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=True)
    assert not HEAVY & set(finished.stdout.splitlines()[-1].split(","))


@pytest.mark.parametrize("mode", [["append"], ["upsert", "--upsert-keys", "id"]], ids=["append", "upsert"])
def test_a_small_ingestion_imports_only_what_it_needs(tmp_path, mode):
    (tmp_path / "orders.csv").write_text("id\n1\n", encoding="utf-8")
    lake = ["--local", str(tmp_path / "lake")]
    table = ["--database-name", "sales", "--table-name", "orders"]
    source = ["--input-file-path", str(tmp_path / "orders.csv"), "--ingestion-mode", *mode]
    command = [sys.executable, "-c", PROGRAM, *lake, "ingest", *table, *source]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    needed = {"numpy", "pyarrow", "pyiceberg", "rich"}
    assert HEAVY & set(finished.stdout.splitlines()[-1].split(",")) <= needed
