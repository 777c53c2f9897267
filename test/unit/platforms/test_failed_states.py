"""Task states that did not succeed, from histories that are read from their end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from datalake_sdk.platforms.aws.failed_states import failed_states

START = datetime(2026, 1, 31, tzinfo=UTC)
DETAILS = {
    "TaskStateEntered": "stateEnteredEventDetails",
    "TaskScheduled": "taskScheduledEventDetails",
    "TaskSubmitted": "taskSubmittedEventDetails",
    "TaskFailed": "taskFailedEventDetails",
    "TaskTimedOut": "taskTimedOutEventDetails",
}


class History:
    """Builds a history; an event follows the last one of its state."""

    def __init__(self):
        self.events = []
        self._last = {}

    def add(self, state, *kinds, **details):
        for kind in kinds:
            identifier = len(self.events) + 1
            given = {"name": state} if kind == "TaskStateEntered" else details
            self.events.append(
                {
                    "id": identifier,
                    "previousEventId": self._last.get(state, 0),
                    "type": kind,
                    "timestamp": START + timedelta(seconds=identifier),
                    **({DETAILS[kind]: given} if kind in DETAILS else {}),
                }
            )
            self._last[state] = identifier
        return self

    def states(self, page=1000):
        newest_first = self.events[::-1]
        pages = (newest_first[start : start + page] for start in range(0, len(newest_first), page))
        return failed_states(pages)


@pytest.fixture
def history():
    return History()


def attempt(history, state, number):
    history.add(state, "TaskScheduled", parameters=f'{{"attempt": {number}}}')
    history.add(state, "TaskSubmitted", output=f'{{"task": {number}}}')


@pytest.mark.parametrize("page", [1, 2, 1000])
def test_the_last_attempt_counts_and_all_are_counted(history, page):
    history.add("Load", "TaskStateEntered")
    for number in (1, 2):
        attempt(history, "Load", number)
        history.add("Load", "TaskFailed", error=f"Error{number}", cause=f"cause {number}")
    history.add("", "ExecutionFailed")
    (state,) = history.states(page)
    assert (state.name, state.error, state.cause, state.attempts) == ("Load", "Error2", "cause 2", 2)
    assert (state.parameters, state.submitted) == ({"attempt": 2}, {"task": 2})
    assert (state.entered.second, state.ended.second) == (1, 7)


def test_a_retry_that_was_running_has_no_error(history):
    history.add("Load", "TaskStateEntered")
    attempt(history, "Load", 1)
    history.add("Load", "TaskFailed", error="Error1")
    attempt(history, "Load", 2)
    history.add("", "ExecutionAborted")
    (state,) = history.states()
    assert (state.error, state.ended, state.attempts, state.submitted) == ("", None, 2, {"task": 2})


def test_states_that_succeeded_are_left_out(history):
    history.add("Load", "TaskStateEntered", "TaskScheduled", "TaskFailed", "TaskScheduled", "TaskSucceeded")
    history.add("Load", "TaskStateExited")
    history.add("Count", "TaskStateEntered", "TaskScheduled", "TaskTimedOut")
    assert [state.name for state in history.states()] == ["Count"]


def test_a_failure_that_was_caught_counts_if_no_other_state_is_unsuccessful(history):
    history.add("Load", "TaskStateEntered", "TaskScheduled", "TaskFailed", "TaskStateExited")
    assert [state.name for state in history.states()] == ["Load"]
    history.add("Count", "TaskStateEntered", "TaskScheduled", "TaskFailed")
    assert [state.name for state in history.states()] == ["Count"]


def test_the_state_that_failed_precedes_those_that_still_ran(history):
    history.add("Count", "TaskStateEntered")
    history.add("Load", "TaskStateEntered")
    history.add("Count", "TaskScheduled")
    history.add("Load", "TaskScheduled", "TaskFailed")
    assert [state.name for state in history.states()] == ["Load", "Count"]


def test_iterations_of_a_map_are_separate_states(history):
    for item in ("a", "b"):
        history.add(item, "TaskStateEntered", "TaskScheduled", "TaskFailed")
    assert [state.name for state in history.states()] == ["a", "b"]


def test_states_before_a_redrive_do_not_count(history):
    history.add("Load", "TaskStateEntered", "TaskScheduled", "TaskFailed")
    history.add("", "ExecutionFailed", "ExecutionRedriven")
    history.add("Count", "TaskStateEntered", "TaskScheduled", "TaskFailed")
    assert [state.name for state in history.states(page=2)] == ["Count"]


def test_a_long_history_is_read_only_until_the_failed_state_is_complete(history):
    for number in range(5000):
        history.add(f"Load {number}", "TaskStateEntered", "TaskScheduled", "TaskSucceeded", "TaskStateExited")
    history.add("Last", "TaskStateEntered", "TaskScheduled", "TaskFailed")
    newest_first = history.events[::-1]

    def pages():
        yield newest_first[:1000]
        pytest.fail("a second page was read")

    assert [state.name for state in failed_states(pages())] == ["Last"]


def test_values_that_step_functions_truncated_are_ignored(history):
    history.add("Load", "TaskStateEntered")
    history.add("Load", "TaskScheduled", parameters='{"Overrides": {"Contai')
    history.add("Load", "TaskFailed", error="Error")
    (state,) = history.states()
    assert (state.parameters, state.attempts, state.error) == ({}, 1, "Error")
