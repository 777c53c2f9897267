"""The log of an invocation on Lambda, whose stream also contains other invocations."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from datalake_sdk.platforms.aws.invocation_logs import InvocationLog, invocation_tail
from datalake_sdk.platforms.aws.session import AwsSession

REQUESTED = datetime(2026, 1, 31, tzinfo=UTC)
MILLISECONDS = int(REQUESTED.timestamp() * 1000)
STREAM = "2026/01/31/[$LATEST]0123"
LINES = [
    "START RequestId: b Version: $LATEST\n",
    "Run first\n",
    "of the first\n",
    "END RequestId: b\n",
    "START RequestId: c Version: $LATEST\n",
    "Run second\n",
    "of the second\n",
    "END RequestId: c\n",
    "REPORT RequestId: c\n",
    "START RequestId: d Version: $LATEST\n",
    "Run third\n",
    "of the third\n",
]


@pytest.fixture
def session(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    return AwsSession("eu-west-1")


@pytest.fixture
def logs(session):
    with Stubber(session.client("logs")) as stubber:
        yield stubber


def found(logs, *events):
    interval = {"startTime": MILLISECONDS - 60_000, "endTime": MILLISECONDS + 16 * 60_000}
    expected = {"logGroupName": "group", **interval, "filterPattern": '"Run second"'}
    logs.add_response("filter_log_events", {"events": list(events)}, expected)


def read(logs, lines, token):
    """Expects a request for the lines, and another that finds no more."""
    where = {"logGroupName": "group", "logStreamName": STREAM, "startFromHead": True, "startTime": 5}
    events = [{"timestamp": 5, "message": line} for line in lines]
    logs.add_response("get_log_events", {"events": events, "nextForwardToken": token}, where)
    again = {"events": [], "nextForwardToken": token}
    logs.add_response("get_log_events", again, {**where, "nextToken": token})


def test_only_the_lines_of_the_invocation_are_read(session, logs):
    log = InvocationLog(session, "group", "second", REQUESTED)
    found(logs)
    assert log.new_lines() == []
    assert str(log) == "log group 'group'"
    found(logs, {"logStreamName": STREAM, "timestamp": 5})
    read(logs, LINES, "f/1")
    assert log.new_lines() == ["of the second\n"]
    assert str(log) == f"log group 'group', stream '{STREAM}'"


@pytest.mark.parametrize(
    ("lines", "last"),
    [(LINES, ("of the second",)), (["later\n", "END RequestId: c\n", "REPORT RequestId: c\n"], ("later",))],
)
def test_only_the_end_of_a_log_is_requested(session, logs, lines, last):
    found(logs, {"logStreamName": STREAM, "timestamp": MILLISECONDS})
    interval = {"startTime": MILLISECONDS, "endTime": MILLISECONDS + 60_000}
    where = {"logGroupName": "group", "logStreamName": STREAM, "startFromHead": False, "limit": 10_000, **interval}
    events = [{"timestamp": MILLISECONDS, "message": line} for line in lines]
    logs.add_response("get_log_events", {"events": events}, where)
    tail = invocation_tail(session, "group", "second", REQUESTED, REQUESTED, 40)
    assert (tail.lines, tail.problem) == (last, "")
    assert tail.link.endswith("/log-events/2026$252F01$252F31$252F$255B$2524LATEST$255D0123")


def test_a_log_that_does_not_exist_is_described(session, logs):
    logs.add_client_error("filter_log_events", "ResourceNotFoundException")
    tail = invocation_tail(session, "group", "second", REQUESTED, None, 40)
    assert tail.lines == ()
    assert tail.problem.startswith("it does not exist")
