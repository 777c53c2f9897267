"""Runs one task of a deployed pipeline outside of an execution and follows it until it ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping

from datalake_sdk.errors import (
    DatalakeError,
    DeployedTaskError,
    InvalidTaskParameterError,
    MissingCapabilityError,
    TaskNotStartedError,
    TransientError,
)
from datalake_sdk.operations.task_logs import LogReader
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.deployments import TaskOutcome, TaskRun
from datalake_sdk.runtime.environment import PARAMETER_PREFIX

logger = logging.getLogger(__name__)


def parse_parameters(given: Iterable[str]) -> dict[str, str]:
    """Parses task parameters, each written as `NAME=VALUE`.

    Raises:
        InvalidTaskParameterError: A parameter has no `=` or no name, or a name is given twice.
    """
    parameters: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise InvalidTaskParameterError(each, "it must be NAME=VALUE")
        if name in parameters:
            raise InvalidTaskParameterError(each, f"'{name}' is already given")
        parameters[name] = value
    return parameters


def run_task(
    platform: Platform,
    pipeline: str,
    task: str,
    parameters: Mapping[str, str],
    on_start: Callable[[TaskRun], None],
    on_line: Callable[[str], None],
    poll_interval: float = 1.0,
) -> None:
    """Runs a task as its pipeline would, without a task token and with random ingestion ids.

    Any interruption of the caller stops the task.

    Args:
        platform: Platform on which the pipeline is deployed.
        pipeline: Name of the pipeline.
        task: Name of the task.
        parameters: Task parameters; they override those of the pipeline.
        on_start: Called when the task has been started.
        on_line: Called with each line of the task's log.
        poll_interval: Seconds between polls of the task's state and log.

    Raises:
        MissingCapabilityError: The platform has no deployed tasks.
        NoSuchPipelineError: The pipeline does not exist.
        NoSuchTaskError: The pipeline has no such task.
        ComputedValuesError: A parameter that the pipeline computes is missing.
        TaskNotStartedError: The container could not be started.
        TaskCapacityError: AWS has no capacity for the task at the moment.
        DeployedTaskError: The task failed.
    """
    if platform.tasks is None:
        raise MissingCapabilityError("run_task", "deployed pipelines", platform.environment.local_root)
    variables = {f"{PARAMETER_PREFIX}{name}": value for name, value in parameters.items()}
    run = platform.tasks.start(pipeline, task, variables)
    try:
        on_start(run)
        outcome = _follow(run, on_line, poll_interval)
    except BaseException:
        _stop(run)
        raise
    _check(task, outcome, run)


def _follow(run: TaskRun, on_line: Callable[[str], None], poll_interval: float) -> TaskOutcome:
    log = LogReader(run.log)
    while (outcome := _outcome(run)) is None:
        log.emit(on_line)
        time.sleep(poll_interval)
    log.emit(on_line)
    # CloudWatch returns the last lines with a short delay.
    time.sleep(poll_interval)
    while log.emit(on_line):
        pass
    return outcome


def _outcome(run: TaskRun) -> TaskOutcome | None:
    try:
        return run.outcome()
    except TransientError as error:
        logger.warning("cannot read the state of the task, will retry: %s", error)
        return None


def _stop(run: TaskRun) -> None:
    try:
        run.stop()
    except DatalakeError as error:
        logger.warning("cannot stop %s, it is still running: %s", run.identifier, error)


def _check(task: str, outcome: TaskOutcome, run: TaskRun) -> None:
    if not outcome.started:
        raise TaskNotStartedError(task, outcome.reason)
    if not outcome.succeeded:
        raise DeployedTaskError(task, outcome.exit_code, outcome.reason, str(run.log))
