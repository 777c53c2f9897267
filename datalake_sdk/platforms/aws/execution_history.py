"""Task states of an execution, from its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from datalake_sdk.platforms.aws.execution_logs import submitted_log
from datalake_sdk.platforms.deployments import ExecutionState

FAILURES = ("TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed")
"""https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html"""


def execution_states(machine: str, history: Iterable[Mapping[str, Any]]) -> list[ExecutionState]:
    """Returns the task states that were entered, in order; iterations of a Map state are separate entries.

    Args:
        machine: Name of the state machine.
        history: Events of an execution, oldest first.
    """
    states: dict[int, ExecutionState] = {}
    scheduled: dict[int, Mapping[str, Any]] = {}
    """For each state, the details of its last attempt."""
    entries: dict[int, int] = {}
    """For each event of a task state, the id of the event with which the state was entered."""
    for event in history:
        kind, identifier = event["type"], event["id"]
        if kind == "TaskStateEntered":
            entries[identifier] = identifier
            name = event["stateEnteredEventDetails"]["name"]
            states[identifier] = ExecutionState(name, "running", event["timestamp"])
        elif (entry := entries.get(event["previousEventId"])) is not None:
            states[entry] = _after(states[entry], event)
            if kind == "TaskScheduled":
                scheduled[entry] = event.get("taskScheduledEventDetails", {})
            elif kind == "TaskSubmitted":
                states[entry] = _with_log(states[entry], machine, scheduled.get(entry, {}), event)
            if kind != "TaskStateExited":
                entries[identifier] = entry
    return list(states.values())


def _with_log(
    state: ExecutionState, machine: str, scheduled: Mapping[str, Any], event: Mapping[str, Any]
) -> ExecutionState:
    log = submitted_log(machine, scheduled, event["taskSubmittedEventDetails"])
    return state if log is None else replace(state, logs=(*state.logs, log))


def _after(state: ExecutionState, event: Mapping[str, Any]) -> ExecutionState:
    kind = event["type"]
    if kind in FAILURES:
        return replace(state, status="failed", ended=event["timestamp"])
    if kind == "TaskScheduled" and state.status == "failed":
        return replace(state, status="retrying", ended=None)
    if kind == "TaskSucceeded":
        return replace(state, output=event.get("taskSucceededEventDetails", {}).get("output"))
    # A state whose failure is caught is exited as well.
    if kind == "TaskStateExited" and state.status != "failed":
        return replace(state, status="succeeded", ended=event["timestamp"])
    return state
