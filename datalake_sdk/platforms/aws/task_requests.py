"""From a state to a request that runs its task alone: the pipeline's part left out, the caller's variables put in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from datalake_sdk.errors import AmbiguousTaskError, ComputedValuesError, NoSuchTaskError
from datalake_sdk.platforms.aws import ecs_requests, emr_requests
from datalake_sdk.platforms.aws.computed_text import MARK
from datalake_sdk.platforms.aws.state_machines import ECS, Computed, TaskState
from datalake_sdk.platforms.base import TaskCall

_OF_ONE_REQUEST = ("clientToken", "referenceId", "startedBy", "count")
"""Fields that a second request must not share with the first."""
_FOR_READERS = ("name", "group", "tags")
"""Fields that change nothing in what runs."""


def find_state(states: Sequence[TaskState], call: TaskCall, state_machine: str) -> TaskState:
    """The state that runs a task.

    Args:
        states: Of the pipeline's state machine.
        call: Which task.
        state_machine: Its name; a task's definition is named like it, with `_` and the task.

    Raises:
        NoSuchTaskError: No state runs it; with the tasks that there are.
        AmbiguousTaskError: Several do, in different ways, and none is named like the task.
    """
    tasks = [_task_of(state, call.named_by, state_machine) for state in states]
    found = [state for state, task in zip(states, tasks, strict=True) if task == call.task]
    if not found:
        raise NoSuchTaskError(call.task, state_machine, sorted(set(tasks)))
    best = [state for state in found if state.name == call.task] or found
    if any(state.request != best[0].request for state in best):
        raise AmbiguousTaskError(call.task, [state.name for state in best])
    return best[0]


def ecs_request(state: TaskState, container: str, call: TaskCall) -> dict[str, Any]:
    """What RunTask takes.

    Args:
        state: The task's state.
        container: The container that runs the task's code.
        call: Variables to give and to leave out.

    Raises:
        ComputedValuesError: Only an execution has some of the values.
    """
    request = _for_once(state.request)
    variables = _variables(ecs_requests.environment(request), call)
    _check(call.task, variables, ecs_requests.with_environment(request, {}, container))
    return ecs_requests.with_environment(request, variables, container)


def emr_request(state: TaskState, call: TaskCall) -> dict[str, Any]:
    """What StartJobRun takes.

    Args:
        state: The task's state.
        call: Variables to give and to leave out.

    Raises:
        ComputedValuesError: Only an execution has some of the values.
    """
    request = _for_once(state.request)
    variables = _variables(emr_requests.environment(request), call)
    _check(call.task, variables, emr_requests.with_environment(request, {}))
    return emr_requests.with_environment(request, variables)


def _task_of(state: TaskState, named_by: str, state_machine: str) -> str:
    """By its variable, else by its task definition, else by its own name."""
    found = ecs_requests if state.service == ECS else emr_requests
    carried = found.environment(state.request).get(named_by)
    if isinstance(carried, str):
        return carried
    definition = state.request.get("taskDefinition")
    family = definition.split("/")[-1].split(":")[0] if isinstance(definition, str) else ""
    prefix = f"{state_machine}_"
    return family.removeprefix(prefix) if family.startswith(prefix) else state.name


def _for_once(request: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in request.items()
        if name not in _OF_ONE_REQUEST and not (name in _FOR_READERS and any(_computed(value, name)))
    }


def _variables(carried: Mapping[str, Any], call: TaskCall) -> dict[str, Any]:
    return {name: value for name, value in {**carried, **call.variables}.items() if value is not None}


def _check(task: str, variables: Mapping[str, Any], others: Mapping[str, Any]) -> None:
    names = sorted(name for name, value in variables.items() if any(_computed(value, name)))
    fields = list(_computed(others, ""))
    if names or fields:
        raise ComputedValuesError(task, names, fields)


def _computed(value: Any, path: str) -> Iterator[str]:
    """Where in a request Step Functions puts a value in."""
    if isinstance(value, Computed) or (isinstance(value, str) and MARK in value):
        yield path
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _computed(each, f"{path}.{key}" if path else str(key))
