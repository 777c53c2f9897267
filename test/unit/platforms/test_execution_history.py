"""Task states of an execution, from its history."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from datalake_sdk.platforms.aws.execution_history import execution_states


def event(identifier, previous, kind, name="Load"):
    details = {"stateEnteredEventDetails": {"name": name}} if kind == "TaskStateEntered" else {}
    time = datetime(2026, 1, 31, 5, 0, identifier, tzinfo=UTC)
    return {"id": identifier, "previousEventId": previous, "type": kind, "timestamp": time, **details}


STARTED = [event(1, 0, "ExecutionStarted"), event(2, 1, "TaskStateEntered"), event(3, 2, "TaskScheduled")]
FAILED = [*STARTED, event(4, 3, "TaskFailed")]
RETRIED = [*FAILED, event(5, 4, "TaskScheduled")]


@pytest.mark.parametrize(
    ("history", "status"),
    [
        (STARTED, "running"),
        ([*STARTED, event(4, 3, "TaskSucceeded"), event(5, 4, "TaskStateExited")], "succeeded"),
        (FAILED, "failed"),
        ([*STARTED, event(4, 3, "TaskTimedOut")], "failed"),
        (RETRIED, "retrying"),
        ([*RETRIED, event(6, 5, "TaskSucceeded"), event(7, 6, "TaskStateExited")], "succeeded"),
        # The failure is caught.
        ([*FAILED, event(5, 4, "TaskStateExited"), event(6, 5, "PassStateEntered")], "failed"),
    ],
)
def test_the_status_of_a_state_follows_from_its_events(history, status):
    (state,) = execution_states(history)
    assert (state.name, state.status) == ("Load", status)


def test_events_belong_to_the_state_that_they_descend_from():
    history = [
        *STARTED,
        event(4, 1, "TaskStateEntered", "Count"),
        event(5, 4, "TaskScheduled"),
        event(6, 5, "TaskFailed"),
        event(7, 3, "TaskSucceeded"),
        event(8, 7, "TaskStateExited"),
    ]
    states = [(state.name, state.status, state.ended.second) for state in execution_states(history)]
    assert states == [("Load", "succeeded", 8), ("Count", "failed", 6)]
