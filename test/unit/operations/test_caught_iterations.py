"""Reports of executions in which a failed iteration was caught before another task failed."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from datalake_sdk.operations.investigate import investigate
from datalake_sdk.platforms.investigation import UnsuccessfulExecution, UnsuccessfulTask
from datalake_sdk.settings import Environment

START = datetime(2026, 1, 31, tzinfo=UTC)
FAILED_FIRST = ("TerminalError", "load: OutOfMemoryError: the container was killed")
FAILED_LAST = ("States.Timeout", "")


def task(name, error, cause):
    return UnsuccessfulTask(state=name, task=name, error=error, cause=cause, attempts=1, entered=START, ended=START)


@pytest.fixture
def likely_cause():
    """`likely_cause(error, cause)` returns that of an execution with this error, in which two tasks failed."""

    def likely_cause(error, cause):
        found = UnsuccessfulExecution(
            pipeline="daily",
            name="monday",
            identifier="arn",
            status="FAILED",
            started=START,
            ended=START,
            error=error,
            cause=cause,
            given="{}",
            tasks=(task("load", *FAILED_FIRST), task("count", *FAILED_LAST)),
        )
        investigations = SimpleNamespace(execution=lambda *_: found)
        environment = Environment("shop", "sales", "dev", "eu-west-1")
        return investigate(SimpleNamespace(environment=environment, investigations=investigations)).likely_cause

    return likely_cause


def test_the_likely_cause_is_that_of_the_error_that_ended_the_execution(likely_cause):
    assert likely_cause(*FAILED_LAST) == "The task ran longer than its `timeout_minutes`."


def test_otherwise_the_likely_cause_is_that_of_the_first_failed_task(likely_cause):
    assert likely_cause("Broken", "no rows") == "The task needed more memory than its container has."
