"""Unsuccessful tasks of a local run, from the files in its folder."""

from __future__ import annotations

import pytest

from datalake_sdk.errors import NotUnsuccessfulError
from datalake_sdk.operations.investigate import investigate
from datalake_sdk.operations.investigate.local_runs import unsuccessful_run
from datalake_sdk.operations.run_pipeline.run import new_run
from datalake_sdk.platforms.local.task_reports import TaskFileReport, write_report
from datalake_sdk.platforms.select import open_platform, resolve_environment

SUCCESS, FAILURE = (
    TaskFileReport(output={"tables": {}}),
    TaskFileReport(error="TerminalError", cause="load: ValueError"),
)


@pytest.fixture
def run(tmp_path):
    run = new_run(resolve_environment(None, None, None, local_root=tmp_path), "daily", None)
    run.record()
    return run


def add(run, **reports):
    """Adds the report of each name, and a log unless it is that of a loop."""
    for name, report in reports.items():
        write_report(run.report(name), report)
        if name != "loop":
            run.log(name).touch()


def test_a_failed_iteration_names_its_task(run):
    add(run, **{"loop.0": SUCCESS, "loop.1": FAILURE, "loop": FAILURE})
    tasks = unsuccessful_run(run.environment, "daily", run.id).tasks
    assert [(task.state, task.task, task.cause) for task in tasks] == [("loop.1", "loop", "load: ValueError")]


def test_caught_failures_and_those_of_tasks_that_succeeded_later_are_not_reported(run):
    caught = TaskFileReport(output={"error": "TerminalError", "cause": "load: ValueError"})
    add(run, **{"loop.1": FAILURE, "loop": caught, "cleanup.loop": SUCCESS, "cleanup.load": FAILURE, "load": SUCCESS})
    with pytest.raises(NotUnsuccessfulError):
        unsuccessful_run(run.environment, "daily", run.id)


def test_the_command_that_resumes_a_run_is_quoted(tmp_path):
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "my lake"))
    run = new_run(platform.environment, "daily", None)
    run.record()
    add(run, load=FAILURE)
    (_, command) = investigate(platform).next_steps
    assert f"--local '{tmp_path / 'my lake'}' run_pipeline PIPELINE_FILE --resume {run.id}" in command


def test_the_command_that_resumes_a_run_names_its_environment_and_dataset(tmp_path):
    platform = open_platform(resolve_environment("shop", None, "test", local_root=tmp_path))
    run = new_run(platform.environment, "daily", {"dataset": "france"})
    run.record()
    add(run, load=FAILURE)
    (_, command) = investigate(platform).next_steps
    assert command.endswith(f" -p shop -s test run_pipeline PIPELINE_FILE --dataset france --resume {run.id}")
