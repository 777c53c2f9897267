"""Loops of a local run, with processes that only report."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from datalake_sdk.operations.run_pipeline.control_flow import ControlFlow
from datalake_sdk.operations.run_pipeline.processes import Processes
from datalake_sdk.operations.run_pipeline.run import new_run
from datalake_sdk.operations.run_pipeline.task_process import TaskRunner, TaskState
from datalake_sdk.pipelines.definition import ForEach, Pipeline, Task
from datalake_sdk.platforms.local.task_reports import TaskFileReport, write_report
from datalake_sdk.platforms.select import resolve_environment
from datalake_sdk.runtime.environment import TASK_TOKEN


class PairedProcesses(Processes):
    """Processes that end in pairs, so that at least two must run at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.pair = threading.Barrier(2, timeout=60)
        self.threads: set[str] = set()

    def run_module(self, python, module, given, *arguments, **options):
        self.threads.add(threading.current_thread().name)
        self.pair.wait()
        write_report(Path(given.variables[TASK_TOKEN]), TaskFileReport(output={"tables": {"a.b": {"rows_read": 1}}}))
        return 0


@pytest.fixture
def loop(tmp_path):
    """`loop(processes, for_each)` runs a loop; returns its last status and its earlier progress."""

    def run(processes: Processes, for_each: ForEach):
        task = Task("load", path=".", for_each=for_each)
        pipeline = Pipeline("daily", {"load": task}, {}, tmp_path)
        run = new_run(resolve_environment(None, None, None, local_root=tmp_path / "lake"), "daily", {})
        run.record()
        shown = []
        runner = TaskRunner(pipeline, run, processes, shown.append, slots=threading.Semaphore(40))
        (status,) = ControlFlow(pipeline, run, runner).execute(task)
        return status, [each.iterations for each in shown]

    return run


def test_iterations_run_in_parallel_up_to_the_limit(loop):
    processes = PairedProcesses()
    status, progress = loop(processes, ForEach(items=list(range(40)), max_concurrency=2))
    assert (status.state, status.iterations, status.rows) == (TaskState.SUCCEEDED, (40, 40), 40)
    assert progress == [(count, 40) for count in range(41)]
    assert processes.threads == {"iteration_0", "iteration_1"}
