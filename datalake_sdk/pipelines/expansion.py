"""Expands a task to one task for each model of its dbt project, as in expansion.tf."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from datalake_sdk.errors import InvalidPipelineError
from datalake_sdk.output_tables import declared_as
from datalake_sdk.pipelines.dbt_manifest import SCHEMA_VERSION, NodeTask, node_tasks
from datalake_sdk.pipelines.definition import DBT, Output, Pipeline, Task

MODELS = "models"
_Parts = Mapping[str, Sequence[tuple[str, NodeTask]]]
"""Names of the new tasks and what they build, by task."""
_SELECTION = ("dbt_exclude", "dbt_indirect_selection", "dbt_select")


def expanded(pipeline: Pipeline) -> Pipeline:
    """Replaces each task with `expand` by the tasks of its nodes.

    Raises:
        InvalidPipelineError: A manifest is missing or invalid, or does not match its task.
    """
    tasks = pipeline.tasks
    # Other rules report a missing path.
    projects = {name: task for name, task in tasks.items() if task.expand is not None and task.path is not None}
    _check(error for task in projects.values() for error in _setting_errors(task, pipeline.folder))
    parts = {name: _parts(task, pipeline.folder) for name, task in projects.items()}
    _check([*_declaration_errors(projects, parts), *_name_errors(tasks, parts)])
    kept = [task for name, task in tasks.items() if name not in projects]
    new = [_task(task, *part) for name, task in projects.items() for part in parts[name]]
    found = {task.name: replace(task, after=_after(task, parts)) for task in (*kept, *new)}
    return replace(pipeline, tasks={name: found[name] for name in sorted(found)})


def _check(errors: Iterable[str]) -> None:
    if found := list(errors):
        raise InvalidPipelineError(found)


def _setting_errors(task: Task, folder: Path) -> Iterator[str]:
    path = f"tasks.{task.name}"
    if task.expand != MODELS:
        yield f"{path}.expand is '{task.expand}'; it must be {MODELS}."
    elif task.type != DBT:
        yield f"{path}.expand is '{task.expand}', but type is '{task.type}'; it requires dbt."
    else:
        yield from _manifest_errors(path, folder, f"{task.path}/code")
    for name in task.additional_parameters:
        if name.removesuffix(".$") in _SELECTION:
            yield (
                f"{path}.additional_parameters contains '{name}', but expand selects the nodes of each task. Remove "
                "it; to leave out a model, disable it in the project."
            )


def _manifest_errors(path: str, folder: Path, code: str) -> Iterator[str]:
    file = f"{code}/target/manifest.json"
    if not (folder / file).is_file():
        yield f"{path}: the file {file} does not exist. Run `dbt parse` in {code}."
        return
    manifest = _manifest(folder / code)
    schema, project = (_metadata(manifest, name) for name in ("dbt_schema_version", "project_name"))
    expected = _project_name(folder / code)
    if schema != SCHEMA_VERSION or expected not in (None, project):
        yield (
            f"{path}: the file {file} has the schema '{schema}' and is of the project '{project}'; the schema must be "
            f"'{SCHEMA_VERSION}', and the project '{expected or project}'. Run `dbt parse` in {code} with dbt 1.11."
        )
    elif not any(part.output for part in node_tasks(manifest)):
        yield f"{path}: the file {file} has no model, seed or snapshot with a table. Remove expand, or add a model."


def _manifest(code: Path) -> Any:
    try:
        return json.loads((code / "target/manifest.json").read_text(encoding="utf-8"))
    except ValueError:
        return None


def _metadata(manifest: Any, name: str) -> str:
    metadata = manifest.get("metadata") if isinstance(manifest, Mapping) else None
    return str(metadata.get(name) or "none") if isinstance(metadata, Mapping) else "none"


def _project_name(code: Path) -> str | None:
    import yaml

    try:
        content = yaml.safe_load((code / "dbt_project.yml").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return content.get("name") if isinstance(content, dict) else None


def _parts(task: Task, folder: Path) -> list[tuple[str, NodeTask]]:
    parts = node_tasks(_manifest(folder / str(task.path) / "code"))
    return [(re.sub("_+", "_", f"{task.name}_{part.name}"), part) for part in parts]


def _declaration_errors(tasks: Mapping[str, Task], parts: _Parts) -> Iterator[str]:
    for task in tasks.values():
        for _, part in parts[task.name]:
            path = f"tasks.{task.name}: {part.name}"
            if part.output and not declared_as(part.output.name, task.output_tables):
                yield (
                    f"{path} writes {part.output.name}, which is not in output_tables. Add it, or change `schema` or "
                    "`alias` in the project."
                )
            for table in part.input_tables:
                if not declared_as(table, {*filter(None, task.input_tables), *task.output_tables}):
                    yield (
                        f"{path} reads {table}, which is neither in input_tables nor in output_tables. Add it to "
                        "input_tables."
                    )


def _name_errors(tasks: Mapping[str, Task], parts: _Parts) -> Iterator[str]:
    names = Counter(
        [*(name for name in tasks if name not in parts), *(name for each in parts.values() for name, _ in each)]
    )
    for task, each in parts.items():
        for name in sorted({name for name, _ in each if names[name] > 1}):
            yield f"tasks.{task} expands to a task named {name}, and another task has this name. Rename one of them."


def _task(task: Task, name: str, part: NodeTask) -> Task:
    selection = {"dbt_select": part.select, "dbt_indirect_selection": part.indirect_selection}
    written = {part.output.name: Output(part.output.ingestion_mode, part.output.upsert_keys)} if part.output else {}
    return replace(
        task,
        name=name,
        expand=None,
        input_tables=part.input_tables,
        output_tables=written,
        additional_parameters=dict(sorted({**task.additional_parameters, **selection}.items())),
    )


def _after(task: Task, parts: _Parts) -> tuple[str | None, ...]:
    """Names of tasks; those with `expand` are replaced by the tasks of their nodes."""
    expanded = {project: [name for name, _ in each] for project, each in parts.items()}
    after = {each for name in task.after for each in expanded.get(name or "", [name])}
    return tuple(sorted(after, key=lambda name: (name is None, name)))
