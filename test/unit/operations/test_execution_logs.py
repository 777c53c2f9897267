"""Logs of a followed execution: every line is shown once, including late lines, up to a limit per poll."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from datalake_sdk.errors import AccessDeniedError, ThrottledError
from datalake_sdk.operations.task_logs import ExecutionLogs
from datalake_sdk.platforms.deployments import ExecutionState, LogStreams

NOW = datetime(2026, 1, 31, tzinfo=UTC)
FIRST, SECOND = (LogStreams("group", (attempt,)) for attempt in ("first", "second"))
RUNNING = ExecutionState("load", "running", NOW, logs=(FIRST,))
ENDED = replace(RUNNING, status="failed", ended=NOW)


class Log:
    """A log with prepared pages; an exception among them is raised."""

    def __init__(self, *pages):
        self.pages = list(pages)

    def __str__(self):
        return "log group 'group'"

    def new_lines(self):
        page = self.pages.pop(0) if self.pages else []
        if isinstance(page, Exception):
            raise page
        return page


@pytest.fixture
def followed():
    """`followed({streams: log}, [states], …)` returns what is shown, and whether the logs are complete."""

    class Pipelines:
        def __init__(self, logs):
            self.log = logs.__getitem__

    def followed(logs, *polls):
        shown = []
        reader = ExecutionLogs(Pipelines(logs), lambda name, line: shown.append(f"{name} {line}"))
        for states in polls:
            reader.emit(states)
        return shown, reader.is_complete

    return followed


def test_lines_are_shown_as_they_arrive(followed):
    assert followed({FIRST: Log(["a"], ["b"])}, [RUNNING], [RUNNING]) == (["load a", "load b"], False)


def test_a_log_is_read_twice_after_the_end_since_the_last_lines_arrive_late(followed):
    log = Log([], ["late"], ["never"])
    assert followed({FIRST: log}, [ENDED], [ENDED], [ENDED]) == (["load late"], True)


def test_a_retry_has_a_log_of_its_own(followed):
    retrying = replace(RUNNING, logs=(FIRST, SECOND))
    logs = {FIRST: Log(["a"], ["b"]), SECOND: Log(["c"])}
    assert followed(logs, [RUNNING], [retrying]) == (["load a", "load b", "load c"], False)


def test_only_the_last_lines_of_a_long_log_are_shown(followed):
    shown, _ = followed({FIRST: Log([str(number) for number in range(1_234)])}, [RUNNING])
    assert shown[:2] == ["load … 1,134 lines are not shown; see log group 'group'", "load 1134"]
    assert len(shown) == 101


def test_a_log_that_cannot_be_read_is_not_read_again(followed, caplog):
    log = Log(AccessDeniedError("logs:GetLogEvents", "group", "", ""), ["never"])
    assert followed({FIRST: log}, [RUNNING], [RUNNING]) == ([], False)
    assert "cannot read the log of the task: " in caplog.text


def test_a_throttled_log_is_read_again(followed):
    log = Log(ThrottledError("logs", "slow down"), ["a"])
    assert followed({FIRST: log}, [RUNNING], [RUNNING]) == (["load a"], False)
