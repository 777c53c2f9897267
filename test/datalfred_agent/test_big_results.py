"""Tables, logs and values of any size become results that a model can read."""

from __future__ import annotations

import os

import pytest
from pyiceberg.schema import Schema
from pyiceberg.types import LongType, NestedField, StructType

from datalake_sdk.datalfred_agent.queries import QueryLimits
from datalake_sdk.datalfred_agent.tools import MAX_RESULT_LENGTH
from datalake_sdk.operations.run_pipeline.run import new_run
from datalake_sdk.platforms.local.task_reports import TaskFileReport, write_report
from test.bedrock_runtime import Call
from test.datalfred_agent.scripted_model import Dialog, calling
from test.unit.conftest import PyicebergLake

COLUMNS = 3_000
WIDE = {"database": "sales", "table": "wide"}


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    """A lake with `sales.wide`: columns whose comments are long, and one with as many nested fields."""
    lake = PyicebergLake(tmp_path_factory.mktemp("big") / "lake")
    nested = [NestedField(COLUMNS + index, f"field_{index}", LongType(), required=False) for index in range(1, COLUMNS)]
    columns = [NestedField(COLUMNS, "nested", StructType(*nested), required=False)] + [
        NestedField(index, f"column_{index}", LongType(), required=False, doc="x" * 5_000)
        for index in range(1, COLUMNS)
    ]
    lake.create("sales.wide", schema=Schema(*columns), properties={f"note_{index}": "x" * 5_000 for index in range(60)})
    return lake


@pytest.fixture
def result(lake):
    """Returns the result of a call, and whether it failed."""

    def result(name, arguments):
        asked = Dialog(lake.platform, calling(Call(name, arguments)))
        asked.ask()
        assert len(asked.results()[-1]["content"][0]["text"]) <= MAX_RESULT_LENGTH
        return asked.result(), asked.results()[-1]["status"] == "error"

    return result


def test_of_a_wide_table_the_first_columns_are_described(result):
    description, failed = result("describe_table", WIDE)
    shown = description["columns"]
    assert not failed
    assert [column["name"] for column in shown[:2]] == ["nested", "column_1"]
    assert description["omitted_columns"] == COLUMNS - len(shown)
    assert shown[0]["type"].endswith(" characters)")


def test_columns_of_a_wide_table_are_found_by_name(result):
    description, _ = result("describe_table", WIDE | {"column": "Column_299"})
    names = ["column_299", *(f"column_{index}" for index in range(2_990, 3_000))]
    assert [column["name"] for column in description["columns"]] == names


@pytest.mark.parametrize("statement", ["SELECT * FROM dev_sales.wide", "SELECT colum_1 FROM dev_sales.wide"])
def test_queries_of_a_wide_table_fail_with_a_short_message(result, statement):
    answer, failed = result("query", {"sql": statement})
    assert failed
    assert "Ask for less" in answer["hint"] or "Did you mean 'column_1'" in answer["hint"]
    assert len(answer["hint"]) < 1_000


def test_a_row_that_is_larger_than_a_result_says_what_to_select(result):
    answer, failed = result("query", {"sql": f"SELECT rpad('x', {QueryLimits.result_bytes}, 'y') AS v"})
    assert failed
    assert answer["error"] == "the first row of the result has 32,001 bytes, the limit of a result is 32,000"
    assert "substr(column, 1, 100)" in answer["hint"]


def test_of_a_long_log_only_the_end_is_read(lake, result):
    run = new_run(lake.platform.environment, "daily", None)
    run.record()
    write_report(run.report("load"), TaskFileReport(error="TerminalError", cause="load: ValueError: no rows"))
    with run.log("load").open("wb") as log:
        # A sparse file, which is larger than the memory and uses space only at its end.
        os.truncate(log.fileno(), 1_000_000_000_000)
        log.seek(0, os.SEEK_END)
        log.write(b"\n" + b"long " * 1_000 + b"\nlast line\n")
    report, failed = result("investigate", {})
    assert not failed
    (task,) = report["tasks"]
    *_, long, last = task["log_lines"]
    assert last == "last line"
    assert long.endswith("long …")


def test_of_many_failed_tasks_the_first_are_reported(lake, result):
    run = new_run(lake.platform.environment, "hourly", None)
    run.record()
    for index in range(200):
        write_report(run.report(f"load.{index}"), TaskFileReport(error="TerminalError", cause="load: " + "x" * 9_000))
        run.log(f"load.{index}").write_text("line\n" * 100)
    report, failed = result("investigate", {"execution": run.id})
    assert not failed
    assert 0 < len(report["tasks"]) <= 10
    assert report["omitted_tasks"] == 200 - len(report["tasks"])
