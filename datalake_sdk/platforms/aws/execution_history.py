"""Task states of an execution, from its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from datalake_sdk.platforms.aws.execution_logs import invocation_log, submitted_log, task_output
from datalake_sdk.platforms.deployments import ExecutionState, LogStreams, Loop

FAILURES = ("TaskFailed", "TaskTimedOut", "TaskStartFailed", "TaskSubmitFailed")
"""https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html"""
_LOOP_ENDS = ("MapStateAborted", "MapStateExited", "MapStateFailed", "MapStateSucceeded")
_SKIPPED = " skipped"
"""End of the names of Pass states that stand for skipped tasks."""


def execution_states(machine: str, history: Iterable[Mapping[str, Any]]) -> list[ExecutionState]:
    """Returns the task states that were entered, also in iterations, and the tasks that were skipped, in order.

    Args:
        machine: Name of the state machine.
        history: Events of an execution, oldest first.
    """
    states: dict[int, ExecutionState] = {}
    scheduled: dict[int, Mapping[str, Any]] = {}
    """For each state, the details of its last attempt."""
    entries: dict[int, int] = {}
    """For each event of a task state, the id of the event with which the state was entered."""
    loops: dict[int, Loop] = {}
    """For each event in a Map state, that state."""
    for event in history:
        kind, identifier, previous = event["type"], event["id"], event["previousEventId"]
        if loop := _loop(event, loops.get(previous)):
            loops[identifier] = loop
        if kind.endswith("StateEntered"):
            if state := _entered(event, loop):
                states[identifier] = state
                entries[identifier] = identifier
        elif (entry := entries.get(previous)) is not None:
            states[entry] = _after(states[entry], event)
            if kind == "TaskScheduled":
                scheduled[entry] = event.get("taskScheduledEventDetails", {})
                log = invocation_log(machine, scheduled[entry], event["timestamp"])
                states[entry] = _with_log(states[entry], log)
            elif kind == "TaskSubmitted":
                log = submitted_log(machine, scheduled.get(entry, {}), event["taskSubmittedEventDetails"])
                states[entry] = _with_log(states[entry], log)
            if not kind.endswith("StateExited"):
                entries[identifier] = entry
    return list(states.values())


def _loop(event: Mapping[str, Any], loop: Loop | None) -> Loop | None:
    """Returns the Map state that an event belongs to, given that of the event before it."""
    if event["type"] == "MapStateStarted":
        return Loop(event["id"], event["mapStateStartedEventDetails"]["length"])
    return None if event["type"] in _LOOP_ENDS else loop


def _entered(event: Mapping[str, Any], loop: Loop | None) -> ExecutionState | None:
    """Returns the state that an event enters; None unless it is a task or stands for a skipped one."""
    name, time = event["stateEnteredEventDetails"]["name"], event["timestamp"]
    if event["type"] == "TaskStateEntered":
        return ExecutionState(name, "running", time, loop=loop)
    if event["type"] == "PassStateEntered" and name.endswith(_SKIPPED):
        return ExecutionState(name.removesuffix(_SKIPPED), "skipped", time, time)
    return None


def _with_log(state: ExecutionState, log: LogStreams | None) -> ExecutionState:
    return state if log is None else replace(state, logs=(*state.logs, log))


def _after(state: ExecutionState, event: Mapping[str, Any]) -> ExecutionState:
    kind = event["type"]
    if kind in FAILURES:
        return replace(state, status="failed", ended=event["timestamp"])
    if kind == "TaskScheduled" and state.status == "failed":
        return replace(state, status="retrying", ended=None)
    if kind == "TaskSucceeded":
        return replace(state, output=task_output(event.get("taskSucceededEventDetails", {})))
    # A state whose failure is caught is exited as well.
    if kind == "TaskStateExited" and state.status != "failed":
        return replace(state, status="succeeded", ended=event["timestamp"])
    return state
