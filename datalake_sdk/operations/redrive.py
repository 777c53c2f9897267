"""Continues failed executions of a deployed pipeline, and starts executions for its dead letters."""

from __future__ import annotations

from collections.abc import Iterator

from datalake_sdk.errors import MissingCapabilityError, NotRedrivableError
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.deployments import DeployedPipelines, PipelineExecution, RedrivenMessage


def find_execution(platform: Platform, pipeline: str, name: str | None = None) -> PipelineExecution:
    """Returns the execution to redrive.

    Args:
        platform: Platform on which the pipeline is deployed.
        pipeline: Name of the pipeline.
        name: Name of the execution; None is the last one that failed, timed out or was stopped.

    Raises:
        MissingCapabilityError: The platform has no deployed pipelines.
        NoSuchPipelineError: The pipeline does not exist.
        NoSuchExecutionError: The execution does not exist.
        NothingToRedriveError: No execution was unsuccessful.
        NotRedrivableError: The execution cannot be redriven.
    """
    execution = _pipelines(platform).execution(pipeline, name)
    if execution.obstacle:
        raise NotRedrivableError(execution.name, execution.obstacle)
    return execution


def redrive_execution(platform: Platform, execution: PipelineExecution) -> None:
    """Continues an execution from the failed tasks; tasks that succeeded do not run again.

    The execution keeps its name and therefore its ingestion ids, so tables that a failed task has written are skipped.

    Raises:
        NotRedrivableError: The execution cannot be redriven.
    """
    _pipelines(platform).redrive(execution)


def count_dead_letters(platform: Platform, pipeline: str) -> int:
    """Returns the approximate number of events that started no execution.

    Raises:
        MissingCapabilityError: The platform has no deployed pipelines.
        NoSuchPipelineError: The pipeline does not exist.
    """
    return _pipelines(platform).dead_letters(pipeline)


def redrive_dead_letters(platform: Platform, pipeline: str) -> Iterator[RedrivenMessage]:
    """Sends each dead letter to its destination again and yields the outcome; rejected messages stay in the queue.

    Raises:
        MissingCapabilityError: The platform has no deployed pipelines.
        NoSuchPipelineError: The pipeline does not exist.
    """
    return _pipelines(platform).redrive_dead_letters(pipeline)


def _pipelines(platform: Platform) -> DeployedPipelines:
    if platform.pipelines is None:
        raise MissingCapabilityError("redrive", "deployed pipelines", platform.environment.local_root)
    return platform.pipelines
