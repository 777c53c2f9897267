"""A repository written in the original interface runs unchanged on an embedded lake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import hcl2
import pyarrow as pa
import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import DoubleType, LongType, NestedField, StringType

from datalake_sdk.operations.read import read_table
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import TableName
from datalake_sdk.task_execution import execute_task
from test.spark import RUNS_SPARK

REPOSITORY = Path(__file__).parent / "repository"
STAGE = "feature-x"
START = "2026-02-28T01:15:00.000Z"
BILLS = """bill_id;country;customer;amount
1;fr;ana;12.5
2;fr;ben;30
3;it;cleo;7
4;fr;dan;
"""
OLD_BILLS = pa.table(
    {"bill_id": [1, 9], "country": ["fr", "fr"], "customer": ["ana", "eve"], "amount": [10.0, 1.5]},
    schema=pa.schema(
        [("bill_id", pa.int64()), ("country", pa.string()), ("customer", pa.string()), ("amount", pa.float64())]
    ),
)


class Repository:
    """Runs tasks of the repository as their containers do, on a lake in a folder."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "lake"
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        (self.inbox / "bills.csv").write_text(BILLS, encoding="utf-8")
        self.platform = open_platform(resolve_environment("shop", "billing", STAGE, None, self.root))

    def create_bills(self) -> None:
        """Creates a table like the original SDK: keys separated by commas, no descriptions."""
        schema = Schema(
            NestedField(1, "bill_id", LongType()),
            NestedField(2, "country", StringType()),
            NestedField(3, "customer", StringType()),
            NestedField(4, "amount", DoubleType()),
        )
        catalog = self.platform.catalog
        catalog.create_namespace("feature_x_bills")
        table = catalog.create_table(
            ("feature_x_bills", "bills"),
            schema,
            location=self.platform.table_location(TableName("bills", "bills")),
            partition_spec=PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "country")),
            properties={
                "datalake_sdk_upsert_keys": "bill_id,country",
                "datalake_sdk_pipeline_name": "bills",
                "datalake_sdk_task_name": "load_bills",
            },
        )
        table.append(OLD_BILLS)

    def run(self, pipeline: str, task: str, execution_input: dict[str, Any]) -> subprocess.CompletedProcess[str]:
        """Runs a native task as its container does."""
        return subprocess.run(
            [sys.executable, "-m", "datalake_sdk.native_python_processing_wrapper"],
            cwd=REPOSITORY / "tasks" / task,
            env={**os.environ, **self.variables(pipeline, task, execution_input)},
            capture_output=True,
            text=True,
            check=False,
        )

    def variables(self, pipeline: str, task: str, execution_input: dict[str, Any]) -> dict[str, str]:
        """Environment variables from the task definition and the state."""
        return {
            **_variables(pipeline, task, _configurations(pipeline)[task], execution_input),
            "DATALAKE_LOCAL_ROOT": str(self.root),
            "PYTHONPATH": str(Path.cwd()),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def succeed(self, pipeline: str, task: str, **execution_input: Any) -> None:
        done = self.run(pipeline, task, execution_input)
        assert done.returncode == 0, done.stderr

    def rows(self, table: str) -> list[dict[str, Any]]:
        return sorted(read_table(self.platform, TableName.parse(table)).read_all().to_pylist(), key=repr)


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """The repository after its first task; all tests share its lake."""
    repository = Repository(tmp_path_factory.mktemp("loaded"))
    repository.create_bills()
    repository.succeed("bills", "load_bills", inbox=str(repository.inbox))
    return repository


def test_a_python_task_upserts_into_a_table_of_the_original_sdk(loaded):
    day = "2026-02-28"
    assert [(row["bill_id"], row["amount"], str(row["loaded_on"])) for row in loaded.rows("bills.bills")] == [
        (1, 12.5, day),
        (2, 30.0, day),
        (3, 7.0, day),
        (9, 1.5, "None"),
    ]
    assert [row["bill_id"] for row in loaded.rows("bills.rejected")] == [4]
    table = load_table(loaded.platform, TableName("bills", "bills"))
    assert table.properties["comment"] == "Bills as sent"
    assert table.properties["datalake_sdk_upsert_keys"] == "bill_id,country"
    assert table.schema().find_field("bill_id").doc == "Number of the bill"
    assert table.name() == ("feature_x_bills", "bills")


def test_a_sql_task_and_a_task_that_checks_its_result(loaded):
    loaded.succeed("bills", "totals", inbox="", debug=True)
    (total,) = loaded.rows("bills.totals")
    assert (total["country"], total["total"], total["number_of_bills"]) == ("fr", 44.0, 3)
    assert (str(total["computed_on"]), total["settings"]) == ("2026-02-28", '{"minimum": 0}')

    loaded.succeed("reports", "check", allowed_total="100", reports=False)
    failed = loaded.run("reports", "check", {"allowed_total": "40", "reports": False})
    assert failed.returncode == 1
    assert "FAILURE for 'reports.checks' (total is 44.0)" in failed.stderr
    assert [row["is_good"] for row in loaded.rows("reports.checks")] == [False, True]


def test_a_check_without_input_fails_with_the_message_of_the_task(tmp_path):
    failed = Repository(tmp_path).run("reports", "check", {"allowed_total": "100"})
    assert failed.returncode == 1
    assert "ProcessingFailed: the pipeline bills has not run" in failed.stderr


def test_migrate_data_uses_the_upsert_keys_of_a_table_of_the_original_sdk(tmp_path):
    repository = Repository(tmp_path)
    repository.create_bills()
    names = ["--project-name", "shop", "--domain-name", "billing", "--stage-name", "dev"]
    table = ["-ss", STAGE, "-db", "bills", "-st", "bills", "-tt", "copy"]
    subprocess.run(
        [sys.executable, "-m", "datalake_sdk.cli", "--local", repository.root, *names, "migrate_data", *table, "--yes"],
        check=True,
    )
    dev = open_platform(resolve_environment("shop", "billing", "dev", None, repository.root))
    copy = load_table(dev, TableName("bills", "copy"))
    assert copy.properties["datalake_sdk_upsert_keys"] == "bill_id,country"
    assert copy.scan().to_arrow().num_rows == 2


@RUNS_SPARK[0]
@RUNS_SPARK[1]
def test_spark_tasks_in_python_and_sql(loaded, monkeypatch, tmp_path):
    from test.spark.lake import SparkLake

    # The tasks start their own sessions in the same JVM.
    SparkLake(tmp_path / "lake").session.stop()
    run_in_process(loaded, monkeypatch, "bills", "customers", {"inbox": ""})
    assert loaded.rows("bills.customers") == [
        {"customer": "ana", "amount": 12.5, "bills": 1},
        {"customer": "ben", "amount": 30.0, "bills": 1},
        {"customer": "cleo", "amount": 7.0, "bills": 1},
        {"customer": "eve", "amount": 1.5, "bills": 1},
    ]
    run_in_process(loaded, monkeypatch, "reports", "best_customers", {"reports": True})
    assert len(loaded.rows("reports.best_customers")) == 4


def run_in_process(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, pipeline: str, task: str, execution_input: dict[str, Any]
) -> None:
    """Runs a Spark task in this process, which already has a JVM."""
    from datalake_sdk.spark_processing_wrapper import SparkProcessingWrapper

    with monkeypatch.context() as patch:
        for name, value in repository.variables(pipeline, task, execution_input).items():
            patch.setenv(name, value)
        patch.chdir(REPOSITORY / "tasks" / task)
        patch.setattr(sys, "path", [*sys.path])
        patch.setattr(sys, "dont_write_bytecode", True)
        assert execute_task(SparkProcessingWrapper) == 0


def _configurations(pipeline: str) -> dict[str, Any]:
    with (REPOSITORY / f"pipeline_{pipeline}.tf").open(encoding="utf-8") as file:
        modules = _plain(hcl2.load(file))["module"]
    return dict(modules[0][pipeline]["tasks_configuration"])


def _plain(value: Any) -> Any:
    """Removes the quotes that python-hcl2 keeps around strings."""
    if isinstance(value, dict):
        return {_plain(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value[1:-1] if isinstance(value, str) and value.startswith('"') else value


def _variables(
    pipeline: str, task: str, configuration: dict[str, Any], execution_input: dict[str, Any]
) -> dict[str, str]:
    parameters = {
        name.removesuffix(".$"): str(execution_input[value.removeprefix("$.")]) if name.endswith(".$") else value
        for name, value in configuration.get("additional_parameters", {}).items()
    }
    return {
        "PROJECT_NAME": "shop",
        "DOMAIN_NAME": "billing",
        "STAGE_NAME": STAGE,
        "PIPELINE_NAME": pipeline,
        "TASK_NAME": task,
        "INPUT_TABLES": json.dumps(configuration.get("input_tables", [])),
        "OUTPUT_TABLES": json.dumps(configuration["output_tables"]),
        "IS_SQL_JOB": str(configuration["type"] == "sql").lower(),
        "step_function_execution_arn": f"arn:aws:states:eu-west-1:123456789012:execution:{pipeline}:{uuid4()}",
        "step_function_execution_input": json.dumps(execution_input),
        "step_function_execution_start_time": START,
        **{f"TASK_ADDITIONAL_PARAMETERS_{name}": value for name, value in parameters.items()},
    }
