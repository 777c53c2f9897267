"""Plans of runs: the tasks that they consist of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from datalake_sdk.errors import CatchingTaskError, LoopInputError, NotWritableLakeError, RunInputError, TaskTokenError
from datalake_sdk.operations.backfill import plan_backfill
from datalake_sdk.operations.run_pipeline import plan_run
from datalake_sdk.operations.run_pipeline.inputs import missing_inputs
from datalake_sdk.pipelines.definition import ForEach, Pipeline, Task
from datalake_sdk.platforms.local.task_reports import FileReporter, TaskFileReport, write_report
from datalake_sdk.platforms.select import open_platform, resolve_environment


@pytest.fixture
def pipeline(tmp_path):
    tasks = {"load": Task("load"), "clean": Task("clean", after=("load",)), "count": Task("count", after=("clean",))}
    return Pipeline("daily", tasks, {}, tmp_path)


@pytest.fixture
def open_lake(tmp_path):
    def _open(stage: str = "dev", folder: str = "lake"):
        return resolve_environment(None, None, stage, local_root=tmp_path / folder)

    return _open


def test_a_resumed_run_consists_of_the_tasks_that_were_selected(pipeline, open_lake):
    run = plan_run(open_lake(), pipeline, from_task="clean").run
    run.record()
    FileReporter().send_success(str(run.report("clean")), '{"tables": {}}')
    assert list(plan_run(open_lake(), pipeline, resume=run.id).dependencies) == ["count"]
    assert list(plan_run(open_lake(), pipeline, resume=run.id, task="load").dependencies) == ["load"]


def test_a_task_may_have_any_valid_name(tmp_path, open_lake):
    pipeline = Pipeline("daily", {name: Task(name) for name in ("run", "record", "pipeline_run")}, {}, tmp_path)
    run = plan_run(open_lake(), pipeline).run
    run.record()
    FileReporter().send_success(str(run.report("run")), '{"tables": {}}')
    assert list(plan_run(open_lake(), pipeline, resume=run.id).dependencies) == ["record", "pipeline_run"]


def test_a_kill_while_a_run_is_recorded_again_leaves_its_record(pipeline, open_lake, monkeypatch):
    run = plan_run(open_lake(), pipeline).run
    run.record()

    def killed(path, text, **_):
        path.write_bytes(b"{")
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        run.record()
    assert plan_run(open_lake(), pipeline, resume=run.id).run == run


def test_a_run_cannot_be_resumed_in_another_stage(pipeline, open_lake):
    run = plan_run(open_lake("dev"), pipeline).run
    run.record()
    with pytest.raises(RunInputError, match="a run of the environment local_lake_test, or pass -s of its stage"):
        plan_run(open_lake("test"), pipeline, resume=run.id)


def test_a_lake_that_is_a_file_is_an_error(pipeline, open_lake, tmp_path):
    (tmp_path / "lake.csv").touch()
    with pytest.raises(NotWritableLakeError, match="lake.csv': Not a directory"):
        plan_run(open_lake(folder="lake.csv"), pipeline).run.record()


def test_heartbeats_fail_after_the_run_was_killed(monkeypatch):
    reporter = FileReporter()
    reporter.send_heartbeat("load.json")
    monkeypatch.setattr(os, "getppid", lambda: 1)
    with pytest.raises(TaskTokenError):
        reporter.send_heartbeat("load.json")


def test_a_task_that_catches_failures_is_not_run_by_itself(open_lake, tmp_path):
    tasks = {
        "cleanup": Task("cleanup", input_tables=("daily.orders",)),
        "load": Task("load", catch="cleanup"),
        "report": Task("report", after=("load",)),
    }
    pipeline = Pipeline("daily", tasks, {}, tmp_path)
    planned = plan_run(open_lake(), pipeline)
    assert list(planned.dependencies) == ["load", "report"]
    assert list(map(str, missing_inputs(planned, open_platform(open_lake())))) == ["daily.orders"]
    for options in ({"task": "cleanup"}, {"from_task": "cleanup"}):
        with pytest.raises(CatchingTaskError, match="task 'cleanup' only runs when load has failed"):
            plan_run(open_lake(), pipeline, **options)


def test_the_input_of_a_loop_is_checked_before_a_run_unless_its_task_has_a_condition(open_lake, tmp_path):
    def plan(**attributes):
        task = Task("load", for_each=ForEach(input="$.files"), additional_parameters={"day.$": "$.day"}, **attributes)
        return plan_run(open_lake(), Pipeline("daily", {"load": task}, {}, tmp_path), {"day": "monday"})

    with pytest.raises(LoopInputError, match="selects nothing: there is no 'files'"):
        plan()
    assert list(plan(when="$exists($input.files)").dependencies) == ["load"]


def test_conditions_are_ignored_in_runs_of_one_task_only(pipeline, open_lake):
    run = plan_run(open_lake(), pipeline, task="load").run
    run.record()
    assert plan_run(open_lake(), pipeline, resume=run.id).ignores_conditions
    assert not plan_run(open_lake(), pipeline, resume=run.id, from_task="clean").ignores_conditions
    run = plan_run(open_lake(), pipeline, from_task="count").run
    run.record()
    assert not plan_run(open_lake(), pipeline, resume=run.id).ignores_conditions
    assert plan_run(open_lake(), pipeline, resume=run.id, task="count").ignores_conditions


@pytest.mark.parametrize("result", [{"skipped": True}, {"error": "TerminalError", "cause": "load: ValueError"}, []])
def test_skipped_tasks_handled_failures_and_loops_without_items_are_not_repeated(open_lake, tmp_path, result):
    tasks = {"load": Task("load", catch="cleanup"), "cleanup": Task("cleanup")}
    pipeline = Pipeline("daily", tasks, {}, tmp_path)
    planned = plan_backfill(open_lake(), pipeline, ["2026-01-31"], {}).runs["2026-01-31"]
    planned.run.record()
    write_report(planned.run.report("load"), TaskFileReport(output=result))
    assert list(plan_run(open_lake(), pipeline, resume=planned.run.id).dependencies) == []
    (status,) = plan_backfill(open_lake(), pipeline, ["2026-01-31"], {}).statuses
    assert status.state == "done"
