"""The examples in the help texts run on an embedded lake, in the order of this page."""

from __future__ import annotations

import shlex
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from doc_resources.cli_reference import PROGRAM, commands, program

SESSION = (
    *("ingest", "query", "list_tables", "describe_table", "maintain_table", "lineage", "runs list", "freshness"),
    *(
        "contract show",
        "contract test",
        "contract diff",
        "contract export",
        "apply_tables",
        "quarantine list",
        "quarantine show",
    ),
    *("quarantine replay", "quarantine drop", "migrate_data", "register_table", "plan_pipeline", "run_pipeline"),
    *("runs maintain", "delete_table"),
)
_ON_AWS = "works on a deployed pipeline or domain"
_SERVER = "runs until it is stopped"
WITHOUT_EXAMPLE = {
    "add_files": "needs files in the data location",
    "backfill": _ON_AWS,
    "contract import": "needs a file of the Open Data Contract Standard",
    "datalfred": "needs a model",
    "datasets list": _ON_AWS,
    "datasets show": _ON_AWS,
    "datasets status": _ON_AWS,
    "export_redshift": _ON_AWS,
    "ingest_source filesystem": "needs a source",
    "ingest_source rest_api": "needs a source",
    "ingest_source sql_database": "needs a source",
    "init": "creates a repository",
    "investigate": "needs a failed execution",
    "mcp": _SERVER,
    "redrive": _ON_AWS,
    "run_task": _ON_AWS,
    "runs show": "takes the id of a run",
    "serve_ingestion": _SERVER,
    "test_task": "needs a task with tests",
    "ui": _SERVER,
    "update_foreign_linked_databases": _ON_AWS,
}
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
}


def examples() -> dict[str, str]:
    """Examples by the command's name without the program."""
    return {
        context.command_path.removeprefix(f"{PROGRAM} "): context.command.epilog.splitlines()[-1].strip()
        for context in commands(program())
        if context.command.epilog
    }


def test_every_command_has_an_example_that_is_run_or_a_reason():
    contexts = [context for context in commands(program()) if not isinstance(context.command, click.Group)]
    names = {context.command_path.removeprefix(f"{PROGRAM} ") for context in contexts}
    assert sorted(examples()) == sorted(SESSION)
    assert names - set(SESSION) == set(WITHOUT_EXAMPLE)


def test_the_examples_in_help_texts_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content, encoding="utf-8")
    for name in SESSION:
        _, *arguments = shlex.split(examples()[name])
        result = CliRunner().invoke(cli, arguments)
        if result.exit_code:
            pytest.fail(f"{name}: {result.output}")
