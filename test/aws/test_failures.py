"""Executions in which a task of the SDK fails: their status, error and cause, and the rows of the table."""

from __future__ import annotations

import json
import time

import pytest

from datalake_sdk.operations.investigate.advice import advice_for
from test.aws.sdk_task import sdk_task

RETRY = [{"ErrorEquals": ["TransientError"], "MaxAttempts": 1, "IntervalSeconds": 1}]
IMPORTS = """
import pathlib, time
import pyarrow as pa
ORDERS = pa.table({"id": [1, 2]})
"""
LOSES_ITS_CONNECTION_ONCE = f"""{IMPORTS}
def main(job):
    job.ingest("sales.orders", ORDERS)
    if not pathlib.Path("attempted").exists():
        pathlib.Path("attempted").touch()
        raise ConnectionResetError("connection lost")
"""
ALWAYS_LOSES_ITS_CONNECTION = f"""{IMPORTS}
def main(job):
    job.ingest("sales.orders", ORDERS)
    with open("attempts", "a") as file:
        file.write("x")
    raise ConnectionResetError("connection lost")
"""
RAISES = f"""{IMPORTS}
def main(job):
    raise ValueError("no such column")
"""
WRITES = f"""{IMPORTS}
def main(job):
    return {{"sales.orders": job.ProcessingResponse(dataframe=ORDERS)}}
"""
REPORTS_A_FAILURE = f"""{IMPORTS}
def main(job):
    return {{"sales.orders": job.ProcessingResponse(dataframe=ORDERS, job_end_status="FAILURE")}}
"""
WAITS = f"""{IMPORTS}
def main(job):
    pathlib.Path("running").touch()
    while not pathlib.Path("stopped").exists():
        time.sleep(0.05)
    return {{"sales.orders": job.ProcessingResponse(dataframe=ORDERS)}}
"""


@pytest.fixture
def rows(program):
    """`rows()`: number of rows of sales.orders; None if it does not exist."""

    def rows():
        tables = json.loads(program.run("list_tables", "--json").stdout)
        return tables[0]["rows"] if tables else None

    return rows


def test_a_transient_error_is_retried_and_the_rows_are_written_once(shop, rows):
    execution = shop.execute({"Load": sdk_task(shop, LOSES_ITS_CONNECTION_ONCE, Retry=RETRY)})
    assert (execution["status"], execution.get("cause")) == ("SUCCEEDED", None)
    assert rows() == 2


def test_an_execution_fails_after_the_last_retry_and_the_rows_are_written_once(shop, rows):
    execution = shop.execute({"Load": sdk_task(shop, ALWAYS_LOSES_ITS_CONNECTION, Retry=RETRY)})
    assert (execution["status"], execution["error"]) == ("FAILED", "TransientError")
    assert "connection lost" in execution["cause"]
    assert "outlasted the retries" in advice_for(execution["error"], execution["cause"]).likely_cause
    assert (shop.folder / "attempts").read_text() == "xx"
    assert rows() == 2


def test_a_task_that_reports_a_failure_writes_its_tables_and_names_them(shop, rows):
    execution = shop.execute({"Load": sdk_task(shop, REPORTS_A_FAILURE, Retry=RETRY)})
    assert (execution["status"], execution["error"]) == ("FAILED", "TerminalError")
    advice = advice_for(execution["error"], execution["cause"])
    assert advice.likely_cause == "The code of the task reported failure for a table after writing it."
    assert "sales.orders" in execution["cause"]
    assert rows() == 2


def test_an_exception_of_the_code_is_not_retried(shop, rows):
    execution = shop.execute({"Load": sdk_task(shop, RAISES, Retry=RETRY)})
    assert (execution["status"], execution["error"]) == ("FAILED", "TerminalError")
    assert execution["cause"].startswith("load: ")
    assert "no such column" in execution["cause"]
    assert rows() is None


def test_a_task_that_reports_after_the_end_of_its_execution_fails_and_keeps_its_rows(shop, rows):
    execution = shop.start(shop.machine({"Load": sdk_task(shop, WAITS)}))
    while not (shop.folder / "running").exists():
        time.sleep(0.01)
    (task,) = shop.ecs.list_tasks(cluster="cluster")["taskArns"]
    shop.sfn.stop_execution(executionArn=execution)
    assert shop.ended(execution)["status"] == "ABORTED"
    (shop.folder / "stopped").touch()
    assert shop.stopped(task)["containers"][0]["exitCode"] == 1
    assert any("Step Functions no longer waits for this task" in line for line in shop.printed(task))
    assert rows() == 2


@pytest.mark.parametrize(("mode", "expected"), [("upsert", 2), ("append", 4)])
def test_an_event_that_is_delivered_twice_runs_twice(shop, rows, mode, expected):
    machine = shop.machine({"Load": sdk_task(shop, WRITES, mode)})
    event = {"time": "2026-01-02T00:00:00Z", "detail": {"object": {"key": "orders.csv"}}}
    for _ in range(2):
        assert shop.ended(shop.start(machine, event))["status"] == "SUCCEEDED"
    assert rows() == expected
