"""Values of task parameters whose names end with `.$`: paths into the input of a run, and two intrinsic functions."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datalake_sdk.errors import DatalakeError, ParameterPathError
from datalake_sdk.pipelines.definition import Task

_STEP = re.compile(r"\.(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|\['(?P<quoted>[^']+)'\]|\[((?P<index>\d+)|(?P<all>\*))\]")
_ALL = "*"
_JSON_TO_STRING = re.compile(r"States\.JsonToString\(\s*(?P<path>\$[^(),]*)\)")
_FORMAT = re.compile(r"States\.Format\(\s*'(?P<template>(?:[^'\\]|\\.)*)'(?P<paths>(?:\s*,\s*\$[^(),]*)+)\)")
_SUPPORTED = (
    "a path such as $.detail.object.key or $[*]['a name'], States.JsonToString(path) or States.Format(text, path …)"
)

SelectionError = Callable[[str, str], DatalakeError]


@dataclass(frozen=True)
class RunInput:
    """Input and context object of a run, to which paths refer.

    Args:
        input: Input of the run, `$`.
        context: The context object, `$$`.
            https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
    """

    input: Any
    context: Mapping[str, Any]


def task_parameters(task: Task, run: RunInput) -> dict[str, str]:
    """Returns the parameters of a task by name, without `.$`.

    Raises:
        ParameterPathError: A path is not supported, selects nothing or does not select a string.
    """
    return {
        name.removesuffix(".$"): _Expression(task, name, value, run).value() if name.endswith(".$") else value
        for name, value in task.additional_parameters.items()
        if value is not None
    }


def selected(path: str, run: RunInput, error: SelectionError) -> Any:
    """Returns the value that a path selects.

    Args:
        path: Path into the input of the run or the context object.
        run: Input and context object.
        error: Creates the error for a path that is unsupported or selects nothing, from a reason and a hint.
    """
    path = path.strip()
    root: Any = run.context if path.startswith("$$") else run.input
    return _select(root, list(_steps(path.lstrip("$"), error)), error)


def json_text(value: object) -> str:
    """Formats a value as compact JSON."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _select(value: Any, steps: Sequence[str | int], error: SelectionError) -> Any:
    for position, step in enumerate(steps):
        if step == _ALL and isinstance(value, list):
            return [_select(item, steps[position + 1 :], error) for item in value]
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            reason = f"selects nothing: there is no {step!r}"
            raise error(reason, "Pass the input of the run with --parameters.") from None
    return value


def _steps(path: str, error: SelectionError) -> Iterator[str | int]:
    position = 0
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise error(f"is not supported in local runs; it must be {_SUPPORTED}", "")
        yield step["name"] or step["quoted"] or step["all"] or int(step["index"])
        position = step.end()


@dataclass(frozen=True)
class _Expression:
    task: Task
    name: str
    text: str
    run: RunInput

    def value(self) -> str:
        if function := _JSON_TO_STRING.fullmatch(self.text):
            return json_text(self._selected(function["path"]))
        if function := _FORMAT.fullmatch(self.text):
            return self._formatted(function["template"], function["paths"])
        value = self._selected(self.text)
        if isinstance(value, str):
            return value
        if self.task.is_spark:
            # The state of a Spark task applies $string.
            return json_text(value)
        raise self._error(
            f"selects {json_text(value)}, which is not a string", f"Use States.JsonToString({self.text})."
        )

    def _formatted(self, template: str, paths: str) -> str:
        values = [self._selected(path) for path in re.findall(r"\$[^(),\s]*", paths)]
        parts = re.split(r"(?<!\\)\{\}", template)
        if len(parts) != len(values) + 1:
            raise self._error(
                f"has {len(parts) - 1} placeholders and {len(values)} paths", "Write one path for each {}."
            )
        strings = [value if isinstance(value, str) else json_text(value) for value in values]
        joined = parts[0] + "".join(text + part for text, part in zip(strings, parts[1:], strict=True))
        return re.sub(r"\\(.)", r"\1", joined)

    def _selected(self, path: str) -> Any:
        return selected(path, self.run, self._error)

    def _error(self, reason: str, hint: str) -> ParameterPathError:
        return ParameterPathError(self.task.name, self.name, self.text, reason, hint)
