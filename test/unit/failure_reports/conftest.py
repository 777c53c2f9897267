from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from datalake_sdk.operations.investigate.report import FailureReport, TaskReport

TASK = TaskReport(
    task="load",
    state="Load",
    error="TerminalError",
    message="ValueError: no such column",
    where="code/main.py, line 6, in main",
    hint="",
    attempts=2,
    started=datetime(2026, 1, 31, 5, 0, 1, tzinfo=UTC),
    ended=datetime(2026, 1, 31, 5, 12, 10, tzinfo=UTC),
    given="{}",
    resource="arn:aws:ecs:eu-west-1:123456789012:task/shop_sales_dev/0a1b",
    log="log group 'shop_sales_dev_daily/load', stream 'ecs/load/0a1b'",
    log_link="https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1&x=1#logsV2",
    log_problem="",
    log_lines=("reading orders.csv", "ValueError: no such column"),
)
REPORT = FailureReport(
    environment="shop_sales_dev",
    pipeline="daily",
    execution="run-1",
    identifier="arn:aws:states:eu-west-1:123456789012:execution:shop_sales_dev_daily:run-1",
    status="FAILED",
    started=datetime(2026, 1, 31, 5, 0, tzinfo=UTC),
    ended=datetime(2026, 1, 31, 5, 12, 11, tzinfo=UTC),
    error="TerminalError",
    message="load: ValueError: no such column",
    given="{}",
    likely_cause="The code of the task raised an exception.",
    next_steps=("Correct the code.", "Then redrive the execution."),
    tasks=(TASK,),
    link="https://console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/run-1",
)


@pytest.fixture
def report():
    """`report(message="…", tasks={"message": "…"})`: a report with other values of some fields."""

    def report(tasks=None, **fields):
        return replace(REPORT, tasks=(replace(TASK, **(tasks or {})),), **fields)

    return report
