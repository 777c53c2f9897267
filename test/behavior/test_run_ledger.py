"""The run ledger of a pipeline on an embedded lake, whose tasks run in processes of their own."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from datalake_sdk.cli.main import cli
from datalake_sdk.ledger.delivery import flush
from test.behavior.pipeline_project import Project
from test.openlineage import validate

LOAD = """
import pyarrow as pa

def main(job):
    return {"daily.orders": job.ProcessingResponse(pa.table({"id": [1, 2]}))}
"""
COUNT = "SELECT count(*) AS orders FROM orders"
DIE = """
import os, signal

def main(job):
    print("dies")
    os.kill(os.getpid(), signal.SIGKILL)
"""
RETRY = """
def main(job):
    raise ConnectionError("no answer")
"""
PIPELINE = """
pipeline_name: daily
tasks:
  load:
    path: load
    output_tables: {daily.orders: {}}
  count:
    type: sql
    path: count
    input_tables: [daily.orders]
    output_tables: {daily.counts: {}}
  die:
    path: die
    output_tables: {daily.never: {}}
  retry:
    path: retry
    retries: 1
    output_tables: {daily.neither: {}}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose pipeline has run once."""
    project = Project(tmp_path_factory.mktemp("ledger"), "run_pipeline")
    for name, code in {"load": LOAD, "die": DIE, "retry": RETRY}.items():
        project.add_task(name, code)
    project.add_task("count", COUNT, "main.sql")
    project.define(PIPELINE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("datalake_sdk.operations.run_pipeline.task_process._FIRST_DELAY_SECONDS", 0)
        code, _, errors = project.run()
    assert code == 1, errors
    assert flush()
    return project


def runs(project, *arguments):
    result = CliRunner().invoke(cli, ["--local", str(project.lake), "runs", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def listed(project, *options):
    return json.loads(runs(project, "list", "--json", *options))["runs"]


def test_every_event_is_valid_openlineage(project):
    files = list(project.lake.rglob("*-technical/runs/*/*.json"))
    # Of the pipeline and five tries; the start of a task that is killed at once may be lost.
    assert sum("_START" not in file.name for file in files) == 6
    for file in files:
        validate(json.loads(file.read_bytes()))


def test_the_pipeline_and_each_try_of_its_tasks_are_runs(project):
    states = sorted((run["job"], run["state"]) for run in listed(project))
    assert states == [
        ("daily", "failed"),
        ("daily.count", "succeeded"),
        ("daily.die", "failed"),
        ("daily.load", "succeeded"),
        ("daily.retry", "failed"),
        ("daily.retry", "failed"),
    ]


def test_the_input_of_a_task_is_the_snapshot_that_another_task_has_written(project):
    (load,) = listed(project, "--task-name", "load")
    (count,) = listed(project, "--task-name", "count")
    (read,) = count["inputs"]
    (written,) = load["outputs"]
    assert read == {"name": "dev_daily.orders", "snapshot_id": written["snapshot_id"]}
    assert written["rows"] == 2
    assert written["snapshot_id"] is not None


def test_a_killed_task_is_recorded_by_the_run_of_the_pipeline(project):
    (die,) = listed(project, "--task-name", "die")
    assert die["error"]["name"] == "TerminalError"
    assert "killed by signal 9" in die["error"]["message"]
    assert "dies" in runs(project, "show", die["run_id"], "--logs")


def test_the_error_of_a_task_is_its_own_and_its_tries_are_shown(project):
    last = listed(project, "--task-name", "retry")[0]
    assert (last["error"]["name"], last["error"]["message"]) == ("ConnectionError", "no answer")
    shown = json.loads(runs(project, "show", last["run_id"][:12], "--json"))
    assert len(shown["tries"]) == 2


def test_runs_are_filtered_by_table_state_and_kind(project):
    assert {run["job"] for run in listed(project, "--table", "daily.orders")} == {"daily.load", "daily.count"}
    assert {run["job"] for run in listed(project, "--state", "succeeded")} == {"daily.load", "daily.count"}
    (pipeline,) = listed(project, "--kind", "pipeline", "--since", "1h")
    assert pipeline["error"]["message"].startswith(("die: ", "retry: "))
    for name in (pipeline["execution"], pipeline["execution"].rpartition(":")[2]):
        children = json.loads(runs(project, "show", name, "--json"))["children"]
        assert len(children) == 5


def test_pages_follow_each_other(project):
    first = json.loads(runs(project, "list", "--json", "--limit", "4"))
    second = json.loads(runs(project, "list", "--json", "--limit", "4", "--before", first["next"]))
    assert (len(first["runs"]), len(second["runs"]), second["next"]) == (4, 2, None)


def test_runs_are_printed_for_people(project):
    assert "daily.count │ succeeded" in runs(project, "list")
    (count,) = listed(project, "--task-name", "count")
    shown = runs(project, "show", count["run_id"])
    assert "output  dev_daily.counts: 1 row, " in shown
    assert "parent" in shown


@pytest.mark.parametrize("run_id", ["0000", "20260101T000000-0000", "20261399T000000-0000", ""])
def test_an_unknown_id_is_a_usage_error(project, run_id):
    result = CliRunner().invoke(cli, ["--local", str(project.lake), "runs", "show", run_id])
    assert result.exit_code == 2
    assert f"no run whose id starts with '{run_id}'" in result.stderr


def test_an_invalid_page_is_a_usage_error(project):
    result = CliRunner().invoke(cli, ["--local", str(project.lake), "runs", "list", "--before", "yesterday"])
    assert (result.exit_code, "--before is 'yesterday'" in result.stderr) == (2, True)


def test_an_invalid_time_is_a_usage_error(project):
    result = CliRunner().invoke(cli, ["--local", str(project.lake), "runs", "list", "--since", "yesterday"])
    assert result.exit_code == 2
    assert "12h or 7d" in result.stderr
