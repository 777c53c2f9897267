"""The status of a task whose process ended, from its exit code and its report."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalake_sdk.errors import UnknownTableError
from datalake_sdk.operations.run_pipeline.processes import Processes
from datalake_sdk.operations.run_pipeline.run import new_run
from datalake_sdk.operations.run_pipeline.task_process import (
    Invocation,
    TaskRunner,
    TaskState,
    TaskStatus,
    ended_status,
    retry_delay,
)
from datalake_sdk.pipelines.definition import Pipeline, Task
from datalake_sdk.platforms.local.task_reports import FileReporter, TaskFileReport, read_report
from datalake_sdk.platforms.select import resolve_environment
from datalake_sdk.runtime.reporting import failure_of

FAILS_ONCE_TRANSIENTLY = """
from pathlib import Path

def main(job):
    attempted = Path("attempted")
    if attempted.exists():
        raise ValueError("second attempt")
    attempted.touch()
    raise ConnectionError("first attempt")
"""
KILLED = (
    "The system kills processes when memory runs out: read fewer rows at a time, or run the task alone with --task."
)
FAILED = TaskStatus("load", TaskState.FAILED, Path("load.log"))
CAUSE = failure_of(UnknownTableError("dev_sales.orders", ["dev_sales.order"]), "load").cause


@pytest.mark.parametrize(
    ("exit_code", "report", "error", "hint"),
    [
        (
            1,
            TaskFileReport(error="TerminalError", cause=CAUSE),
            "UnknownTableError: table 'dev_sales.orders' does not exist",
            "Did you mean 'dev_sales.order'?",
        ),
        (-9, None, "its process was killed by signal 9 without reporting a result", KILLED),
        (-11, None, "its process was killed by signal 11 without reporting a result", ""),
        (3, None, "its process ended with exit code 3 without reporting a result", ""),
        (None, None, "it took longer than 5 minutes", "Raise timeout_minutes of the task."),
    ],
)
def test_a_failed_task_has_an_error_and_a_hint(exit_code, report, error, hint):
    status = ended_status(FAILED, Invocation(Task("load", timeout_minutes=5), {}), exit_code, report)
    assert (status.state, status.error, status.hint) == (TaskState.FAILED, error, hint)


def test_a_success_has_the_rows_of_all_tables():
    report = TaskFileReport(output={"tables": {"a.b": {"rows_read": 2}, "a.c": {"rows_read": 3}, "a.d": {}}})
    status = ended_status(FAILED, Invocation(Task("load"), {}), 0, report)
    assert (status.state, status.rows) == (TaskState.SUCCEEDED, 5)


def test_a_large_result_without_statistics_has_no_rows():
    report = TaskFileReport(output={"tables": ["a.b", "a.c"]})
    assert ended_status(FAILED, Invocation(Task("load"), {}), 0, report).rows == 0


def test_the_delay_before_a_retry_grows_up_to_a_limit():
    delays = [max(retry_delay(attempt) for _ in range(200)) for attempt in (1, 2, 3, 20)]
    assert all(delay <= limit for delay, limit in zip(delays, (5, 10, 20, 300), strict=True))
    assert delays == sorted(delays)


def test_a_transient_error_is_retried_and_another_is_not(tmp_path):
    (tmp_path / "load/code").mkdir(parents=True)
    (tmp_path / "load/code/main.py").write_text(FAILS_ONCE_TRANSIENTLY, encoding="utf-8")
    task = Task("load", path="load", retries=5)
    pipeline = Pipeline("daily", {"load": task}, {}, tmp_path)
    run = new_run(resolve_environment(None, None, None, local_root=tmp_path / "lake"), "daily", None)
    run.record()
    states = []
    with Processes() as processes:
        runner = TaskRunner(pipeline, run, processes, lambda status: states.append(status.state), lambda attempt: 0)
        ended = runner.execute(Invocation(task, {}))
    assert states == [TaskState.RUNNING, TaskState.RETRYING, TaskState.RUNNING]
    assert (ended.state, ended.error) == (TaskState.FAILED, "ValueError: second attempt")


def test_reports_are_files_named_by_the_token(tmp_path):
    token = str(tmp_path / "load.json")
    FileReporter().send_success(token, '{"tables": {}}')
    assert read_report(Path(token)) == TaskFileReport(output={"tables": {}})
    FileReporter().send_failure(token, "TransientError", "load: StorageError: disk full")
    failure = TaskFileReport(error="TransientError", cause="load: StorageError: disk full")
    assert read_report(Path(token)) == failure
    assert read_report(tmp_path / "missing.json") is None
