from __future__ import annotations

import json
import subprocess
import sys

import pytest

from datalake_sdk.cli.commands import COMMANDS

HEAVY = {
    *(
        "asyncio",
        "boto3",
        "duckdb",
        "http.client",
        "mcp",
        "numpy",
        "pandas",
        "polars",
        "prompt_toolkit",
        "pyarrow",
        "pydantic",
    ),
    *("datalake_sdk.table_contract", "jinja2", "pyiceberg", "rich", "sqlalchemy", "sqlglot", "starlette", "strands"),
    *("tqdm", "uvicorn", "yaml"),
}
NEEDED_FOR_TABLES = {"datalake_sdk.table_contract", "numpy", "pyarrow", "pydantic", "pyiceberg"}
TABLE = ["--database-name", "sales", "--table-name", "orders"]
PROGRAM = """
import json, sys
from datalake_sdk.cli.main import cli
for arguments in json.loads(sys.argv[1]):
    cli(arguments, standalone_mode=False)
print(",".join(sys.modules))
"""


def imports(*commands: list[str]) -> set[str]:
    """Returns the modules that a process imports to run the commands."""
    program = [sys.executable, "-c", PROGRAM, json.dumps(commands)]
    finished = subprocess.run(program, capture_output=True, text=True, check=True)
    return set(finished.stdout.splitlines()[-1].split(","))


def heavy_imports(*commands: list[str]) -> set[str]:
    """Returns the heavy libraries that a process imports to run the commands."""
    return HEAVY & imports(*commands)


@pytest.fixture
def lake(tmp_path):
    (tmp_path / "orders.csv").write_text("id\n1\n", encoding="utf-8")
    return ["--local", str(tmp_path / "lake")]


@pytest.fixture
def ingest(lake, tmp_path):
    return [*lake, "ingest", *TABLE, "--input-file-path", str(tmp_path / "orders.csv"), "--ingestion-mode"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["ingest", "--help"],
        ["query", "--help"],
        ["datalfred", "--help"],
        ["mcp", "--help"],
        ["ui", "--help"],
    ],
)
def test_help_imports_no_heavy_library(arguments: list[str]):
    assert not heavy_imports(arguments)


def test_a_command_imports_no_other_command():
    modules = imports(["list_tables", "--help"])
    assert [name for name in COMMANDS if f"datalake_sdk.cli.{name}" in modules] == ["list_tables"]


@pytest.mark.parametrize("mode", [["append"], ["upsert", "--upsert-keys", "id"]], ids=["append", "upsert"])
def test_a_small_ingestion_imports_only_what_it_needs(ingest, mode):
    assert heavy_imports([*ingest, *mode]) <= NEEDED_FOR_TABLES


def test_an_ingestion_of_files_imports_no_other_inputs(ingest):
    modules = imports([*ingest, "append"])
    inputs = {name.split(".")[2] for name in modules if name.startswith("datalake_sdk.inputs.")}
    assert "csv" in inputs
    assert not inputs & {"avro", "dataframes", "excel", "fixed_width", "json", "orc", "parquet"}


def test_commands_on_tables_import_only_what_they_need(lake, ingest):
    heavy_imports([*ingest, "append"])
    commands = [
        ["list_tables"],
        ["runs", "list"],
        ["describe_table", *TABLE],
        ["maintain_table", *TABLE],
        ["delete_table", *TABLE, "--yes"],
    ]
    assert heavy_imports(*([*lake, *command] for command in commands)) <= NEEDED_FOR_TABLES


def test_a_query_without_errors_compiles_no_patterns_of_error_messages(lake, ingest):
    heavy_imports([*ingest, "append"])
    modules = imports([*lake, "query", "SELECT count(*) FROM dev_sales.orders"])
    assert "duckdb" in modules
    assert "datalake_sdk.sql.duckdb.error_messages" not in modules


def test_a_query_reports_no_leaks(lake, ingest):
    program = [sys.executable, "-m", "datalake_sdk.cli"]
    subprocess.run([*program, *ingest, "append"], capture_output=True, check=True)
    finished = subprocess.run(
        [*program, *lake, "query", "SELECT * FROM dev_sales.orders"], capture_output=True, text=True
    )
    assert (finished.returncode, finished.stderr) == (0, "")
