"""The status of a task whose process ended, from its exit code and its report."""

from __future__ import annotations

from pathlib import Path

import pytest

from datalake_sdk.errors import UnknownTableError
from datalake_sdk.operations.run_pipeline.task_process import TaskState, TaskStatus, ended_status
from datalake_sdk.pipelines.definition import Task
from datalake_sdk.platforms.local.task_reports import FileReporter, TaskFileReport, read_report
from datalake_sdk.runtime.reporting import failure_of

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
        (-9, None, "its process was killed by signal 9 without reporting a result", ""),
        (3, None, "its process ended with exit code 3 without reporting a result", ""),
        (None, None, "it took longer than 5 minutes", "Raise timeout_minutes of the task."),
    ],
)
def test_a_failure_has_a_reason(exit_code, report, error, hint):
    status = ended_status(FAILED, Task("load", timeout_minutes=5), exit_code, report)
    assert (status.state, status.error, status.hint) == (TaskState.FAILED, error, hint)


def test_a_success_has_the_rows_of_all_tables():
    report = TaskFileReport(output={"tables": {"a.b": {"rows_read": 2}, "a.c": {"rows_read": 3}, "a.d": {}}})
    status = ended_status(FAILED, Task("load"), 0, report)
    assert (status.state, status.rows) == (TaskState.SUCCEEDED, 5)


def test_reports_are_files_named_by_the_token(tmp_path):
    token = str(tmp_path / "load.json")
    FileReporter().send_success(token, '{"tables": {}}')
    assert read_report(Path(token)) == TaskFileReport(output={"tables": {}})
    FileReporter().send_failure(token, "TransientError", "load: StorageError: disk full")
    failure = TaskFileReport(error="TransientError", cause="load: StorageError: disk full")
    assert read_report(Path(token)) == failure
    assert read_report(tmp_path / "missing.json") is None
