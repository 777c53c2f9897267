"""Values of task parameters whose names end with `.$`: paths into the input of a run, and two intrinsic functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datalake_sdk.errors import ParameterPathError
from datalake_sdk.pipelines.definition import Task

_STEP = re.compile(r"\.(?P<name>[A-Za-z_][A-Za-z0-9_-]*)|\['(?P<quoted>[^']+)'\]|\[((?P<index>\d+)|(?P<all>\*))\]")
_ALL = "*"
_JSON_TO_STRING = re.compile(r"States\.JsonToString\(\s*(?P<path>\$[^(),]*)\)")
_FORMAT = re.compile(r"States\.Format\(\s*'(?P<template>(?:[^'\\]|\\.)*)'(?P<paths>(?:\s*,\s*\$[^(),]*)+)\)")
_SUPPORTED = (
    "a path such as $.detail.object.key or $[*]['a name'], States.JsonToString(path) or States.Format(text, path …)"
)


@dataclass(frozen=True)
class RunInput:
    """What paths refer to.

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


@dataclass(frozen=True)
class _Expression:
    task: Task
    name: str
    text: str
    run: RunInput

    def value(self) -> str:
        if function := _JSON_TO_STRING.fullmatch(self.text):
            return _json(self._selected(function["path"]))
        if function := _FORMAT.fullmatch(self.text):
            return self._formatted(function["template"], function["paths"])
        selected = self._selected(self.text)
        if isinstance(selected, str):
            return selected
        if self.task.is_spark:
            # The state of a Spark task applies $string.
            return _json(selected)
        raise self._error(f"selects {_json(selected)}, which is not a string", f"Use States.JsonToString({self.text}).")

    def _formatted(self, template: str, paths: str) -> str:
        values = [self._selected(path) for path in re.findall(r"\$[^(),\s]*", paths)]
        parts = re.split(r"(?<!\\)\{\}", template)
        if len(parts) != len(values) + 1:
            raise self._error(
                f"has {len(parts) - 1} placeholders and {len(values)} paths", "Write one path for each {}."
            )
        strings = [value if isinstance(value, str) else _json(value) for value in values]
        joined = parts[0] + "".join(text + part for text, part in zip(strings, parts[1:], strict=True))
        return re.sub(r"\\(.)", r"\1", joined)

    def _selected(self, path: str) -> Any:
        path = path.strip()
        root: Any = self.run.context if path.startswith("$$") else self.run.input
        return self._followed(root, list(self._steps(path.lstrip("$"))))

    def _followed(self, value: Any, steps: Sequence[str | int]) -> Any:
        for position, step in enumerate(steps):
            if step == _ALL and isinstance(value, list):
                return [self._followed(item, steps[position + 1 :]) for item in value]
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                reason = f"selects nothing: there is no {step!r}"
                raise self._error(reason, "Pass the input of the run with --parameters.") from None
        return value

    def _steps(self, path: str) -> Iterator[str | int]:
        position = 0
        while position < len(path):
            step = _STEP.match(path, position)
            if step is None:
                raise self._error(f"is not supported in local runs; it must be {_SUPPORTED}", "")
            yield step["name"] or step["quoted"] or step["all"] or int(step["index"])
            position = step.end()

    def _error(self, reason: str, hint: str) -> ParameterPathError:
        return ParameterPathError(self.task.name, self.name, self.text, reason, hint)


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
