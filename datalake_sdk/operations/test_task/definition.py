"""The task in a folder, as the nearest pipeline file defines it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from datalake_sdk.errors import TaskCodeError
from datalake_sdk.operations.task_code import CODE_FOLDER
from datalake_sdk.pipelines.definition import SQL, Output, Pipeline, Task
from datalake_sdk.pipelines.file import read_pipeline

PIPELINE_FILE = "pipeline.yaml"
_UNNAMED = "test"
"""Name of the pipeline if there is no pipeline file."""


def task_in(
    folder: Path, output_tables: Iterable[str] = (), parameters: Mapping[str, str] = MappingProxyType({})
) -> tuple[Pipeline, Task]:
    """Returns the task in a folder without its condition and loop, and its pipeline without the other tasks.

    Args:
        folder: Folder of the task.
        output_tables: Its output tables if no pipeline file above the folder contains the task.
        parameters: Parameters added to those of the task.

    Raises:
        TaskCodeError: The folder contains no task.
        UsageError: The pipeline file is invalid.
    """
    pipeline, task = declared_task(folder) or _undeclared_task(folder.resolve(), output_tables)
    given = {**task.additional_parameters, **parameters}
    task = replace(task, additional_parameters=given, when=None, for_each=None, catch=None)
    return replace(pipeline, tasks={task.name: task}), task


def declared_task(folder: Path) -> tuple[Pipeline, Task] | None:
    """Returns the task in a folder, and its pipeline; None if no pipeline file declares it.

    Raises:
        UsageError: The pipeline file is invalid.
    """
    folder = folder.resolve()
    for parent in folder.parents:
        if (parent / PIPELINE_FILE).is_file():
            pipeline = read_pipeline(parent / PIPELINE_FILE)
            for task in pipeline.tasks.values():
                if pipeline.task_folder(task).resolve() == folder:
                    return pipeline, task
    return None


def _undeclared_task(folder: Path, output_tables: Iterable[str]) -> tuple[Pipeline, Task]:
    outputs = {table: Output() for table in output_tables}
    task = Task(folder.name, type=_type(folder / CODE_FOLDER), path=folder.name, output_tables=outputs)
    return Pipeline(_UNNAMED, {task.name: task}, {}, folder.parent), task


def _type(code: Path) -> str:
    for name, file in (("python", "main.py"), (SQL, "main.sql")):
        if (code / file).is_file():
            return name
    raise TaskCodeError(code, "no main.py or main.sql", "Pass the folder of a task.")
