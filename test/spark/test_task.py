"""Tasks on Spark: the job object, SQL tasks, the command line."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyspark.sql import SparkSession

from datalake_sdk.cli.main import cli
from datalake_sdk.spark_engine.spark_internals import arrow_rows
from datalake_sdk.spark_processing_wrapper import SparkProcessingWrapper
from datalake_sdk.task_execution import execute_task
from test.spark.lake import SMALL

ROWS = [{"id": 1, "amount": 5}, {"id": 2, "amount": 7}]
EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:shop_sales_dev_daily:run-1"


@pytest.fixture
def job(lake):
    assert lake.session, "the job uses an existing session"
    return SparkProcessingWrapper(
        project_name="shop",
        domain_name="sales",
        stage_name="dev",
        local_root=lake.root,
        output_tables={"sales.orders": {"ingestion_mode": "upsert", "upsert_keys": ["id"]}},
        spark_settings=SMALL,
    )


def test_a_job_reads_writes_and_queries_spark_dataframes(lake, job, tmp_path):
    (tmp_path / "orders.csv").write_text("id;amount\n1;5\n2;7\n", encoding="utf-8")
    orders = job.read_input_dataset(tmp_path / "orders.csv", csv_delimiter=";")
    result = job.execute(lambda job: {"sales.orders": job.ProcessingResponse(orders.where("amount > 0"))})
    assert result["tables"]["sales.orders"]["rows_inserted"] == 2
    assert arrow_rows(job.read_table("sales.orders")).to_pylist() == lake.rows() == ROWS
    (total,) = job.query("SELECT sum(amount) / 5 AS n FROM {database_prefix}sales.orders").collect()
    assert total.n == 2
    assert job.perform_table_maintenance("sales.orders", force_maintenance=True).table == "dev_sales.orders"


def test_a_task_reads_the_rows_added_since_its_last_run(lake, job):
    source = lake.named("source").native()
    for rows in (ROWS[:1], [], ROWS[1:]):
        if rows:
            source.ingest(rows)
        added = job.execute(
            lambda job: {"sales.orders": job.ProcessingResponse(job.read_table("sales.source", since="last_run"))}
        )
        assert added["tables"]["sales.orders"]["rows_read"] == len(rows)
    assert lake.rows() == ROWS


@pytest.mark.parametrize("dataframe", [pd.DataFrame(ROWS), pa.Table.from_pylist(ROWS)], ids=["pandas", "arrow"])
def test_dataframes_of_other_libraries_are_accepted(lake, job, dataframe):
    assert job.ingest("sales.orders", dataframe).rows_inserted == 2
    assert lake.rows() == ROWS


def test_an_existing_session_is_used_and_left_running(lake, job):
    job.query("SELECT 1")
    job.close()
    assert lake.session.range(1).count() == 1


def test_a_sql_task_starts_and_stops_spark_and_its_retry_is_skipped(lake, tmp_path, monkeypatch):
    lake.named("source").native().ingest(ROWS)
    (tmp_path / "code").mkdir()
    (tmp_path / "code/main.sql").write_text(
        "SELECT id, amount / {divisor} AS half FROM source WHERE DATE '{logical_date}' > DATE '2026-01-01'",
        encoding="utf-8",
    )
    variables = {
        "DATALAKE_LOCAL_ROOT": str(lake.root),
        "PROJECT_NAME": "shop",
        "DOMAIN_NAME": "sales",
        "STAGE_NAME": "dev",
        "PIPELINE_NAME": "sales",
        "TASK_NAME": "load",
        "IS_SQL_JOB": "true",
        "TASK_ADDITIONAL_PARAMETERS_divisor": "2",
        "OUTPUT_TABLES": json.dumps({"sales.orders": {"ingestion_mode": "append"}}),
        "step_function_execution_arn": EXECUTION,
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    lake.session.stop()
    assert execute_task(SparkProcessingWrapper) == 0
    assert SparkSession.getActiveSession() is None
    written = lake.iceberg().current_snapshot()
    assert lake.again().session
    assert execute_task(SparkProcessingWrapper) == 0
    assert lake.iceberg().current_snapshot() == written
    assert lake.rows() == [{"id": 1, "half": 2}, {"id": 2, "half": 3}]


def test_the_command_line_ingests_with_spark_like_the_native_engine(lake, tmp_path):
    (tmp_path / "orders.csv").write_text("id,amount\n1,5\n2,7\n", encoding="utf-8")
    assert lake.session

    def ingest(table, *flags):
        words = f"--local {lake.root} --project-name shop --domain-name sales --stage-name dev ingest --json".split()
        words += ["--database-name", "sales", "--table-name", table, "--ingestion-mode", "append"]
        done = CliRunner().invoke(cli, [*words, "--input-file-path", str(tmp_path / "orders.csv"), *flags])
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    plans = [ingest("orders", "--dry-run"), ingest("orders", "--dry-run", "--use-spark")]
    results = [ingest("natively"), ingest("orders", "--use-spark")]
    assert plans[0] == plans[1]
    assert {key: results[0][key] for key in ("rows_read", "rows_inserted", "skipped", "mode")} == {
        key: results[1][key] for key in ("rows_read", "rows_inserted", "skipped", "mode")
    }
    assert lake.rows() == ROWS
