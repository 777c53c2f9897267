"""Loops of tasks (`for_each`): the parameters of each iteration."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from datalake_sdk.errors import LoopInputError
from datalake_sdk.pipelines.definition import ForEach, Task
from datalake_sdk.pipelines.limits import PARAMETER_PATTERN
from datalake_sdk.pipelines.parameters import RunInput, json_text, selected
from datalake_sdk.pipelines.values import number_text

ITEM = "item"
"""Parameter with an item that is not an object."""
TABLE = "table_name"
"""Parameter with a table of a database, without the stage's prefix."""


def parameter_names(item: Any) -> list[str]:
    """Returns the names of the parameters that an item sets."""
    return sorted(map(str, item)) if isinstance(item, Mapping) else [ITEM]


def known_parameters(loop: ForEach) -> set[str]:
    """Returns the names of the parameters that are known without the items."""
    if loop.tables is not None:
        return {TABLE}
    items = loop.items if isinstance(loop.items, list) else []
    return {name for item in items for name in parameter_names(item)}


def input_items(task: Task, path: str, run: RunInput) -> list[Any]:
    """Returns the items that a path selects from the input of a run.

    Raises:
        LoopInputError: The path selects nothing or no list, or items set additional parameters of the task.
    """
    items = selected(path, run, lambda reason, hint: LoopInputError(task.name, path, reason, hint))
    if not isinstance(items, list):
        raise LoopInputError(task.name, path, f"selects {json_text(items)}, which is not a list")
    given = {name.removesuffix(".$") for name in task.additional_parameters}
    for name in sorted({name for item in items for name in parameter_names(item)}):
        if name in given:
            reason = f"selects items that set the parameter '{name}', as additional_parameters does"
            raise LoopInputError(task.name, path, reason, "Rename one of them.")
        if name.endswith(".$") or not re.fullmatch(PARAMETER_PATTERN, name):
            reason = f"selects items that set the parameter '{name}'"
            raise LoopInputError(task.name, path, reason, "A name must be letters, digits and '_'.")
    return items


def iteration_parameters(items: Sequence[Any]) -> list[dict[str, str]]:
    """Returns the parameters that each item sets: the values of an object by key, or the item itself."""
    return [
        {str(name): _text(value) for name, value in (item if isinstance(item, Mapping) else {ITEM: item}).items()}
        for item in items
    ]


def loop_description(loop: ForEach) -> str:
    """Describes the items of a loop, such as `3 items` or `tables of sales`."""
    if loop.input is not None:
        return f"items of {loop.input}"
    return f"tables of {loop.tables}" if loop.tables is not None else f"{len(loop.items)} items"


def _text(value: Any) -> str:
    """Formats a value as `$string` of JSONata does."""
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return number_text(value) if is_number else json_text(value)
