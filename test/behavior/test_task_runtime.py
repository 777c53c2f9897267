"""A task in its container: the written tables and the exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from datalake_sdk.errors import DuplicateKeysError, TaskResultError, UndeclaredOutputError
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.operations.query import query
from test.emulator.warm_python import WarmProcess

EXECUTION = "arn:aws:states:eu-west-1:123456789012:execution:shop_sales_dev_daily:run-1"
ROWS = pa.table({"id": [1, 2], "amount": [5, 7]})
MAIN = """
import pyarrow as pa

def main(job):
    rows = pa.table({"id": [1, 2], "amount": [5, 7]})
    return {"sales.orders": job.ProcessingResponse(dataframe=rows, job_end_message="two orders")}
"""


@pytest.fixture
def variables(lake):
    """Environment variables of a container."""
    tables = {"sales.orders": {"ingestion_mode": "append"}, "sales.customers": {"ingestion_mode": "overwrite"}}
    root = {} if lake.local_root is None else {"DATALAKE_LOCAL_ROOT": str(lake.local_root)}
    return {
        **root,
        "PROJECT_NAME": "shop",
        "DOMAIN_NAME": "sales",
        "STAGE_NAME": "dev",
        "PIPELINE_NAME": "daily",
        "TASK_NAME": "load",
        "OUTPUT_TABLES": json.dumps(tables),
        "step_function_execution_arn": EXECUTION,
    }


@pytest.fixture
def job(lake, variables, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return NativePythonProcessingWrapper


@pytest.fixture
def container(variables, tmp_path):
    """Runs a task folder like its container; returns the exit code and the log."""

    def run(name: str, code: str, **more: str) -> tuple[int, str]:
        (tmp_path / "code").mkdir(exist_ok=True)
        (tmp_path / "code" / name).write_text(code, encoding="utf-8")
        process = WarmProcess(
            [sys.executable, "-m", "datalake_sdk.native_python_processing_wrapper"],
            {**os.environ, **variables, "PYTHONPATH": str(Path.cwd()), **more},
            tmp_path,
        )
        with process.stdout, process.stderr:
            log = process.stderr.read().decode()
        return process.wait(timeout=120), log

    return run


def test_every_returned_table_is_written_and_its_statistics_are_returned(lake, job):
    task = job()
    result = task.execute(
        lambda job: {
            "sales.orders": job.ProcessingResponse(dataframe=ROWS, job_end_message="two orders"),
            "sales.customers": job.ProcessingResponse(dataframe=ROWS.slice(1)),
        }
    )
    orders = result["tables"]["sales.orders"]
    assert (orders["rows_inserted"], orders["job_end_message"]) == (2, "two orders")
    assert result["tables"]["sales.customers"]["rows_inserted"] == 1
    assert lake.rows() == ROWS.to_pylist()


def test_a_retried_task_does_not_write_twice(lake, job):
    def main(job):
        return {"sales.orders": job.ProcessingResponse(dataframe=ROWS)}

    job().execute(main)
    assert job().execute(main)["tables"]["sales.orders"]["skipped"]
    assert lake.rows() == ROWS.to_pylist()


def test_a_retried_task_writes_only_the_remaining_tables(lake, job):
    def main(fail, job):
        second = pa.table({"id": ["a"]}) if fail else ROWS
        return {
            "sales.orders": job.ProcessingResponse(dataframe=ROWS),
            "sales.customers": job.ProcessingResponse(
                second, override_ingestion_mode="overwrite_partitions" if fail else None
            ),
        }

    with pytest.raises(Exception, match="partition"):
        job().execute(lambda job: main(True, job))
    result = job().execute(lambda job: main(False, job))["tables"]
    assert (result["sales.orders"]["skipped"], result["sales.customers"]["skipped"]) == (True, False)
    assert lake.rows() == ROWS.to_pylist()


def test_several_writes_to_one_table_in_a_task_are_all_committed_and_all_skipped_by_a_retry(lake, job):
    def main(job):
        job.ingest("sales.orders", ROWS.slice(0, 1))
        job.ingest("sales.orders", ROWS.slice(1, 1))
        return {}

    job().execute(main)
    job().execute(main)
    assert lake.rows() == ROWS.to_pylist()


def test_a_response_can_override_the_tables_mode(lake, job):
    job().execute(lambda job: {"sales.orders": job.ProcessingResponse(ROWS)})
    task = NativePythonProcessingWrapper(
        project_name="shop",
        domain_name="sales",
        stage_name="dev",
        local_root=lake.local_root,
        output_tables={"sales.orders": {"ingestion_mode": "append"}},
    )
    task.execute(
        lambda job: {"sales.orders": job.ProcessingResponse(ROWS.slice(1), override_ingestion_mode="overwrite")}
    )
    assert lake.rows() == ROWS.slice(1).to_pylist()


def test_maintenance_can_be_forced(lake, job, caplog):
    caplog.set_level("INFO")
    for number in range(2):
        lake.ingest([{"id": number, "amount": 0}])
    job().execute(lambda job: {"sales.orders": job.ProcessingResponse(ROWS, force_maintenance=True)})
    assert len(list(lake.iceberg().scan().plan_files())) == 1


def test_tables_have_the_pipeline_and_task_that_write_them(lake, job):
    job().execute(lambda job: {"sales.orders": job.ProcessingResponse(ROWS)})
    properties = lake.iceberg().properties
    assert (properties["datalake_sdk_pipeline_name"], properties["datalake_sdk_task_name"]) == ("daily", "load")


@pytest.mark.parametrize("nothing", [None, {}, {"sales.orders": NativePythonProcessingWrapper.ProcessingResponse()}])
def test_a_task_may_return_nothing(lake, job, nothing):
    job().execute(lambda job: nothing)
    assert not lake.exists()


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (ROWS, r"main\(job\) returned Table; it must return a dictionary of responses"),
        ({"sales.orders": ROWS}, r"main\(job\) returned Table for 'sales.orders'; it must be a ProcessingResponse"),
    ],
)
def test_a_return_value_other_than_responses_is_an_error(lake, job, result, words):
    with pytest.raises(TaskResultError, match=words):
        job().execute(lambda job: result)


def test_an_undeclared_table_is_an_error_before_anything_is_written(lake, job):
    response = NativePythonProcessingWrapper.ProcessingResponse(ROWS)
    with pytest.raises(
        UndeclaredOutputError, match="returned undeclared tables: 'sales.order'; declared: 'sales.orders'"
    ):
        job().execute(lambda job: {"sales.orders": response, "sales.order": response})
    assert not lake.exists()


def test_a_failed_write_fails_the_task_with_its_error(lake, job, monkeypatch):
    monkeypatch.setenv("OUTPUT_TABLES", '{"sales.orders": {"ingestion_mode": "upsert", "upsert_keys": ["id"]}}')
    twice = pa.concat_tables([ROWS, ROWS])
    with pytest.raises(DuplicateKeysError):
        job().execute(lambda job: {"sales.orders": job.ProcessingResponse(twice)})
    assert not lake.exists()


def test_parameters_and_the_logical_date_are_passed_to_the_task(lake, job, monkeypatch):
    monkeypatch.setenv("TASK_ADDITIONAL_PARAMETERS_country", "fr")
    monkeypatch.setenv("step_function_execution_input", '{"logical_date": "2026-02-28"}')
    task = job()
    assert (task.task_additional_parameters, task.logical_date, task.logical_timestamp.isoformat()) == (
        {"country": "fr"},
        "2026-02-28",
        "2026-02-28T00:00:00+00:00",
    )


def test_a_container_runs_main(lake, container, tmp_path):
    folder = tmp_path / "code" / "tables_configuration"
    folder.mkdir(parents=True)
    (folder / "sales.orders.yaml").write_text("columns: {amount: {type: double, description: In euros}}")
    assert container("main.py", MAIN)[0] == 0
    assert lake.rows() == [{"id": 1, "amount": 5.0}, {"id": 2, "amount": 7.0}]
    assert lake.iceberg().schema().find_field("amount").doc == "In euros"


def test_a_container_runs_a_query(lake, container):
    lake.ingest(ROWS)
    tables = json.dumps({"sales.totals": {"ingestion_mode": "overwrite"}})
    code, errors = container(
        "main.sql",
        "SELECT sum(amount) AS total FROM {database_prefix}sales.orders",
        IS_SQL_JOB="true",
        OUTPUT_TABLES=tables,
    )
    assert (code, errors if code else "") == (0, "")
    rows = query(lake.platform, "SELECT total FROM dev_sales.totals").read_all()
    assert rows.to_pylist() == [{"total": 12}]


@pytest.mark.local_files
@pytest.mark.parametrize(
    ("name", "code", "more", "words"),
    [
        ("main.py", "def run(job): ...", {}, "function main is missing"),
        ("main.py", "import sys\ndef main(job): sys.exit(0)", {}, "the task's code called sys.exit(0)"),
        ("other.py", "", {}, "task code 'code/main.py': file not found"),
        ("main.sql", "", {"IS_SQL_JOB": "true", "OUTPUT_TABLES": '{"sales.orders": {}}'}, "file is empty"),
        ("main.sql", "SELECT 1 AS one", {}, "To run code/main.sql, set IS_SQL_JOB=true."),
        ("main.py", MAIN, {"TASK_TYPE": "dlt"}, "main(job) returned dict; a task of the type dlt returns a dlt source"),
        ("main.py", "def main(job): raise ValueError('no such column')", {}, "ValueError: no such column"),
        (
            "main.py",
            MAIN,
            {"STAGE_NAME": "", "TASK_NAME": "", "DATALAKE_LOCAL_ROOT": ""},
            "variables: STAGE_NAME, TASK_NAME",
        ),
        (
            "main.sql",
            "SELECT 1 AS one",
            {"IS_SQL_JOB": "true"},
            "a SQL task must have exactly one output table; declared: sales.",
        ),
        (
            "main.sql",
            "SELECT 1 AS one; SELECT 2 AS two",
            {"IS_SQL_JOB": "true", "OUTPUT_TABLES": '{"sales.orders": {}}'},
            "one",
        ),
    ],
)
def test_a_failed_container_exits_with_1_and_an_error_message(lake, container, name, code, more, words):
    code, errors = container(name, code, **more)
    assert (code, words in errors) == (1, True), errors
    assert not lake.exists()


WAITING = """
import sys
import pyarrow as pa

def batches():
    yield from pa.table({"id": range(100)}).to_batches()
    print("reading", flush=True)
    sys.stdin.read()

def main(job):
    rows = pa.RecordBatchReader.from_batches(pa.schema({"id": pa.int64()}), batches())
    return {"sales.orders": job.ProcessingResponse(rows)}
"""


def test_a_stopped_container_leaves_the_table_unchanged_and_exits_with_143(lake, variables, tmp_path):
    lake.ingest([{"id": 1}])
    before, files = lake.iceberg().metadata_location, lake.data_files()
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "main.py").write_text(WAITING)
    process = subprocess.Popen(
        [sys.executable, "-m", "datalake_sdk.native_python_processing_wrapper"],
        cwd=tmp_path,
        env={**os.environ, **variables, "PYTHONPATH": str(Path.cwd())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "reading\n"
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143, errors
    assert (lake.iceberg().metadata_location, lake.data_files()) == (before, files)


def test_an_interrupted_task_exits_with_130_without_a_traceback(container):
    status, errors = container("main.py", "def main(job): raise KeyboardInterrupt")
    assert status == 130
    assert "KeyboardInterrupt" in errors
    assert "Traceback" not in errors


@pytest.mark.parametrize(("debug", "is_shown"), [("true", True), ("false", False)])
def test_the_input_of_an_execution_enables_debug_logs(container, debug, is_shown):
    code = """
import logging

def main(job):
    logging.getLogger(__name__).debug("a detail")
    logging.getLogger("botocore").debug("a request")
    return {}
"""
    status, logs = container("main.py", code, step_function_execution_input=f'{{"debug": {debug}}}')
    assert status == 0
    assert ("DEBUG a detail" in logs, "a request" in logs) == (is_shown, False)
