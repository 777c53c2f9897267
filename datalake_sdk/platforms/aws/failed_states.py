"""Task states that did not succeed, from the history of an execution, which is read from its end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datalake_sdk.platforms.aws.causes import error_name, readable_cause
from datalake_sdk.platforms.aws.execution_history import FAILURES

Event = Mapping[str, Any]
_ENTERED, _EXITED = "TaskStateEntered", "TaskStateExited"
_REDRIVEN = "ExecutionRedriven"


@dataclass
class FailedState:
    """A task state; its fields are those of the last attempt.

    Attributes:
        exited: Whether the execution left the state, so that its failure was caught.
        name: Name of the state; empty if the history was not read up to its start.
        error: Name of the error.
        cause: Cause of the error.
        attempts: Number of attempts.
        entered: When the state was entered.
        ended: When the last attempt failed; None if it was running when the execution ended.
        given: Input of the state.
        scheduled: When the last attempt was requested.
        parameters: Request to the service.
        submitted: Response of the service.
    """

    exited: bool
    name: str = ""
    error: str = ""
    cause: str = ""
    attempts: int = 0
    entered: datetime | None = None
    ended: datetime | None = None
    given: str = ""
    scheduled: datetime | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    submitted: Mapping[str, Any] = field(default_factory=dict)


def failed_states(pages: Iterable[Sequence[Event]]) -> list[FailedState]:
    """Returns the task states that did not succeed; those that failed first, and those that still ran last.

    Reads pages until the state that failed last is complete. A failure that was caught counts only if no other state
    is unsuccessful, since a state machine may report it later.

    Args:
        pages: Events of an execution since its last redrive, newest first.
    """
    history = _History()
    for page in pages:
        if history.read(page):
            break
    entered = [state for state in history.states if state.entered]
    unsuccessful = [state for state in entered if not state.exited]
    found = unsuccessful or [state for state in entered if state.ended]
    return sorted(found, key=lambda state: (state.ended is None, state.ended or state.entered))


class _History:
    """States found so far, and the events that belong to them but were not read yet."""

    def __init__(self) -> None:
        self.states: list[FailedState] = []
        self._awaited: dict[int, FailedState] = {}

    def read(self, page: Iterable[Event]) -> bool:
        """Reads a page; returns whether the rest of the history is not needed."""
        for event in page:
            if event["type"] == _REDRIVEN:
                return True
            if event["type"].startswith("Task"):
                self._add(event)
        return any(state.ended and state.entered and not state.exited for state in self.states)

    def _add(self, event: Event) -> None:
        kind = event["type"]
        state = self._awaited.pop(event["id"], None)
        if state is None:
            state = FailedState(exited=kind == _EXITED)
            self.states.append(state)
        _update(state, event)
        if kind != _ENTERED:
            self._awaited[event["previousEventId"]] = state
        elif state.exited and not state.ended:
            # It succeeded.
            self.states.remove(state)


def _update(state: FailedState, event: Event) -> None:
    kind, is_of_last_attempt = event["type"], state.attempts == 0
    details: Mapping[str, Any] = next((value for name, value in event.items() if name.endswith("EventDetails")), {})
    if kind == _ENTERED:
        state.name, state.entered, state.given = details["name"], event["timestamp"], details.get("input", "")
    elif kind == "TaskScheduled":
        if is_of_last_attempt:
            state.parameters, state.scheduled = _parsed(details.get("parameters")), event["timestamp"]
        state.attempts += 1
    elif kind in FAILURES and is_of_last_attempt:
        state.ended = event["timestamp"]
        cause = details.get("cause", "")
        state.error, state.cause = error_name(details.get("error", ""), cause), readable_cause(cause)
    elif kind == "TaskSubmitted" and is_of_last_attempt:
        state.submitted = _parsed(details.get("output"))


def _parsed(text: str | None) -> Mapping[str, Any]:
    """Parses JSON; an empty object if it was truncated, as Step Functions does with large values."""
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
