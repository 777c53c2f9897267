"""State machine definitions: validation rules of Step Functions that moto's interpreter does not check."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import AWSError
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("states_definitions")


class InvalidDefinition(AWSError):
    TYPE = "InvalidDefinition"
    STATUS = 400


@PATCHES.replace(StepFunctionsParserBackend, "_validate_definition", "a5921e3d3b46")
def _validate_definition(stock: Callable[[str], None], definition: str) -> None:
    problems = diagnostics(stock, definition)
    if problems:
        messages = ", ".join(f"{problem['code']}: {problem['message']}" for problem in problems)
        raise InvalidDefinition(f"Invalid State Machine Definition: '{messages}'")


@PATCHES.add(StepFunctionResponse, "validate_state_machine_definition")
def _validate_state_machine_definition(self: StepFunctionResponse) -> ActionResult:
    import inspect

    stock = inspect.unwrap(StepFunctionsParserBackend._validate_definition)
    problems = diagnostics(stock, self._get_param("definition"))
    return ActionResult({"result": "FAIL" if problems else "OK", "diagnostics": problems, "truncated": False})


def diagnostics(parse: Callable[[str], None], definition: str) -> list[dict[str, str]]:
    """Returns the problems of a definition, each with severity, code, message and location.

    Args:
        parse: moto's validation, which raises an exception.
        definition: The definition as JSON.
    """
    try:
        machine = json.loads(definition)
    except ValueError as error:
        return [_problem("INVALID_JSON_DESCRIPTION", str(error), "")]
    try:
        parse(definition)
    except AWSError as error:
        return [_problem("SCHEMA_VALIDATION_FAILED", error.message, "")]
    return list(_wrong_transitions(machine, ""))


def _wrong_transitions(machine: dict[str, Any], where: str) -> Iterator[dict[str, str]]:
    states = machine["States"]
    reached = set()
    for place, field, name in _transitions(machine, where):
        reached.add(name)
        if name not in states:
            yield _problem("MISSING_TRANSITION_TARGET", f"Missing '{field}' target: {name}", place)
    for name in states.keys() - reached:
        yield _problem("MISSING_TRANSITION_TARGET", f'State "{name}" is not reachable.', f"{where}/States/{name}")
    for name, state in states.items():
        for place, inner in _inner_machines(state, f"{where}/States/{name}"):
            yield from _wrong_transitions(inner, place)


def _transitions(machine: dict[str, Any], where: str) -> Iterator[tuple[str, str, str]]:
    yield f"{where}/StartAt", "StartAt", machine["StartAt"]
    for name, state in machine["States"].items():
        path = f"{where}/States/{name}"
        for field in ("Next", "Default"):
            if field in state:
                yield f"{path}/{field}", field, state[field]
        for field in ("Choices", "Catch"):
            for index, rule in enumerate(state.get(field, [])):
                yield f"{path}/{field}[{index}]/Next", "Next", rule["Next"]


def _inner_machines(state: dict[str, Any], where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, branch in enumerate(state.get("Branches", [])):
        yield f"{where}/Branches[{index}]", branch
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield f"{where}/{field}", state[field]


def _problem(code: str, message: str, location: str) -> dict[str, str]:
    return {"severity": "ERROR", "code": code, "message": message, "location": location}
