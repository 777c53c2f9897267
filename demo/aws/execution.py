"""The progress of an execution of a state machine, from its history."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_POLL_INTERVAL_SECONDS = 0.2
_ENDED = ("ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionAborted")
_TEXTS = {
    "TaskStateEntered": "{task} started",
    "TaskStateExited": "{task} succeeded",
    "ExecutionRedriven": "redriven",
    "ExecutionSucceeded": "execution succeeded",
    "ExecutionFailed": "execution failed",
    "ExecutionTimedOut": "execution timed out",
    "ExecutionAborted": "execution stopped",
}


@dataclass(frozen=True)
class Progress:
    """An event of an execution.

    Attributes:
        event: Number of the event.
        text: Description; empty for events of no interest.
        ecs_task: ARN of the ECS task that was started, or an empty string.
    """

    event: int
    text: str
    ecs_task: str = ""


def follow(states: Any, execution: str, after: int = 0) -> Iterator[Progress]:
    """Yields the events of an execution as they occur, until it ends.

    Args:
        states: A client of Step Functions.
        execution: ARN of the execution.
        after: Number of the last event that is skipped.
    """
    while True:
        history = states.get_execution_history(executionArn=execution)["events"]
        for event in history[after:]:
            yield progress_of(event, history)
            if event["type"] in _ENDED:
                return
        after = len(history)
        time.sleep(_POLL_INTERVAL_SECONDS)


def progress_of(event: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> Progress:
    """Describes an event of a history, which contains all earlier events in order."""
    task = _task_of(event, history)
    match event["type"]:
        case "TaskSubmitted":
            submitted = json.loads(event["taskSubmittedEventDetails"]["output"])
            return Progress(event["id"], "", submitted["Tasks"][0]["TaskArn"])
        case "TaskFailed":
            failure = event["taskFailedEventDetails"]
            return Progress(event["id"], f"{task} failed: {failure['error']}: {_reason(task, failure['cause'])}")
    return Progress(event["id"], _TEXTS.get(event["type"], "").format(task=task))


def _task_of(event: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> str:
    """Name of the task to whose state an event belongs; empty for other events."""
    while event["type"] != "TaskStateEntered":
        if event["type"] == "TaskStateExited":
            return str(event["stateExitedEventDetails"]["name"])
        if not event.get("previousEventId"):
            return ""
        event = history[event["previousEventId"] - 1]
    return str(event["stateEnteredEventDetails"]["name"])


def _reason(task: str, cause: str) -> str:
    """A cause without the name of the task before it, and the hint and links after it."""
    return cause.partition("\n")[0].removeprefix(f"{task}: ")
