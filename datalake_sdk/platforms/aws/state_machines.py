"""A state machine's definition: which states run a task, and what they ask of ECS or EMR Serverless."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ECS = "ecs"
EMR_SERVERLESS = "emr-serverless"
_RUNS_A_TASK = re.compile(
    r"arn:[\w-]+:states:::(?:aws-sdk:)?(?:(ecs):runTask|(emr-?serverless):startJobRun)(?:\.\w+)?$"
)
"""https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html"""
_FREE_KEYS = {"properties", "tags", "logTypes"}
"""Fields whose keys are the user's words."""
_COMPUTED_KEY = ".$"
"""https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html"""
_JSONATA = re.compile(r"\s*\{%(.*)%\}\s*$", re.DOTALL)
"""https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html"""


@dataclass(frozen=True)
class Computed:
    """A value that Step Functions computes when the state is entered.

    Args:
        expression: A path or intrinsic function, or JSONata without its brackets.
    """

    expression: str


@dataclass(frozen=True)
class TaskState:
    """A state that runs a task.

    Args:
        name: Of the state.
        service: `ecs` or `emr-serverless`.
        request: What it asks of the service, in the spelling of the service's API; computed values are `Computed`.
    """

    name: str
    service: str
    request: Mapping[str, Any]


def task_states(definition: Mapping[str, Any]) -> Iterator[TaskState]:
    """The states that run tasks, those within Parallel and Map states too.

    Args:
        definition: In Amazon States Language, as JSON gives it.
    """
    for name, state in definition["States"].items():
        runs = _RUNS_A_TASK.match(state.get("Resource", ""))
        if runs:
            request = state.get("Arguments") or state.get("Parameters") or {}
            yield TaskState(name, ECS if runs[1] else EMR_SERVERLESS, _spelled(request))
        for inner in _inside(state):
            yield from task_states(inner)


def _inside(state: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    # A Map's states were its Iterator before they were its ItemProcessor.
    # https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html
    mapped = state.get("ItemProcessor") or state.get("Iterator")
    return [*state.get("Branches", ()), *([mapped] if mapped else ())]


def _spelled(value: Any, free: bool = False) -> Any:
    """A request in the API's spelling: Step Functions begins the fields of every service with a capital."""
    if isinstance(value, dict):
        return dict(_field(key, inner, free) for key, inner in value.items())
    if isinstance(value, list):
        return [_spelled(inner) for inner in value]
    computed = _JSONATA.match(value) if isinstance(value, str) else None
    return Computed(computed[1].strip()) if computed else value


def _field(key: str, value: Any, free: bool) -> tuple[str, Any]:
    plain = key.removesuffix(_COMPUTED_KEY)
    name = plain if free else plain[:1].lower() + plain[1:]
    return name, _spelled(value, free=name in _FREE_KEYS) if plain == key else Computed(value)
