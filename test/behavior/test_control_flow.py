"""Conditions, loops and caught failures of pipelines on an embedded lake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from test.behavior.pipeline_project import Project

WRITE = """
import pyarrow as pa

def main(job):
    parameters = job.task_additional_parameters
    given = " ".join(f"{name}={value}" for name, value in sorted(parameters.items()))
    rows = pa.table({"task": [job.task_name], "parameters": [given]})
    return {table: job.ProcessingResponse(rows) for table in job.output_tables}
"""
FAIL_IN_US = """
from pathlib import Path

def main(job):
    region = job.task_additional_parameters["item"]
    Path("running").touch(exist_ok=False)
    with Path("attempts").open("a") as attempts:
        attempts.write(region + "\\n")
    Path("running").unlink()
    if region == "us" and not Path("fixed").exists():
        raise ValueError("no files")
    import pyarrow as pa
    return {"daily.orders": job.ProcessingResponse(pa.table({"region": [region]}))}
"""
FAIL = "def main(job):\n    raise ValueError('no such column')\n"
KILL = "import os, signal\ndef main(job):\n    os.kill(os.getpid(), signal.SIGKILL)\n"


class ControlledProject(Project):
    """A project whose result is read as JSON."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "run_pipeline")
        for name in ("write", "extra"):
            self.add_task(name, WRITE)

    def states(self, *options: str) -> tuple[int, dict[str, str]]:
        """Returns the exit code and the state of each task."""
        code, output, self.shown = self.run(*options, "--json")
        assert output, self.shown
        self.result = json.loads(output)
        return code, {task["task"]: task["state"] for task in self.result["tasks"]}

    def status(self, task: str) -> dict[str, object]:
        (status,) = [each for each in self.result["tasks"] if each["task"] == task]
        return status

    def parameters(self, table: str) -> list[str]:
        return sorted(str(row["parameters"]) for row in self.rows(table))


@pytest.fixture
def project(tmp_path):
    return ControlledProject(tmp_path)


CONDITIONS = """
pipeline_name: daily
tasks:
  load: {path: write, output_tables: {daily.orders: {}}}
  full: {path: write, when: $input.full, additional_parameters: {day.$: $.day}}
  report: {path: write, when: $load.tables.`daily.orders`.rows_inserted > 0}
  after_full: {path: write, after: [full], when: $full.skipped}
  raises: {path: write, when: $input.count + 1 > 0}
  after_raises: {path: write, after: [raises]}
"""


def test_conditions_decide_which_tasks_run(project):
    project.define(CONDITIONS)
    code, states = project.states("--parameters", '{"count": "many"}')
    assert (code, states) == (
        1,
        {
            "load": "succeeded",
            "full": "skipped",
            "report": "succeeded",
            "after_full": "succeeded",
            "raises": "failed",
            "after_raises": "not run",
        },
    ), project.shown
    assert project.status("raises")["error"] == (
        "when is '$input.count + 1 > 0', which cannot be evaluated: The left side of the + operator must evaluate to a "
        "number"
    )
    assert "full: skipped" in project.shown.splitlines()

    resumed = project.states("--resume", project.result["run_id"])
    assert resumed == (1, {"raises": "failed", "after_raises": "not run"})


def test_a_task_that_is_named_runs_regardless_of_its_condition(project):
    project.define(CONDITIONS)
    assert project.states("--task", "full", "--parameters", '{"day": "monday"}') == (0, {"full": "succeeded"})
    code, states = project.states("--from", "full", "--parameters", '{"day": "monday"}')
    assert (code, states) == (0, {"full": "skipped", "after_full": "succeeded"})


LOOPS = """
pipeline_name: daily
tasks:
  items:
    path: write
    for_each: {items: [{region: eu, shop: 1}, {region: us, shop: 2}]}
    additional_parameters: {day.$: $.day}
    output_tables: {daily.orders: {}}
  files: {path: write, for_each: {input: $.files}, output_tables: {daily.files: {}}}
  tables:
    path: write
    for_each: {tables: daily}
    after: [files]
    input_tables: [daily.orders]
    output_tables: {other.checked: {}}
  none: {path: write, for_each: {input: $.none}, output_tables: {other.never: {}}}
  count: {path: write, when: '$count($items) = 2 and $count($none) = 0', output_tables: {other.counted: {}}}
"""


def test_a_task_runs_once_for_each_item(project):
    project.define(LOOPS)
    given = {"day": "monday", "files": ["a.csv", {"item": "b.csv"}, "a.csv"], "none": []}
    code, states = project.states("--parameters", json.dumps(given))
    assert (code, set(states.values())) == (0, {"succeeded"}), project.shown
    assert project.parameters("orders") == ["day=monday region=eu shop=1", "day=monday region=us shop=2"]
    assert project.parameters("files") == ["item=a.csv", "item=b.csv"], "equal items are written once"
    checked = project.rows("checked", database="other")
    assert sorted(row["parameters"] for row in checked) == ["table_name=daily.files", "table_name=daily.orders"]
    assert len(project.rows("counted", database="other")) == 1
    assert project.status("items")["iterations"] == [2, 2]
    assert project.status("items")["rows"] == 2
    assert "items[0/2]: running" in project.shown
    assert "items[2/2]: succeeded, 2 rows" in project.shown


def test_a_resumed_loop_repeats_only_the_failed_iterations(project):
    project.add_task("load", FAIL_IN_US)
    project.define(
        """
pipeline_name: daily
tasks:
  load: {path: load, for_each: {items: [eu, us, ap], max_concurrency: 1}, output_tables: {daily.orders: {}}}
  report: {path: write, input_tables: [daily.orders]}
"""
    )
    attempts = project.folder / "load/attempts"
    assert project.states() == (1, {"load": "failed", "report": "not run"})
    assert attempts.read_text().split() == ["eu", "us", "ap"]
    failed = project.status("load")
    assert failed["error"] == "iteration 2 of 3 (item=us): ValueError: no files"
    assert "no files" in Path(str(failed["log"])).read_text(encoding="utf-8")

    (project.folder / "load/fixed").touch()
    run_id = project.result["run_id"]
    assert project.states("--resume", run_id) == (0, {"load": "succeeded", "report": "succeeded"})
    assert attempts.read_text().split() == ["eu", "us", "ap", "us"]
    assert project.states("--resume", run_id, "--task", "load") == (0, {"load": "succeeded"})
    assert attempts.read_text().split()[4:] == ["eu", "us", "ap"]
    assert sorted(str(row["region"]) for row in project.rows("orders")) == ["ap", "eu", "us"]


CATCH = """
pipeline_name: daily
tasks:
  load: {path: load, catch: fallback, retries: 0}
  killed: {path: killed, catch: fallback, for_each: {items: [eu]}}
  fallback: {path: write, output_tables: {daily.failures: {}}}
  report: {path: write, input_tables: [daily.failures], when: $load.error = 'TerminalError' and $exists($killed.error)}
"""


def test_a_caught_failure_does_not_stop_the_tasks_after_it(project):
    project.add_task("load", FAIL)
    project.add_task("killed", KILL)
    project.define(CATCH)
    code, states = project.states()
    assert (code, states) == (
        0,
        {
            "load": "caught",
            "killed": "caught",
            "report": "succeeded",
            "fallback after load": "succeeded",
            "fallback after killed": "succeeded",
        },
    ), project.shown
    killed, load = project.parameters("failures")
    assert load.startswith("caught_cause=load: ValueError: no such column\n")
    assert load.endswith("caught_error=TerminalError caught_task=load")
    assert killed == (
        "caught_cause=killed (item=eu): its process was killed by signal 9 without reporting a result "
        "caught_error=TerminalError caught_task=killed"
    )
    assert "load: ValueError: no such column (handled by fallback)" in project.shown
    assert project.states("--resume", project.result["run_id"]) == (0, {})


def test_a_failure_that_is_not_handled_stops_the_tasks_after_it(project):
    project.add_task("load", FAIL)
    project.add_task("fallback", FAIL)
    project.define(
        """
pipeline_name: daily
tasks:
  load: {path: load, catch: fallback}
  fallback: {path: fallback}
  report: {path: write, after: [load]}
"""
    )
    code, states = project.states()
    assert (code, states) == (1, {"load": "failed", "report": "not run", "fallback after load": "failed"})
    assert "failed: 'load', 'fallback after load'; not run: 'report'" in project.shown

    project.add_task("fallback", "def main(job):\n    pass\n")
    resumed = project.states("--resume", project.result["run_id"])
    assert resumed == (0, {"load": "caught", "report": "succeeded", "fallback after load": "succeeded"})
    code, _, shown = project.run("--task", "fallback")
    assert (code, "task 'fallback' only runs when load has failed" in shown) == (2, True)
