"""Conditions of tasks (`when`): JSONata over the input of the execution and the results of earlier tasks.

https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from datalake_sdk.errors import ConditionError, MissingExtraError
from datalake_sdk.pipelines.definition import Pipeline

if TYPE_CHECKING:
    from jsonata import Jsonata

INPUT = "input"
"""Variable with the input of the execution."""
STATES = "states"
"""Variable of Step Functions."""

# modules/configuration finds variables with the same patterns.
_NO_CODE = re.compile(r"""/\*.*?\*/|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`""", re.DOTALL)
_NAME = re.compile(r"\$([A-Za-z_]\w*)(\s*\()?")
_ASSIGNED = re.compile(r"\$([A-Za-z_]\w*)\s*:=|[@#]\s*\$([A-Za-z_]\w*)")
_ARGUMENTS = re.compile(r"(?:function|λ)\s*\(([^)]*)\)")


def variables(expression: str) -> set[str]:
    """Returns the names of the variables that an expression reads and does not define."""
    code = _NO_CODE.sub(" ", expression)
    arguments = " ".join(_ARGUMENTS.findall(code))
    own = {name for names in _ASSIGNED.findall(code) for name in names} | {name for name, _ in _NAME.findall(arguments)}
    return {name for name, call in _NAME.findall(code) if not call} - own


def called_functions(expression: str) -> set[str]:
    """Returns the names of the functions that an expression calls."""
    return {name for name, call in _NAME.findall(_NO_CODE.sub(" ", expression)) if call}


def named_tasks(pipeline: Pipeline, condition: str | None) -> set[str]:
    """Returns the tasks whose results a condition reads."""
    return set() if condition is None else (variables(condition) & pipeline.tasks.keys()) - pipeline.caught.keys()


def syntax_error(expression: str) -> str:
    """Returns why an expression is not valid JSONata; empty if it is.

    Raises:
        MissingExtraError: The package for JSONata is not installed.
    """
    try:
        _parsed(expression)
    except ConditionError as error:
        return error.reason
    return ""


def is_met(expression: str, values: Mapping[str, Any]) -> bool:
    """Evaluates a condition as the Choice state of the deployed pipeline does, which casts the value to a boolean.

    https://docs.jsonata.org/boolean-functions#boolean

    Args:
        expression: The condition.
        values: Value of each variable; others are undefined.

    Raises:
        ConditionError: The expression raised an error.
    """
    parsed = _parsed(f"({expression}) and true")
    frame = parsed.create_frame()
    for name, value in values.items():
        frame.bind(name, value)
    try:
        return parsed.evaluate(None, frame) is True
    # The library also raises built-in exceptions, such as RecursionError or ValueError.
    except Exception as error:
        raise ConditionError(expression, str(error)) from error


def _parsed(expression: str) -> Jsonata:
    try:
        from jsonata import Jsonata
        from jsonata.jexception import JException
    except ModuleNotFoundError as error:
        raise MissingExtraError("local", error.name or str(error)) from error
    try:
        parsed = Jsonata(expression)
    except JException as error:
        raise ConditionError(expression, f"{error} at position {error.location}") from None
    for name, function in _functions().items():
        parsed.register_lambda(name, function)
    return parsed


@cache
def _functions() -> Mapping[str, Any]:
    """Functions of Step Functions that JSONata does not have."""
    return {
        "hash": lambda text, algorithm: hashlib.new(algorithm.replace("-", ""), text.encode()).hexdigest(),
        "parse": json.loads,
        "partition": lambda items, size: list(_chunks(items, size)),
        "range": lambda first, last, step: list(range(first, last + (1 if step > 0 else -1), step)),
        "uuid": lambda: str(uuid.uuid4()),
    }


def _chunks(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
