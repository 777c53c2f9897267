"""Adds tasks to the text of a pipeline file, whose comments and layout remain."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from textwrap import indent

import yaml

from datalake_sdk.errors import TaskInsertionError

_TYPES = {"python": "", "sql": "  type: sql\n", "dbt": "  type: dbt\n"}


def with_task(text: str, file: Path, pipeline: str, name: str, task_type: str) -> str:
    """Returns the text of a pipeline file with an additional task, which writes a table with its name.

    Args:
        text: The pipeline file.
        file: Its path, for errors.
        pipeline: Database of the table.
        name: Name of the task and of the table.
        task_type: `python`, `sql` or `dbt`.

    Raises:
        TaskInsertionError: The file is not YAML, has no block of tasks, or already has the task.
    """
    lines = text.splitlines(keepends=True)
    first = next((index for index, line in enumerate(lines) if re.match(r"tasks:\s*(#.*)?$", line)), None)
    if first is None:
        hint = "Add the line `tasks:` without a value at the start of a line, then run it again."
        raise TaskInsertionError(file, "has no line `tasks:`", hint)
    after = range(first + 1, len(lines))
    end = next((index for index in after if re.match(r"[^\s#]", lines[index])), len(lines))
    indentation = next((found[1] for line in lines[first + 1 : end] if (found := re.match(r"( +)[^\s#]", line))), "  ")
    if name in _names(text, file):
        raise TaskInsertionError(file, f"already has the task '{name}'", "Choose another name.")
    while not lines[end - 1].strip() or lines[end - 1].startswith("#"):
        end -= 1
    separator = "\n" if end > first + 1 else ""
    added = indent(_task(pipeline, name, task_type), indentation)
    return "".join(lines[:end]).rstrip("\n") + "\n" + separator + added + "".join(lines[end:])


def _names(text: str, file: Path) -> Collection[str]:
    try:
        return yaml.safe_load(text)["tasks"] or ()
    except yaml.YAMLError as error:
        raise TaskInsertionError(file, f"is not valid YAML: {error}", "Correct it, then run it again.") from None


def _task(pipeline: str, name: str, task_type: str) -> str:
    output = "{}" if task_type == "dbt" else "{ingestion_mode: overwrite}"
    return f"{name}:\n{_TYPES[task_type]}  path: tasks/{name}\n  output_tables:\n    {pipeline}.{name}: {output}\n"
