"""The statement of a SQL task as far as it is known before a run."""

from __future__ import annotations

import re
from dataclasses import dataclass

from datalake_sdk.errors import MissingExtraError
from datalake_sdk.operations.task_code import CODE_FOLDER, load_sql
from datalake_sdk.pipelines.definition import Pipeline, Task
from datalake_sdk.pipelines.limits import CAUGHT_CAUSE, CAUGHT_ERROR, CAUGHT_TASK
from datalake_sdk.pipelines.loops import known_parameters

_COMPUTED = "computed"
"""Placeholder for parameters that a run computes from its input."""
_PLACEHOLDER = re.compile(r"\{(\w+)")
_PLANNED_DATE = "2000-01-01"


@dataclass(frozen=True)
class PlannedStatement:
    """The statement of a SQL task.

    Args:
        text: The statement, without stage prefix.
        is_complete: Whether the values of all its parameters are known before a run.
    """

    text: str
    is_complete: bool


def planned_statement(pipeline: Pipeline, task: Task) -> PlannedStatement:
    """Replaces the placeholders in the code of a SQL task.

    Raises:
        TaskCodeError: The code of the task is missing.
        MissingExtraError: The packages for SQL are not installed.
        DatalakeError: A placeholder is unknown or misplaced.
    """
    try:
        from datalake_sdk.sql.parameters import DATABASE_PREFIX, LOGICAL_DATE, statement_text, task_parameters
    except ModuleNotFoundError as error:
        raise MissingExtraError("local", error.name or str(error)) from error
    sql = load_sql(pipeline.task_folder(task) / CODE_FOLDER)
    added = _added_parameters(pipeline, task, sql) - {DATABASE_PREFIX, LOGICAL_DATE}
    values = dict.fromkeys(added, _COMPUTED) | {
        name.removesuffix(".$"): _COMPUTED if name.endswith(".$") else value or ""
        for name, value in task.additional_parameters.items()
    }
    text = statement_text(sql, "", task_parameters(_PLANNED_DATE, values))
    used = {name for name in _PLACEHOLDER.findall(sql) if values.get(name) == _COMPUTED}
    return PlannedStatement(text, is_complete=not used)


def _added_parameters(pipeline: Pipeline, task: Task, sql: str) -> set[str]:
    """Returns the parameters that a run adds: those of an item or of a caught failure."""
    if task.name in pipeline.caught:
        return {CAUGHT_TASK, CAUGHT_ERROR, CAUGHT_CAUSE}
    if task.for_each is None:
        return set()
    # The keys of items in the input are unknown before a run.
    in_input = _PLACEHOLDER.findall(sql) if task.for_each.input is not None else ()
    return known_parameters(task.for_each).union(in_input)
