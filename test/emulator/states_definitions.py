"""State machine definitions: validation rules of Step Functions that moto's interpreter does not check."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import AWSError
from moto.stepfunctions.parser.asl.parse.preprocessor import Preprocessor
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from test.emulator.patching import ServicePatches
from test.emulator.states_rules import Definition, Problem, inner_machines, problem, problems

PATCHES = ServicePatches("states_definitions")


class InvalidDefinition(AWSError):
    TYPE = "InvalidDefinition"
    STATUS = 400


@PATCHES.replace(StepFunctionsParserBackend, "_validate_definition", "a5921e3d3b46")
def _validate_definition(stock: Callable[[str], None], definition: str) -> None:
    found = diagnostics(stock, definition)
    if found:
        messages = ", ".join(f"{each['code']}: {each['message']}{_at(each)}" for each in found)
        raise InvalidDefinition(f"Invalid State Machine Definition: '{messages}'")


@PATCHES.replace(Preprocessor, "_open_query_language_scope", "4e0bad6eb66e")
def _open_query_language_scope(stock: Callable[..., None], self: Preprocessor, tree: Any) -> None:
    """Gives each parser its own stack of query languages, which moto shares among all requests."""
    if "_query_language_per_scope" not in vars(self):
        self._query_language_per_scope = []
    stock(self, tree)


def _at(found: Problem) -> str:
    return f" at {found['location']}" if "location" in found else ""


@PATCHES.add(StepFunctionResponse, "validate_state_machine_definition")
def _validate_state_machine_definition(self: StepFunctionResponse) -> ActionResult:
    import inspect

    stock = inspect.unwrap(StepFunctionsParserBackend._validate_definition)
    found = diagnostics(stock, self._get_param("definition"))
    return ActionResult({"result": "FAIL" if found else "OK", "diagnostics": found, "truncated": False})


def diagnostics(parse: Callable[[str], None], definition: str) -> list[Problem]:
    """Returns the problems of a definition, each with severity, code, message and, if known, location.

    Args:
        parse: moto's validation, which raises an exception.
        definition: The definition as JSON.
    """
    try:
        machine = json.loads(definition, object_pairs_hook=_without_duplicates)
    except ValueError as error:
        return [problem(str(error), "", "INVALID_JSON_DESCRIPTION")]
    found = list(problems(machine))
    if found:
        return found
    try:
        parse(definition)
    except AWSError as error:
        return [problem(error.message, "")]
    return list(_invalid_transitions(machine))


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    for name, count in Counter(name for name, _ in pairs).items():
        if count > 1:
            raise ValueError(f"Duplicate field '{name}'")
    return dict(pairs)


def _invalid_transitions(machine: Definition, where: str = "") -> Iterator[Problem]:
    """https://github.com/floci-io/floci/pull/2786 lists what AWS reports, and in which order."""
    states = machine["States"]
    targets = list(_transitions(machine, where))
    for place, field, name in targets:
        if name not in states:
            yield problem(f"Missing '{field}' target: {name}", place, "MISSING_TRANSITION_TARGET")
    if not any(_is_terminal(state) for state in states.values()):
        yield problem("Workflow has no terminal state", "", "MISSING_END_STATE")
    else:
        for name in states.keys() - {name for _, _, name in targets}:
            location = f"{where}/States/{name}"
            yield problem(f'State "{name}" is not reachable.', location, "MISSING_TRANSITION_TARGET")
    for name, state in states.items():
        for place, inner in inner_machines(state, f"{where}/States/{name}"):
            yield from _invalid_transitions(inner, place)


def _is_terminal(state: Definition) -> bool:
    return state["Type"] in ("Succeed", "Fail") or state.get("End") is True


def _transitions(machine: Definition, where: str) -> Iterator[tuple[str, str, str]]:
    yield f"{where}/StartAt", "StartAt", machine["StartAt"]
    for name, state in machine["States"].items():
        path = f"{where}/States/{name}"
        for field in ("Next", "Default"):
            if field in state:
                yield f"{path}/{field}", "Next", state[field]
        for field in ("Choices", "Catch"):
            for index, rule in enumerate(state.get(field, [])):
                yield f"{path}/{field}[{index}]/Next", "Next", rule["Next"]
