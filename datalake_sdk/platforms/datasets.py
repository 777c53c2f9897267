"""Interface of the datasets that deployed pipelines serve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True)
class RegisteredDataset:
    """A dataset and the pipeline that serves it.

    Args:
        name: Name of the dataset.
        pipeline: Pipeline that serves it.
        team: Team that owns it.
        source_prefix: Prefix of the keys of its objects.
        parameters: Parameters of all tasks.
        tables: `database.table` by the name that the tasks use, without the stage's prefix.
    """

    name: str
    pipeline: str
    team: str
    source_prefix: str
    parameters: Mapping[str, str]
    tables: Mapping[str, str]


@dataclass(frozen=True)
class DatasetExecution:
    """An execution, or a local run, for a dataset.

    Args:
        name: Name of the execution.
        status: Status, for example `FAILED`.
        started: When it was started.
    """

    name: str
    status: str
    started: datetime


@dataclass(frozen=True)
class DatasetActivity:
    """What happened to a dataset recently.

    Args:
        executions: Its last executions, latest first.
        waiting: Approximate number of messages that wait in its queues; None if it has no queue.
        dead_letters: Approximate number of events that started no execution; None if it has no trigger.
    """

    executions: Sequence[DatasetExecution]
    waiting: int | None = None
    dead_letters: int | None = None


class DeployedDatasets(Protocol):
    """Datasets of the deployed pipelines of an environment."""

    def registered(self) -> list[RegisteredDataset]:
        """Returns all datasets, sorted by name."""

    def activity(self, datasets: Sequence[RegisteredDataset]) -> dict[str, DatasetActivity]:
        """Returns the activity of datasets by name."""


def dataset_of(execution_input: Any) -> str | None:
    """Returns the dataset that the input of an execution names: an object, or the first event of a batch."""
    first = execution_input[0] if isinstance(execution_input, list) and execution_input else execution_input
    name = first.get("dataset") if isinstance(first, dict) else None
    return name if isinstance(name, str) else None
