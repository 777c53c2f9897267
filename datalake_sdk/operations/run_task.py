"""Runs one task of a deployed pipeline by itself and follows it to its end."""

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
from datalake_sdk.platforms.base import Platform, TaskCall, TaskOutcome, TaskRun
from datalake_sdk.runtime.environment import (
    EXECUTION_ARN,
    EXECUTION_INPUT,
    EXECUTION_START,
    PARAMETER_PREFIX,
    TASK_NAME,
    TASK_TOKEN,
)

logger = logging.getLogger(__name__)

_POLL_INTERVAL_SECONDS = 1.0


def parse_parameters(given: Iterable[str]) -> dict[str, str]:
    """Reads a task's parameters as users write them, `NAME=VALUE` each.

    Raises:
        InvalidTaskParameterError: One without `=` or without a name, or a name twice.
    """
    parameters: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise InvalidTaskParameterError(each, "it must be NAME=VALUE")
        if name in parameters:
            raise InvalidTaskParameterError(each, f"'{name}' is given already")
        parameters[name] = value
    return parameters


def run_task(
    platform: Platform,
    pipeline: str,
    task: str,
    parameters: Mapping[str, str],
    on_start: Callable[[TaskRun], None],
    on_line: Callable[[str], None],
) -> None:
    """Runs a task as its pipeline would, with nobody waiting for its token; its ingestion ids are random.

    Whatever interrupts the caller stops the task.

    Args:
        platform: Where the pipeline is deployed.
        pipeline: Its name.
        task: The task's name.
        parameters: The task's own parameters, over those that the pipeline gives it.
        on_start: Called once it is started.
        on_line: Called with each line of its log.

    Raises:
        MissingCapabilityError: The platform has no deployed tasks.
        NoSuchStateMachineError: There is no such pipeline.
        NoSuchTaskError: The pipeline has no such task.
        ComputedValuesError: Only the pipeline can compute a value that the task needs.
        TaskNotStartedError: Its container could not be started.
        TaskCapacityError: There is no room for it now.
        DeployedTaskError: It ran and failed.
    """
    if platform.tasks is None:
        raise MissingCapabilityError("run_task", "deployed pipelines", platform.environment.local_root)
    run = platform.tasks.start(_call(pipeline, task, parameters))
    try:
        on_start(run)
        outcome = _follow(run, on_line)
    except BaseException:
        _stop(run)
        raise
    _check(task, outcome, run)


def _call(pipeline: str, task: str, parameters: Mapping[str, str]) -> TaskCall:
    own = {f"{PARAMETER_PREFIX}{name}": value for name, value in parameters.items()}
    of_an_execution = dict.fromkeys((TASK_TOKEN, EXECUTION_ARN, EXECUTION_INPUT, EXECUTION_START))
    return TaskCall(pipeline, task, TASK_NAME, {**of_an_execution, **own})


def _follow(run: TaskRun, on_line: Callable[[str], None]) -> TaskOutcome:
    log = _Log(run)
    while (outcome := _outcome(run)) is None:
        log.show(on_line)
        time.sleep(_POLL_INTERVAL_SECONDS)
    log.show(on_line)
    if run.log is not None:
        # CloudWatch shows the last lines a little after they were written.
        time.sleep(_POLL_INTERVAL_SECONDS)
        log.show(on_line)
    return outcome


def _outcome(run: TaskRun) -> TaskOutcome | None:
    try:
        return run.outcome()
    except TransientError as error:
        logger.warning("the task's state is not known: %s", error)
        return None


class _Log:
    """A run's log, read until it turns out that it cannot be."""

    def __init__(self, run: TaskRun) -> None:
        self._run = run
        self._is_readable = True

    def show(self, on_line: Callable[[str], None]) -> None:
        """Shows the new lines."""
        for line in self._new_lines() if self._is_readable else ():
            on_line(line)

    def _new_lines(self) -> list[str]:
        try:
            return self._run.new_lines()
        except DatalakeError as error:
            self._is_readable = isinstance(error, TransientError)
            logger.warning("the task's log cannot be read: %s", error)
            return []


def _stop(run: TaskRun) -> None:
    try:
        run.stop()
    except DatalakeError as error:
        logger.warning("%s could not be stopped and goes on: %s", run.identifier, error)


def _check(task: str, outcome: TaskOutcome, run: TaskRun) -> None:
    if not outcome.started:
        raise TaskNotStartedError(task, outcome.reason)
    if not outcome.succeeded:
        raise DeployedTaskError(task, outcome.exit_code, outcome.reason, run.log)
