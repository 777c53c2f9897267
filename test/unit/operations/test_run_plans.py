"""Which tasks of a pipeline a run consists of, without starting it."""

from __future__ import annotations

import os

import pytest

from datalake_sdk.errors import NotWritableLakeError, RunInputError, TaskTokenError
from datalake_sdk.operations.run_pipeline import plan_run
from datalake_sdk.pipelines.definition import Pipeline, Task
from datalake_sdk.platforms.local.task_reports import FileReporter
from datalake_sdk.platforms.select import resolve_environment


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
    assert list(plan_run(open_lake(), pipeline, resume=run.id).before) == ["count"]
    assert list(plan_run(open_lake(), pipeline, resume=run.id, task="load").before) == ["load"]


def test_a_run_cannot_be_resumed_in_another_stage(pipeline, open_lake):
    run = plan_run(open_lake("dev"), pipeline).run
    run.record()
    with pytest.raises(RunInputError, match="a run of the environment local_lake_test, or pass -s of its stage"):
        plan_run(open_lake("test"), pipeline, resume=run.id)


def test_a_lake_that_is_a_file_is_an_error(pipeline, open_lake, tmp_path):
    (tmp_path / "lake.csv").touch()
    with pytest.raises(NotWritableLakeError, match="lake.csv': Not a directory"):
        plan_run(open_lake(folder="lake.csv"), pipeline).run.record()


def test_a_task_whose_run_was_killed_is_told_by_its_heartbeat(monkeypatch):
    reporter = FileReporter()
    reporter.send_heartbeat("load.json")
    monkeypatch.setattr(os, "getppid", lambda: 1)
    with pytest.raises(TaskTokenError):
        reporter.send_heartbeat("load.json")
