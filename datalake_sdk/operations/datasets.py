"""Datasets: the registered ones, and their status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from datalake_sdk.errors import (
    DatasetRequiredError,
    EmptyLakeError,
    LocalRunError,
    NoDatasetsError,
    NoSuchDatasetError,
    RunInputError,
    UnknownTableError,
)
from datalake_sdk.operations.investigate.local_runs import unsuccessful_tasks
from datalake_sdk.operations.run_pipeline.run import Run, recorded_runs
from datalake_sdk.pipelines.datasets import DATASET_FIELD, Dataset, read_datasets, with_dataset
from datalake_sdk.pipelines.definition import Pipeline
from datalake_sdk.pipelines.rules import check_pipeline
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.datasets import DatasetActivity, DatasetExecution, RegisteredDataset, dataset_of
from datalake_sdk.platforms.lookup import load_table
from datalake_sdk.settings import Environment, TableName

DATASETS_FILE = Path("datasets.yaml")
"""File of the datasets of an embedded lake."""
RUNNING, SUCCEEDED, FAILED = "RUNNING", "SUCCEEDED", "FAILED"
_UNSUCCESSFUL = (FAILED, "TIMED_OUT", "ABORTED")


@dataclass(frozen=True)
class TableFreshness:
    """A table of a dataset.

    Args:
        table: `database.table` without the stage's prefix.
        changed_at: Time of its last commit; None if it does not exist or is empty.
    """

    table: str
    changed_at: datetime | None


@dataclass(frozen=True)
class DatasetStatus:
    """Status of a dataset.

    Args:
        name: Name of the dataset.
        pipeline: Pipeline that serves it.
        last: Its last execution.
        last_success: Start of its last execution that succeeded.
        last_failure: Start of its last execution that failed, timed out or was stopped.
        waiting: Approximate number of messages that wait in its queues; None without queues.
        dead_letters: Approximate number of events that started no execution; None without triggers.
        tables: Its tables.
    """

    name: str
    pipeline: str
    last: DatasetExecution | None
    last_success: datetime | None
    last_failure: datetime | None
    waiting: int | None
    dead_letters: int | None
    tables: Sequence[TableFreshness]

    def as_dict(self) -> dict[str, Any]:
        """JSON-serializable fields."""
        return asdict(self)


def registered_datasets(platform: Platform, file: Path | None = None) -> list[RegisteredDataset]:
    """Returns the datasets of deployed pipelines, or on an embedded lake those of a file, sorted by name.

    Args:
        platform: Platform of the pipelines.
        file: File of datasets of an embedded lake.

    Raises:
        DatasetsFileError: The file cannot be read.
        InvalidPipelineError: The file violates rules.
    """
    if platform.datasets is not None:
        return platform.datasets.registered()
    return [_registered(each) for each in read_datasets(file or DATASETS_FILE).values()]


def find_dataset(datasets: Sequence[RegisteredDataset], name: str) -> RegisteredDataset:
    """Returns a dataset by name.

    Raises:
        NoSuchDatasetError: The dataset does not exist.
    """
    found = next((each for each in datasets if each.name == name), None)
    if found is None:
        raise NoSuchDatasetError(name, [each.name for each in datasets])
    return found


def check_registered(platform: Platform, pipeline: str, name: str) -> None:
    """Checks that a deployed pipeline serves a dataset.

    Raises:
        NoSuchDatasetError: The dataset does not exist, or another pipeline serves it.
        LocalRunError: The platform has no deployed pipelines.
    """
    if platform.datasets is None:
        raise LocalRunError
    owners = {each.name: each.pipeline for each in platform.datasets.registered()}
    if owners.get(name) != pipeline:
        served = [each for each, owner in owners.items() if owner == pipeline]
        raise NoSuchDatasetError(name, served, pipeline, owners.get(name))


def dataset_statuses(platform: Platform, datasets: Sequence[RegisteredDataset]) -> list[DatasetStatus]:
    """Returns the status of each dataset."""
    if platform.datasets is not None:
        activity: Mapping[str, DatasetActivity] = platform.datasets.activity(datasets)
    else:
        activity = _local_activity(platform.environment, datasets)
    return [_status(platform, each, activity[each.name]) for each in datasets]


def pipeline_of_dataset(pipeline: Pipeline, name: str | None, file: Path) -> Pipeline:
    """Returns a pipeline as it runs for a dataset of a file.

    Args:
        pipeline: Pipeline of a file.
        name: Name of the dataset; None if the pipeline has no datasets.
        file: File of datasets.

    Raises:
        NoDatasetsError: A dataset is given, but the pipeline has no datasets.
        DatasetRequiredError: No dataset is given.
        NoSuchDatasetError: The dataset does not exist, or another pipeline serves it.
        InvalidPipelineError: The datasets do not have the tables that the tasks use.
    """
    if pipeline.run_for_each is None:
        if name is not None:
            raise NoDatasetsError(pipeline.name)
        return pipeline
    datasets = read_datasets(file)
    served = {each.name: each for each in datasets.values() if each.pipeline == pipeline.name}
    check_pipeline(pipeline, served)
    if name is None:
        raise DatasetRequiredError(pipeline.name, sorted(served))
    return with_dataset(pipeline, datasets, name)


def input_of_dataset(given: Any, name: str) -> Any:
    """Adds a dataset to the input of a run, or to each event of a batch.

    Raises:
        RunInputError: The input is neither an object nor a list of objects, or names another dataset.
    """
    events = given if isinstance(given, list) else [{} if given is None else given]
    if not all(isinstance(event, dict) and event.get(DATASET_FIELD, name) == name for event in events):
        raise RunInputError("--parameters", given, f"an object or a list of objects, for the dataset '{name}'")
    named = [{**event, DATASET_FIELD: name} for event in events]
    return named if isinstance(given, list) else named[0]


def check_dataset_of_run(run_input: Any, name: str | None) -> None:
    """Checks that a run that is resumed is that of a dataset.

    Raises:
        RunInputError: It is that of another dataset.
    """
    if name is not None and dataset_of(run_input) != name:
        raise RunInputError("--dataset", name, f"'{dataset_of(run_input)}', the dataset of the run")


def _registered(dataset: Dataset) -> RegisteredDataset:
    return RegisteredDataset(
        name=dataset.name,
        pipeline=dataset.pipeline or "",
        team=dataset.team or "",
        source_prefix=dataset.source_prefix or "",
        parameters={name: value or "" for name, value in dataset.parameters.items()},
        tables={key: table.name or "" for key, table in dataset.tables.items()},
    )


def _status(platform: Platform, dataset: RegisteredDataset, activity: DatasetActivity) -> DatasetStatus:
    executions = sorted(activity.executions, key=lambda each: each.started, reverse=True)
    starts = {
        outcome: next((each.started for each in executions if each.status in statuses), None)
        for outcome, statuses in ((SUCCEEDED, (SUCCEEDED,)), (FAILED, _UNSUCCESSFUL))
    }
    return DatasetStatus(
        name=dataset.name,
        pipeline=dataset.pipeline,
        last=executions[0] if executions else None,
        last_success=starts[SUCCEEDED],
        last_failure=starts[FAILED],
        waiting=activity.waiting,
        dead_letters=activity.dead_letters,
        tables=[TableFreshness(table, _changed_at(platform, table)) for table in dataset.tables.values()],
    )


def _changed_at(platform: Platform, table: str) -> datetime | None:
    try:
        snapshot = load_table(platform, TableName.parse(table)).current_snapshot()
    except (EmptyLakeError, UnknownTableError):
        return None
    return None if snapshot is None else datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)


def _local_activity(environment: Environment, datasets: Sequence[RegisteredDataset]) -> Mapping[str, DatasetActivity]:
    executions: dict[str, list[DatasetExecution]] = {each.name: [] for each in datasets}
    for pipeline in sorted({each.pipeline for each in datasets}):
        for run in recorded_runs(environment, pipeline):
            name = dataset_of(run.input)
            if name in executions:
                started = datetime.fromisoformat(run.start_time)
                executions[name].append(DatasetExecution(run.id, _local_status(run), started))
    return {name: DatasetActivity(found) for name, found in executions.items()}


def _local_status(run: Run) -> str:
    if run.is_running:
        return RUNNING
    return FAILED if unsuccessful_tasks(run) else SUCCEEDED
