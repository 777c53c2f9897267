"""Rules for datasets, as in modules/datasets and errors_datasets.tf of pipeline_factory."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping

from datalake_sdk.pipelines.datasets import (
    DATASET_FIELD,
    DATASETS,
    SOURCE,
    Dataset,
    dataset_output,
    placeholder,
)
from datalake_sdk.pipelines.definition import Output, Pipeline, Task
from datalake_sdk.pipelines.limits import NAME_PATTERN, TABLE_PATTERN

_FIXED_PARAMETERS = (DATASET_FIELD, "source_prefix", "team")
_RECEIVER_PATTERN = r"[^@\s,;<>]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
_RESERVED_NAME = "this"


def dataset_errors(datasets: Mapping[str, Dataset]) -> Iterator[str]:
    """Yields the violations of the rules for datasets, whichever pipelines serve them."""
    for dataset in datasets.values():
        yield from _attribute_errors(f"datasets.{dataset.name}", dataset)
    yield from _prefix_errors(datasets)
    yield from _table_errors(datasets)


def _attribute_errors(path: str, dataset: Dataset) -> Iterator[str]:
    if not re.fullmatch(NAME_PATTERN, dataset.name) or len(dataset.name) > 64:
        yield (
            f"datasets has a dataset named '{dataset.name}'; a name must be 1 to 64 lowercase letters, digits and "
            "single '_' between them, starting with a letter."
        )
    if dataset.name == _RESERVED_NAME:
        yield "datasets has a dataset named 'this', which is reserved. Choose another name."
    for attribute in ("team", "pipeline"):
        value = getattr(dataset, attribute)
        if not re.fullmatch(NAME_PATTERN, value or ""):
            yield (
                f"{path}.{attribute} is {_shown(value)}; it must be lowercase letters, digits and single '_' between "
                "them, starting with a letter."
            )
    if not re.fullmatch(r"[^/*?$\\][^*?$\\]*/", dataset.source_prefix or ""):
        yield (
            f"{path}.source_prefix is {_shown(dataset.source_prefix)}; it must end with '/', such as sales/orders/, "
            "and must not start with '/' or contain '*', '?', '$' or '\\'."
        )
    for name, value in dataset.parameters.items():
        is_valid = re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) and not name.endswith("_table")
        if value is None or not is_valid or name in _FIXED_PARAMETERS:
            yield (
                f"{path}.parameters.{name} is {_shown(value)}; a parameter must have a value, and a name of letters, "
                "digits and '_' other than dataset, team, source_prefix and those of the tables, which end with _table."
            )
    for receiver in dataset.failure_notification_receivers:
        if not re.fullmatch(_RECEIVER_PATTERN, receiver or ""):
            yield (
                f"{path}.failure_notification_receivers contains '{receiver or 'null'}'; it must contain e-mail "
                "addresses, such as data-team@example.com."
            )


def _prefix_errors(datasets: Mapping[str, Dataset]) -> Iterator[str]:
    prefixes = {name: each.source_prefix for name, each in datasets.items() if each.source_prefix is not None}
    for name, prefix in prefixes.items():
        for other, other_prefix in prefixes.items():
            if other != name and other_prefix.startswith(prefix) and (other_prefix != prefix or name < other):
                yield (
                    f"datasets.{other}.source_prefix is '{other_prefix}', which overlaps '{prefix}' of "
                    f"datasets.{name}. Each object must belong to one dataset."
                )


def _table_errors(datasets: Mapping[str, Dataset]) -> Iterator[str]:
    paths: dict[str, list[str]] = {}
    for dataset in datasets.values():
        for key, table in dataset.tables.items():
            path = f"datasets.{dataset.name}.tables.{key}"
            if not re.fullmatch("[a-z][a-z0-9_]*", key):
                yield (
                    f"{path} has the name '{key}'; it must be lowercase letters, digits and '_', starting with a "
                    "letter."
                )
            if not re.fullmatch(TABLE_PATTERN, table.name or ""):
                yield (
                    f"{path}.name is {_shown(table.name)}; it must be database.table in lowercase letters, digits and "
                    "'_', without the stage's prefix."
                )
            if table.name is not None:
                paths.setdefault(table.name, []).append(path)
    for name, given in paths.items():
        if len(given) > 1:
            yield f"{' and '.join(given)} have the same name, '{name}'. Each table must belong to one dataset."


def dataset_outputs(pipeline: Pipeline, datasets: Mapping[str, Dataset]) -> dict[str, Output]:
    """Returns how the tasks write the tables of the datasets, by path of the table."""
    return {
        f"datasets.{dataset.name}.tables.{key}": dataset_output(output, dataset.tables[key])
        for dataset in datasets.values()
        for task in pipeline.tasks.values()
        for table, output in task.output_tables.items()
        if (key := placeholder(table)) in dataset.tables and key is not None
    }


def pipeline_dataset_errors(pipeline: Pipeline, datasets: Mapping[str, Dataset]) -> Iterator[str]:
    """Yields the violations of the rules for a pipeline and the datasets that it serves."""
    serves = pipeline.run_for_each == DATASETS
    if pipeline.run_for_each not in (None, DATASETS):
        yield (
            f"run_for_each is '{pipeline.run_for_each}'; it must be datasets, or left out. The iterations of a task "
            "are an attribute of the task, tasks_configuration.{task}.for_each."
        )
    for task in pipeline.tasks.values():
        yield from _task_errors(f"tasks.{task.name}", task, pipeline, serves)
        yield from _parameter_errors(f"tasks.{task.name}", task, _parameter_names(pipeline, datasets) if serves else ())
    for dataset in datasets.values():
        yield from _used_table_errors(dataset, pipeline)
    for path, trigger in pipeline.triggers.items() if serves else ():
        if trigger.prefix:
            yield (
                f"{path}.prefix is '{trigger.prefix}'; with run_for_each = \"datasets\", the prefix is the "
                "source_prefix of each dataset. Remove it."
            )
        if DATASET_FIELD in _fields(trigger.parameters):
            yield (
                f"{path}.parameters contains 'dataset', which run_for_each = \"datasets\" sets itself. Choose another "
                "name."
            )


def _task_errors(path: str, task: Task, pipeline: Pipeline, serves: bool) -> Iterator[str]:
    for table in sorted(filter(placeholder, {*task.input_tables, *task.output_tables}), key=str):
        if not serves:
            yield f"{path} has the table '{table}', which requires run_for_each = \"datasets\"."
    has_objects = any(trigger.type == "s3" for trigger in pipeline.triggers.values())
    if SOURCE in task.input_paths and not (serves and has_objects):
        yield (
            f"{path}.input_paths has '{SOURCE}', which requires run_for_each = \"datasets\" and a trigger of type s3."
        )
    if not serves:
        return
    for table, output in task.output_tables.items():
        if output.ingestion_mode == "overwrite" and not placeholder(table):
            yield (
                f"{path}.output_tables[\"{table}\"].ingestion_mode is 'overwrite'; each dataset would replace the rows "
                "of the others. Use a table of the dataset, such as {tables.orders}, or another ingestion_mode."
            )
    if task.name == DATASET_FIELD:
        yield f"{path} is named 'dataset', which is a variable of the state machine. Choose another name."


def _parameter_errors(path: str, task: Task, names: Collection[str]) -> Iterator[str]:
    given = {name.removesuffix(".$") for name in task.additional_parameters}
    for name in sorted(given.intersection(names)):
        yield f"{path}.additional_parameters sets '{name}', which the dataset sets as well. Rename one of them."


def _used_table_errors(dataset: Dataset, pipeline: Pipeline) -> Iterator[str]:
    used = _placeholders(pipeline)
    for task, table, key in used:
        if key not in dataset.tables:
            yield (
                f"datasets.{dataset.name}.tables has no '{key}', which tasks.{task} uses as '{table}'. Its tables are "
                f"{', '.join(dataset.tables)}."
            )
    for key in sorted(dataset.tables.keys() - {key for _, _, key in used}):
        tables = ", ".join(dict.fromkeys(table for _, table, _ in used))
        yield f"datasets.{dataset.name}.tables.{key} is not used by any task of the pipeline; the tasks use {tables}."


def _placeholders(pipeline: Pipeline) -> list[tuple[str, str, str]]:
    """The task, the placeholder and the name of the table of each placeholder."""
    return [
        (task.name, table, key)
        for task in pipeline.tasks.values()
        for table in sorted(filter(None, {*task.input_tables, *task.output_tables}))
        if (key := placeholder(table))
    ]


def _parameter_names(pipeline: Pipeline, datasets: Mapping[str, Dataset]) -> set[str]:
    tables = {f"{key}_table" for _, _, key in _placeholders(pipeline)}
    given = {name for dataset in datasets.values() for name in dataset.parameters}
    return {*_FIXED_PARAMETERS, *tables, *given}


def _fields(parameters: str) -> Mapping[str, object]:
    try:
        given = json.loads(parameters)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _shown(value: str | None) -> str:
    return "null" if value is None else f"'{value}'"
