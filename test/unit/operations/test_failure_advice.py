"""Likely causes and next steps in reports, by kind of failure."""

from __future__ import annotations

import pytest

from datalake_sdk.operations.investigate.advice import advice_for

EXITED = "EssentialContainerExited: Essential container in task exited; container load: "


@pytest.mark.parametrize(
    ("error", "message", "likely_cause", "next_step"),
    [
        ("TerminalError", "ValueError: no such column", "raised an exception", "the end of the log"),
        (
            "TerminalError",
            "ReportedFailureError: job_end_status FAILURE for 'sales.orders'",
            "reported failure",
            "redrive",
        ),
        ("TerminalError", f"{EXITED}exit code 0", "without reporting a result", "end of the log"),
        ("TransientError", f"{EXITED}exit code 137", "SIGKILL", "`memory`"),
        ("TerminalError", f"{EXITED}exit code 137, OutOfMemoryError: Container killed", "more memory", "`memory`"),
        (
            "TerminalError",
            "TaskFailedToStart: CannotPullContainerError: not found",
            "image",
            "Apply the pipeline again",
        ),
        ("TerminalError", "MaximumAgeExceeded: Running since 2026-01-31", "max_task_age_minutes", "Reduce the work"),
        ("TerminalError", "AccessDeniedError: access denied: s3:GetObject on 'x'", "lacks a permission", "Declare"),
        ("TransientError", "JobRunFAILED: Job failed", "Spark job failed", "log of the driver"),
        ("States.HeartbeatTimeout", "", "stopped sending heartbeats", "end of the log"),
        ("States.Timeout", "", "longer than its `timeout_minutes`", "raise `timeout_minutes`"),
        ("TransientError", "ConnectionResetError: connection lost", "outlasted the retries", "Redrive"),
        ("States.Runtime", "The JSONPath '$.x' could not be found", "does not exist in its input", "Compare the input"),
        ("", "", "reported no error", "Open the execution"),
    ],
)
def test_each_failure_has_a_likely_cause_and_a_next_step(error, message, likely_cause, next_step):
    advice = advice_for(error, message)
    assert likely_cause in advice.likely_cause
    assert next_step in advice.next_step


def test_the_hint_of_the_error_is_the_next_step():
    assert advice_for("TerminalError", "ValueError: x", "Write --mode append.").next_step == "Write --mode append."
