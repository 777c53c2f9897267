"""State machine definitions: the fields that each type of state may have, and their values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import UnknownServiceError

from test.emulator.states_casing import boto_service, operation

Problem = dict[str, str]
Definition = Mapping[str, Any]

_LONGEST_NAME, _LONGEST_TIMEOUT = 80, 99_999_999
_DATA = {"InputPath", "OutputPath", "Output", "Assign"}
_TRANSITION = {"Next", "End"}
_RESULT = {"Arguments", "Catch", "Parameters", "ResultPath", "ResultSelector", "Retry"}
_ALWAYS = {"Comment", "QueryLanguage", "Type"}

_FIELDS = {
    "Task": _DATA | _TRANSITION | _RESULT | {"Credentials", "Resource", "TimeoutSeconds", "TimeoutSecondsPath"}
    | {"HeartbeatSeconds", "HeartbeatSecondsPath"},
    "Wait": _DATA | _TRANSITION | {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"},
    "Pass": _DATA | _TRANSITION | {"Parameters", "Result", "ResultPath"},
    "Succeed": _DATA,
    "Fail": {"Cause", "CausePath", "Error", "ErrorPath"},
    "Choice": _DATA | {"Choices", "Default"},
    "Parallel": _DATA | _TRANSITION | _RESULT | {"Branches"},
    "Map": _DATA | _TRANSITION | _RESULT | {"ItemBatcher", "ItemProcessor", "ItemReader", "ItemSelector", "Items"}
    | {"ItemsPath", "Iterator", "Label", "MaxConcurrency", "MaxConcurrencyPath", "ResultWriter"}
    | {"ToleratedFailureCount", "ToleratedFailureCountPath"}
    | {"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"},
}  # fmt: skip
"""Fields of each type of state: https://states-language.net/spec.html#state-type-table."""

_JSONATA_ONLY = {"Arguments", "Items", "Output"}
_JSONPATH_ONLY = {"Parameters", "ResultSelector"} | {
    field for fields in _FIELDS.values() for field in fields if field.endswith("Path")
}

_INTRINSIC_FUNCTIONS = {
    "Array", "ArrayContains", "ArrayGetItem", "ArrayLength", "ArrayPartition", "ArrayRange", "ArrayUnique",
    "Base64Decode", "Base64Encode", "Format", "Hash", "JsonMerge", "JsonToString", "MathAdd", "MathRandom",
    "StringSplit", "StringToJson", "UUID",
}  # fmt: skip
"""https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html"""


def problems(machine: Definition) -> Iterator[Problem]:
    """Yields the problems of a definition's states.

    AWS's messages: https://github.com/floci-io/floci/issues/2968, https://github.com/floci-io/floci/pull/2786
    """
    states = list(states_of(machine))
    names = Counter(name for _, name, _ in states)
    for path, name, state in states:
        if len(name) > _LONGEST_NAME:
            yield problem(f"State name exceeds the maximum length of {_LONGEST_NAME} characters", path)
        if names[name] > 1:
            yield problem(f"Duplicate state name: {name}", path)
        yield from _of_state(state, path, machine.get("QueryLanguage", "JSONPath"))


def states_of(machine: Definition, where: str = "") -> Iterator[tuple[str, str, Definition]]:
    """Yields the location, name and definition of all states, including those of branches and iterations."""
    for name, state in machine.get("States", {}).items():
        path = f"{where}/States/{name}"
        yield path, name, state
        for place, inner in inner_machines(state, path):
            yield from states_of(inner, place)


def inner_machines(state: Definition, where: str) -> Iterator[tuple[str, Definition]]:
    """Yields the branches and the iterations of a state, with their locations."""
    for index, branch in enumerate(state.get("Branches", [])):
        yield f"{where}/Branches[{index}]", branch
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield f"{where}/{field}", state[field]


def problem(message: str, location: str, code: str = "SCHEMA_VALIDATION_FAILED") -> Problem:
    """Returns a diagnostic; it has no location if that is empty."""
    found = {"severity": "ERROR", "code": code, "message": message}
    return {**found, "location": location} if location else found


def _of_state(state: Definition, path: str, default_language: str) -> Iterator[Problem]:
    kind, language = state.get("Type"), state.get("QueryLanguage", default_language)
    if kind not in _FIELDS:
        yield problem(f"The field 'Type' should have one of these values: [{', '.join(_FIELDS)}]", f"{path}/Type")
        return
    for field in state:
        if field not in _FIELDS[kind] | _ALWAYS:
            yield problem(f"Field '{field}' is not supported", path)
    if _FIELDS[kind] >= _TRANSITION and ("Next" in state) == (state.get("End") is True):
        yield problem("State must have exactly one of these fields: [Next, End]", path)
    yield from _of_language(state, path, language)
    yield from _of_timeouts(state, path)
    yield from _of_error_handlers(state, path)
    if isinstance(state.get("Resource"), str):
        yield from _of_resource(state["Resource"], path)


def _of_language(state: Definition, path: str, language: str) -> Iterator[Problem]:
    other, excluded = ("JSONPath", _JSONPATH_ONLY) if language == "JSONata" else ("JSONata", _JSONATA_ONLY)
    for field in state:
        if field in excluded:
            yield problem(
                f"The QueryLanguage is set to '{language}', but field '{field}' is only supported for the '{other}' "
                "QueryLanguage",
                path,
            )
    if language == "JSONata":
        yield from _of_expressions(state, path)
    else:
        for field in ("Parameters", "ResultSelector", "ItemSelector", "Assign"):
            yield from _of_payload(state.get(field), f"{path}/{field}")


def _of_payload(template: Any, path: str) -> Iterator[Problem]:
    if isinstance(template, list):
        template = dict(enumerate(template))
    for name, value in template.items() if isinstance(template, dict) else ():
        if not str(name).endswith(".$"):
            yield from _of_payload(value, f"{path}/{name}")
        elif not _is_path_or_function(value):
            yield problem(
                f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call",
                f"{path}/{name}",
            )


def _is_path_or_function(value: Any) -> bool:
    called = re.findall(r"States\.(\w+)\(", str(value))
    return str(value).startswith(("$", "States.")) and _INTRINSIC_FUNCTIONS.issuperset(called)


def _of_expressions(value: Any, path: str) -> Iterator[Problem]:
    """Parses the JSONata expressions of a state, without those of its inner machines."""
    from jsonata import Jsonata

    if isinstance(value, str) and value.startswith("{%"):
        if re.search(r"\$eval\s*\(", value):
            # https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
            yield problem("The function $eval is not supported", path, "INVALID_JSONATA_EXPRESSION")
        try:
            Jsonata(value.removeprefix("{%").removesuffix("%}"))
        except Exception as error:
            yield problem(str(error), path, "INVALID_JSONATA_EXPRESSION")
    elif isinstance(value, dict):
        for name in value.keys() - {"Branches", "ItemProcessor", "Iterator"}:
            yield from _of_expressions(value[name], f"{path}/{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _of_expressions(each, f"{path}[{index}]")


def _of_timeouts(state: Definition, path: str) -> Iterator[Problem]:
    """https://states-language.net/spec.html#timeouts-and-heartbeats."""
    given = {field: state[field] for field in ("TimeoutSeconds", "HeartbeatSeconds") if _is_number(state.get(field))}
    for field, seconds in given.items():
        if not 1 <= seconds <= _LONGEST_TIMEOUT:
            yield problem(f"The field '{field}' must be an integer between 1 and {_LONGEST_TIMEOUT}", f"{path}/{field}")
    if len(given) == 2 and given["HeartbeatSeconds"] >= given["TimeoutSeconds"]:
        yield problem("HeartbeatSeconds must be smaller than TimeoutSeconds", path)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _of_error_handlers(state: Definition, path: str) -> Iterator[Problem]:
    """https://states-language.net/spec.html#errors."""
    for field in ("Retry", "Catch"):
        for index, handler in enumerate(state.get(field, [])):
            names = handler.get("ErrorEquals", [])
            if "States.ALL" in names and (len(names) > 1 or index < len(state[field]) - 1):
                yield problem(
                    "States.ALL must appear alone in the ErrorEquals array, and in the last element",
                    f"{path}/{field}[{index}]/ErrorEquals",
                )


def _of_resource(resource: str, path: str) -> Iterator[Problem]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html."""
    parts = resource.split(":")
    if parts[5:6] != ["aws-sdk"]:
        return
    try:
        operation(boto_service(parts[6]), parts[7].partition(".")[0])
    except (KeyError, IndexError, ValueError, UnknownServiceError):
        yield problem(
            f"The resource provided {resource} is not recognized. The value is not a valid resource ARN, or the "
            "resource is not available in this region.",
            f"{path}/Resource",
        )
