"""Datasets: what a pipeline with `run_for_each: datasets` runs for, as `datasets.yaml` defines them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from datalake_sdk.errors import DatasetsFileError, InvalidPipelineError, InvalidSettingError, NoSuchDatasetError
from datalake_sdk.pipelines.attributes import dataset_attribute_errors
from datalake_sdk.pipelines.definition import Output, Pipeline, Task
from datalake_sdk.pipelines.values import objects, string, string_map, string_set, strings

DATASETS = "datasets"
"""Value of `run_for_each`."""
DATASET_FIELD = "dataset"
"""Field of a run's input that names the dataset."""
SOURCE = "{source}"
"""Placeholder in `input_paths` for the objects of the dataset."""
PLACEHOLDER_PATTERN = r"\{tables\.([a-z][a-z0-9_]*)\}"
"""Placeholder for a table of the dataset."""
OVERRIDES = ("upsert_keys", "partition_keys", "on_duplicate", "order_by", "delete_when")
"""Attributes of a dataset's table that replace those of the task's output."""


@dataclass(frozen=True)
class DatasetTable:
    """A table of a dataset; the attributes other than the name replace those of the task's output if set."""

    name: str | None = None
    upsert_keys: tuple[str | None, ...] | None = None
    partition_keys: tuple[str | None, ...] | None = None
    on_duplicate: str | None = None
    order_by: str | None = None
    delete_when: str | None = None


@dataclass(frozen=True)
class Dataset:
    """A dataset.

    Args:
        name: Name of the dataset.
        team: Team that owns it.
        pipeline: Pipeline that serves it.
        source_prefix: Prefix of the keys of its objects.
        parameters: Parameters of all tasks.
        tables: Its tables by the name that the tasks use.
        failure_notification_receivers: E-mail addresses that receive its failure notifications.
    """

    name: str
    team: str | None = None
    pipeline: str | None = None
    source_prefix: str | None = None
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    tables: Mapping[str, DatasetTable] = field(default_factory=dict)
    failure_notification_receivers: tuple[str | None, ...] = ()

    @property
    def task_parameters(self) -> dict[str, str | None]:
        """Parameters that each task receives."""
        return {
            DATASET_FIELD: self.name,
            "team": self.team,
            "source_prefix": self.source_prefix,
            **{f"{key}_table": table.name for key, table in self.tables.items()},
            **self.parameters,
        }


def read_datasets(file: Path) -> dict[str, Dataset]:
    """Reads and checks a file of datasets.

    Raises:
        DatasetsFileError: The file is missing or not valid YAML.
        InvalidPipelineError: A value has a wrong type, or rules are violated; all of them are listed.
    """
    from datalake_sdk.pipelines.rules_datasets import dataset_errors

    try:
        datasets = datasets_from(_parsed(file))
    except InvalidPipelineError as error:
        raise InvalidPipelineError(error.violations, file) from None
    except InvalidSettingError as error:
        raise InvalidPipelineError([error.message], file) from None
    if errors := list(dataset_errors(datasets)):
        raise InvalidPipelineError(errors, file)
    return datasets


def datasets_from(content: Any) -> dict[str, Dataset]:
    """Converts datasets by name; `rules_datasets` checks the values.

    Raises:
        InvalidPipelineError: An attribute does not exist.
        InvalidSettingError: A value has another type.
    """
    if errors := dataset_attribute_errors(content):
        raise InvalidPipelineError(errors)
    return {name: _dataset(name, each) for name, each in objects("datasets", content).items()}


def with_dataset(pipeline: Pipeline, datasets: Mapping[str, Dataset], name: str) -> Pipeline:
    """Returns a pipeline as it runs for a dataset: with its tables and parameters.

    Raises:
        NoSuchDatasetError: The dataset does not exist, or another pipeline serves it.
    """
    served = {each.name: each for each in datasets.values() if each.pipeline == pipeline.name}
    if name not in served:
        owner = datasets[name].pipeline if name in datasets else None
        raise NoSuchDatasetError(name, sorted(served), pipeline.name, owner)
    tasks = {task.name: _resolved(task, served[name]) for task in pipeline.tasks.values()}
    return replace(pipeline, tasks=tasks, run_for_each=None)


def placeholder(table: str | None) -> str | None:
    """Returns the name of the dataset's table that a placeholder stands for; None for other tables."""
    match = re.fullmatch(PLACEHOLDER_PATTERN, table or "")
    return match[1] if match else None


def dataset_output(output: Output, table: DatasetTable) -> Output:
    """Returns how a task writes a table of a dataset."""
    given: dict[str, Any] = {name: getattr(table, name) for name in OVERRIDES}
    return replace(output, **{name: value for name, value in given.items() if value is not None})


def _resolved(task: Task, dataset: Dataset) -> Task:
    def name(table: str) -> str:
        return dataset.tables[placeholder(table) or ""].name or "" if placeholder(table) else table

    outputs = {
        name(table): dataset_output(output, dataset.tables.get(placeholder(table) or "", DatasetTable()))
        for table, output in task.output_tables.items()
    }
    return replace(
        task,
        input_tables=tuple(name(table) for table in task.input_tables if table),
        output_tables=outputs,
        additional_parameters={**task.additional_parameters, **dataset.task_parameters},
        input_paths=tuple(path for path in task.input_paths if path != SOURCE),
    )


def _dataset(name: str, given: Mapping[str, Any]) -> Dataset:
    path = f"datasets.{name}"
    strings = {each: string(f"{path}.{each}", given.get(each)) for each in ("team", "pipeline", "source_prefix")}
    receivers = "failure_notification_receivers"
    return Dataset(
        name,
        **strings,
        parameters=string_map(f"{path}.parameters", given.get("parameters")),
        tables={
            key: _table(f"{path}.tables.{key}", table)
            for key, table in objects(f"{path}.tables", given.get("tables")).items()
        },
        failure_notification_receivers=string_set(f"{path}.{receivers}", given.get(receivers)),
    )


def _table(path: str, given: Mapping[str, Any]) -> DatasetTable:
    keys: dict[str, Any] = {
        name: None if given.get(name) is None else strings(f"{path}.{name}", given[name])
        for name in ("upsert_keys", "partition_keys")
    }
    single: dict[str, Any] = {
        name: string(f"{path}.{name}", given.get(name)) for name in ("name", "on_duplicate", "order_by", "delete_when")
    }
    return DatasetTable(**keys, **single)


def _parsed(file: Path) -> Any:
    import yaml

    from datalake_sdk.pipelines.terraform_yaml import TerraformLoader

    try:
        with file.open(encoding="utf-8") as stream:
            return yaml.load(stream, Loader=TerraformLoader)
    except OSError as error:
        raise DatasetsFileError(file, error.strerror or str(error)) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DatasetsFileError(file, f"is not valid YAML: {error}") from None
