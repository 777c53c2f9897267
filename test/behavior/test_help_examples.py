"""The examples in the help texts run on an embedded lake, in the order of this page."""

from __future__ import annotations

import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from datalake_sdk.cli.examples import ON_AWS
from datalake_sdk.cli.main import cli
from doc_resources.cli_reference import PROGRAM, commands, program

SESSION = (
    *("ingest", "query", "list_tables", "describe_table", "maintain_table", "lineage", "runs list", "freshness"),
    *("contract show", "contract test", "contract diff", "contract export", "contract import", "apply_tables"),
    *("quarantine list", "quarantine show", "quarantine replay", "quarantine drop"),
    *("add_files", "ingest_source filesystem", "ingest_source sql_database", "migrate_data", "register_table"),
    *("plan_pipeline", "run_pipeline", "backfill", "test_task", "datasets list", "datasets show", "datasets status"),
    *("runs maintain", "ui", "init", "delete_table"),
)
ONLY_PARSED = {
    "datalfred": "needs a model",
    "export_redshift": "works on AWS",
    "ingest_source rest_api": "sends requests to a host",
    "investigate": "needs a failed execution",
    "mcp": "runs until it is stopped",
    "redrive": "works on AWS",
    "run_task": "needs a program that builds images",
    "runs show": "takes the id of a run",
    "serve_ingestion": "runs until it is stopped",
    "update_foreign_linked_databases": "works on AWS",
}
DATABASE = "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO customers VALUES (1, 'Ada')"
FILES = {
    "orders.csv": "order_id,amount\n1,12.50\n2,-8.00\n3,30.25\n",
    "tables_configuration/sales.orders.yaml": (
        "schema:\n"
        "  amount: {type: double, logicalTypeOptions: {minimum: 0}, on_violation: quarantine}\n"
        "slaProperties: [{property: freshness, value: 24, unit: h}]\n"
    ),
    "pipeline.yaml": (
        "pipeline_name: daily\n"
        "tasks:\n"
        "  totals:\n"
        "    type: sql\n"
        "    path: totals\n"
        "    input_tables: [sales.orders]\n"
        "    output_tables: {daily.totals: {ingestion_mode: overwrite}}\n"
    ),
    "totals/code/main.sql": "SELECT sum(amount) AS amount FROM {database_prefix}sales.orders\n",
    "totals/tests/two_orders.yaml": (
        "given: {sales.orders: [{amount: 1.5}, {amount: 2.0}]}\nexpected: {daily.totals: [{amount: 3.5}]}\n"
    ),
    "visits/monday.csv": "customer,page\nada,/home\n",
    "datasets.yaml": (
        "orders: {team: sales, pipeline: files, source_prefix: sales/orders/, tables: {raw: {name: sales.orders}}}\n"
    ),
    "orders.odcs.yaml": (
        "{apiVersion: v3.1.0, kind: DataContract, id: orders, version: 1.0.0, status: active,\n"
        "schema: [{name: orders, properties: [{name: order_id, logicalType: integer, required: true}]}]}\n"
    ),
}


COMMANDS = {
    context.command_path.removeprefix(f"{PROGRAM} "): context.command
    for context in commands(program())
    if not isinstance(context.command, click.Group)
}


def examples(name: str) -> list[list[str]]:
    """Arguments of the program in each example of a command."""
    return [shlex.split(line)[1:] for line in (COMMANDS[name].epilog or "").splitlines() if PROGRAM in line]


def is_on_aws(arguments: list[str]) -> bool:
    return shlex.join(arguments).startswith(ON_AWS)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder with the files of the examples."""
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content, encoding="utf-8")
    with closing(sqlite3.connect("shop.db")) as database:
        database.executescript(DATABASE)
    landing = tmp_path / "lake/local-lake-dev-data/landing"
    landing.mkdir(parents=True)
    pq.write_table(pa.table({"page": ["/home"]}), landing / "visits.parquet")
    return tmp_path


def test_every_command_has_an_example_that_runs_or_a_reason_why_it_is_only_parsed():
    assert {name for name in COMMANDS if examples(name)} == set(COMMANDS)
    assert set(COMMANDS) - set(SESSION) == set(ONLY_PARSED)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_options_and_arguments_of_examples_are_valid(name, folder, monkeypatch):
    calls = []
    monkeypatch.setattr(COMMANDS[name], "callback", lambda *_, **options: calls.append(options))
    results = [CliRunner().invoke(cli, arguments) for arguments in examples(name)]
    assert [result.output for result in results] == [""] * len(calls)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_examples_in_help_texts_run(folder):
    for name in SESSION:
        for arguments in examples(name):
            if not is_on_aws(arguments):
                result = CliRunner().invoke(cli, arguments)
                if result.exit_code:
                    pytest.fail(f"{name}: {result.output}")
