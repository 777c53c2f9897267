"""Tables are created and evolved from their files before any task writes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from datalake_sdk.errors import PartitionKeysConflictError, TableDefinitionsError
from datalake_sdk.operations.apply_tables import apply_tables, plan_tables
from datalake_sdk.operations.tables_configuration import load_table_configuration

ORDERS = """
description: Orders of the shop
schema:
  id: {type: int, description: Key}
  sold_at: {type: timestamp}
partition_keys: day(sold_at)
"""
EVOLVED = """
description: All orders
schema:
  id: {type: long}
  amount: {type: "decimal(10, 2)"}
partition_keys: [month(sold_at)]
properties: {write.target-file-size-bytes: "1000000"}
"""
SCRIPT = Path(__file__).parents[2] / "pipeline_factory/apply_tables.sh"
ROW = {"id": 1, "sold_at": datetime(2026, 1, 31, 12)}
INTEGERS = pa.schema({"id": pa.int32(), "sold_at": pa.timestamp("us")})


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    folder = tmp_path / "tables_configuration"
    folder.mkdir()
    return folder


def define(definitions: Path, **contents: str) -> None:
    for table, content in contents.items():
        (definitions / f"sales.{table}.yaml").write_text(content, encoding="utf-8")


def applied(lake, definitions: Path) -> dict[str, tuple[str, ...]]:
    plan = plan_tables(lake.platform, [definitions])
    return {each.table: each.changes for each in apply_tables(lake.platform, plan)}


@pytest.mark.write_contract
def test_a_table_is_created_from_its_file_and_written(lake, definitions):
    define(definitions, orders=ORDERS)
    changes = ("add column id int", "add column sold_at timestamp", "partition by day(sold_at)")
    assert applied(lake.native(), definitions) == {"dev_sales.orders": changes}
    assert lake.rows() == []
    lake.ingest([ROW], configuration=load_table_configuration(lake.table, definitions))
    assert lake.rows() == [ROW]
    assert lake.iceberg().properties["comment"] == "Orders of the shop"
    assert plan_tables(lake.again().platform, [definitions]).is_empty


def test_a_table_is_evolved_in_one_commit_that_keeps_its_rows(lake, definitions):
    define(definitions, orders=ORDERS)
    applied(lake, definitions)
    lake.ingest(pa.Table.from_pylist([ROW], INTEGERS))
    before = lake.iceberg().metadata
    define(definitions, orders=EVOLVED)
    changes = applied(lake, definitions)["dev_sales.orders"]
    assert [change.split(";")[0] for change in changes] == [
        "widen column id from int to long",
        "add column amount decimal(10, 2)",
        "partition keys change from 'day(sold_at)' to 'month(sold_at)'",
        "store contract",
        "describe table",
        "set property write.target-file-size-bytes to '1000000'",
    ]
    assert len(lake.iceberg().metadata.metadata_log) == len(before.metadata_log) + 1
    assert lake.rows() == [{**ROW, "amount": None}]
    assert applied(lake, definitions) == {}


def test_all_problems_are_listed_and_no_table_is_changed(lake, definitions):
    define(definitions, orders=ORDERS)
    applied(lake, definitions)
    define(
        definitions,
        created="schema: {id: {type: long}}",
        orders="schema: {sold_at: {type: string}}",
        typo="schema: {id: {type: lnog}}",
        keys="schema: {id: {type: long}}\npartition_keys: day(id)",
    )
    (definitions / "orders.yml").touch()
    with pytest.raises(TableDefinitionsError) as caught:
        plan_tables(lake.platform, [definitions])
    problems = [line for line in caught.value.message.splitlines() if line.startswith("- ")]
    assert len(problems) == 4
    assert "- sales.typo: column 'id' is declared as 'lnog'" in caught.value.message
    for word in ("orders.yml", "'sold_at'", "lnog", "day(id)"):
        assert any(word in problem for problem in problems), word
    assert not lake.named("created").exists()


def test_a_concurrent_write_is_kept(lake, definitions, interrupted):
    lake.ingest([ROW])
    define(definitions, orders=EVOLVED)
    late = interrupted(lambda other: other.ingest([{**ROW, "id": 2, "added": "x"}]))
    applied(late, definitions)
    assert len(lake.again().rows()) == 2
    assert {"added": "string", "amount": "decimal(10, 2)"}.items() <= lake.again().schema().items()


@pytest.mark.local_files
def test_a_write_with_other_partition_keys_than_the_file_is_refused(lake, definitions):
    define(definitions, orders=ORDERS)
    configuration = load_table_configuration(lake.table, definitions)
    with pytest.raises(PartitionKeysConflictError, match=r"\['id'\].*\['day\(sold_at\)'\]"):
        lake.ingest([ROW], partitions=("id",), configuration=configuration)


@pytest.mark.needs_aws
def test_a_missing_database_is_reported_before_any_change(lake, definitions):
    define(definitions, orders=ORDERS)
    (definitions / "unknown.orders.yaml").write_text(ORDERS, encoding="utf-8")
    with pytest.raises(TableDefinitionsError, match="unknown"):
        plan_tables(lake.platform, [definitions])
    assert not lake.exists()


@pytest.mark.needs_aws
def test_terraform_applies_the_files_of_tasks_with_the_credentials_of_the_environment(lake, definitions):
    define(definitions, orders=ORDERS)
    names = {"PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev", "FOLDERS": str(definitions)}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {**os.environ, **names, "PATH": path, "DATALAKE_LOCAL_ROOT": str(definitions), "PYTHONPATH": "."}
    ran = subprocess.run(["bash", SCRIPT], env=variables, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert lake.schema() == {"id": "int", "sold_at": "timestamp"}
    missing = subprocess.run(
        ["bash", SCRIPT], env={**variables, "PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert (missing.returncode, "pip install" in missing.stderr) == (1, True)


def test_the_command_shows_the_plan_and_asks(tmp_path, definitions):
    from click.testing import CliRunner

    from datalake_sdk.cli.main import cli

    def run(*arguments: str):
        return CliRunner().invoke(cli, ["--local", str(tmp_path / "lake"), "apply_tables", *arguments])

    define(definitions, orders=ORDERS)
    assert "dev_sales.orders: create" in run(str(definitions), "--plan").stdout
    refused = run(str(definitions))
    assert (refused.exit_code, "--yes" in refused.stderr) == (2, True)
    assert len(json.loads(run(str(definitions), "--yes", "--json").stdout)[0]["changes"]) == 3
    assert "dev_sales.orders: no changes" in run(str(definitions), "--yes").stdout
    assert run(str(definitions / "missing")).exit_code == 2


@pytest.mark.write_contract
def test_stored_values_are_converted_to_a_type_that_the_file_declares(lake, definitions):
    lake.ingest([{"id": 1, "v": 2}])
    define(definitions, orders="schema: {v: {type: string}}\non_type_change: rewrite\n")
    assert applied(lake.native(), definitions)["dev_sales.orders"][0] == "rewrite column v from long to string"
    assert lake.rows() == [{"id": 1, "v": "2"}]
    assert lake.referenced_files() == lake.data_files()


def test_a_new_check_that_stored_rows_violate_is_a_problem_of_the_plan(lake, definitions):
    lake.ingest([{"id": -1}])
    rule = "schema: {id: {type: long, logicalTypeOptions: {minimum: 0}%s}}"
    define(definitions, orders=rule % "")
    with pytest.raises(TableDefinitionsError, match=r"id\.minimum: 1 stored row[^$]*accept them: set on_violation"):
        plan_tables(lake.platform, [definitions])
    define(definitions, orders=rule % ", on_violation: warn")
    assert applied(lake, definitions) == {"dev_sales.orders": ("store contract",)}
    assert applied(lake, definitions) == {}


@pytest.mark.local_files
def test_a_check_that_does_not_apply_to_the_type_of_its_column_is_a_problem_of_the_plan(lake, definitions):
    define(definitions, orders="schema: {id: {type: long, enum: [new]}}")
    with pytest.raises(TableDefinitionsError, match=r"sales\.orders: check 'id\.enum' has the value 'new'"):
        plan_tables(lake.platform, [definitions])


def test_changes_of_the_stored_contract_are_planned(lake, definitions):
    define(definitions, orders="schema: {id: {type: long}}\n")
    applied(lake, definitions)
    define(definitions, orders="schema: {id: {type: long, required: true}}\n")
    (planned,) = plan_tables(lake.platform, [definitions]).tables
    assert planned.changes == ("contract: id.required changes from false to true",)
    assert applied(lake, definitions) == {"dev_sales.orders": planned.changes}
    assert plan_tables(lake.platform, [definitions]).is_empty


def test_a_conversion_of_stored_values_is_repeated_after_a_conflict(lake, interrupted, definitions):
    lake.ingest([{"v": 2}])
    define(definitions, orders="schema: {v: {type: string}}\non_type_change: rewrite\n")
    applied(interrupted(lambda lake: lake.ingest([{"v": 3}])), definitions)
    assert lake.rows() == [{"v": "2"}, {"v": "3"}]
    assert lake.referenced_files() == lake.data_files()


def test_the_script_of_terraform_runs_without_the_builtins_of_newer_bash(tmp_path):
    """MacOS has bash 3.2, without mapfile."""
    program = tmp_path / "datalake_sdk"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    (tmp_path / "old").write_text("enable -n mapfile readarray\n")
    variables = {"PATH": f"{tmp_path}:/usr/bin:/bin", "BASH_ENV": str(tmp_path / "old"), "FOLDERS": "/a b\n/c"}
    ran = subprocess.run(["bash", SCRIPT], env=variables, capture_output=True, text=True)
    assert (ran.stdout.splitlines(), ran.stderr) == (["apply_tables", "--yes", "/a b", "/c"], "")
