"""Datasets that pipeline_factory registers in Parameter Store."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

from datalake_sdk import naming
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.datasets import DatasetActivity, DatasetExecution, RegisteredDataset, dataset_of

_EXAMINED_EXECUTIONS = 100
"""Executions of a state machine whose inputs are read to find those of a dataset, latest first."""
_COUNT = "ApproximateNumberOfMessages"


class AwsDatasets:
    """Datasets in Parameter Store.

    Args:
        session: Account and region.
        environment: Name of the environment.
    """

    def __init__(self, session: AwsSession, environment: str) -> None:
        self._session = session
        self._path = naming.datasets_path(environment)

    def registered(self) -> list[RegisteredDataset]:
        return [
            RegisteredDataset(
                name=name,
                pipeline=pipeline,
                **{field: value[field] for field in ("team", "source_prefix", "parameters", "tables")},
            )
            for (name, pipeline), value in sorted(self._published.items())
        ]

    def activity(self, datasets: Sequence[RegisteredDataset]) -> dict[str, DatasetActivity]:
        published = {each.name: self._published[each.name, each.pipeline] for each in datasets}
        executions: dict[str, list[DatasetExecution]] = {name: [] for name in published}
        for machine in sorted({value["state_machine_arn"] for value in published.values()}):
            for name, execution in self._executions(machine):
                if name in executions:
                    executions[name].append(execution)
        return {
            name: DatasetActivity(
                executions[name],
                waiting=self._messages(value["queue_urls"]),
                dead_letters=self._messages(value["dead_letter_queue_urls"]),
            )
            for name, value in published.items()
        }

    @cached_property
    def _published(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """The values of the parameters by name of the dataset and of its pipeline."""
        values = published_datasets(self._session, self._path)
        by_path = ((name.split("/"), value) for name, value in values.items())
        return {(name, pipeline): value for (pipeline, name), value in by_path}

    def _executions(self, machine: str) -> Iterator[tuple[str, DatasetExecution]]:
        """Yields the last executions of a state machine with the names of their datasets, latest first."""
        states = self._session.client("stepfunctions")
        with aws_errors():
            pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine)
            listed = (execution for page in pages for execution in page["executions"])
            for each in islice(listed, _EXAMINED_EXECUTIONS):
                described = states.describe_execution(executionArn=each["executionArn"])
                name = dataset_of(json.loads(described.get("input") or "{}"))
                if name is not None:
                    yield name, DatasetExecution(each["name"], each["status"], each["startDate"])

    def _messages(self, urls: Sequence[str]) -> int | None:
        sqs = self._session.client("sqs")
        with aws_errors():
            counts = [
                int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[_COUNT])["Attributes"][_COUNT])
                for url in urls
            ]
        return sum(counts) if counts else None


def published_datasets(session: AwsSession, path: str) -> dict[str, Mapping[str, Any]]:
    """Returns the values of all datasets below a path in Parameter Store, by the rest of the path."""
    with aws_errors():
        pages = session.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
        parameters = [each for page in pages for each in page["Parameters"]]
    return {each["Name"].removeprefix(f"{path}/"): json.loads(each["Value"]) for each in parameters}
