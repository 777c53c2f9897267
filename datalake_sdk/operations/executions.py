"""Starts an execution of a deployed pipeline and follows it."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from secrets import token_hex
from time import monotonic
from typing import Any

from datalake_sdk.errors import FailedExecutionError, MissingCapabilityError, TransientError
from datalake_sdk.operations.task_logs import ExecutionLogs
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.deployments import DeployedPipelines, ExecutionProgress, ExecutionState, StartedExecution
from datalake_sdk.runtime.reporting import reported_reason

logger = logging.getLogger(__name__)

_POLL_INTERVAL_SECONDS = 2.0
_ENDED = ("succeeded", "skipped", "failed")
_BY_PRIORITY = ("running", "retrying", "failed")
"""Statuses of iterations; the first of them that occurs is the status of an unfinished loop."""
_RUNNING = ("RUNNING", "PENDING_REDRIVE")


@dataclass(frozen=True)
class StateStatus:
    """Status of a task state.

    Args:
        task: Name of the state.
        state: `running`, `retrying`, `succeeded`, `skipped` or `failed`.
        started: Monotonic time of its first poll, in seconds.
        seconds: Duration of a state that ended.
        rows: Number of rows read for all output tables; None if unknown.
        iterations: Number of iterations that have succeeded, and of all iterations; None without a loop.
    """

    task: str
    state: str
    started: float | None = None
    seconds: float | None = None
    rows: int | None = None
    iterations: tuple[int, int] | None = None


def start_execution(platform: Platform, pipeline: str, given: Any) -> StartedExecution:
    """Starts an execution of a deployed pipeline.

    Args:
        platform: Platform on which the pipeline is deployed.
        pipeline: Name of the pipeline.
        given: Input of the execution.

    Raises:
        MissingCapabilityError: The platform has no deployed pipelines.
        NoSuchPipelineError: The pipeline does not exist.
    """
    # With a name, a request that is sent twice starts one execution.
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    name = f"run-{datetime.now(UTC):%Y%m%dT%H%M%S}-{token_hex(4)}"
    return _pipelines(platform).start(pipeline, name, json.dumps(given))


def follow_execution(
    platform: Platform,
    execution: StartedExecution,
    on_change: Callable[[StateStatus], None],
    on_line: Callable[[str, str], None],
    on_tick: Callable[[], None] = lambda: None,
    poll_interval: float = _POLL_INTERVAL_SECONDS,
) -> None:
    """Reports the task states of an execution until it has ended. An interruption does not stop the execution.

    Of logs with many lines, only a part is reported.

    Args:
        platform: Platform on which the pipeline is deployed.
        execution: Execution to follow.
        on_change: Called with each status of a state.
        on_line: Called with the name of a state and a line of its log.
        on_tick: Called after each poll.
        poll_interval: Seconds between polls.

    Raises:
        FailedExecutionError: The execution failed, timed out or was stopped.
    """
    shown: dict[int, StateStatus] = {}
    logs = ExecutionLogs(_pipelines(platform), on_line)
    while True:
        progress = _progress(platform, execution)
        states = progress.states if progress else ()
        logs.emit(states)
        for index, state in enumerate(_by_loop(states)):
            status = _status(state, shown.get(index))
            if status != shown.get(index):
                shown[index] = status
                on_change(status)
        on_tick()
        if progress and progress.status not in _RUNNING:
            break
        time.sleep(poll_interval)
    _read_to_end(logs, progress, poll_interval)
    _check(execution, progress)


def _read_to_end(logs: ExecutionLogs, progress: ExecutionProgress, poll_interval: float) -> None:
    """Reads the remaining lines of all states, including those that another failure has stopped."""
    ended = [replace(state, ended=state.ended or datetime.now(UTC)) for state in progress.states]
    while not logs.is_complete:
        time.sleep(poll_interval)
        logs.emit(ended)


def _progress(platform: Platform, execution: StartedExecution) -> ExecutionProgress | None:
    try:
        return _pipelines(platform).progress(execution)
    except TransientError as error:
        logger.warning("cannot read the progress of the execution, will retry: %s", error)
        return None


def _by_loop(states: Iterable[ExecutionState]) -> list[list[ExecutionState]]:
    """Groups states with the same name in the iterations of a loop; preserves the order."""
    found: dict[tuple[object, str], list[ExecutionState]] = {}
    for index, state in enumerate(states):
        found.setdefault((state.loop or index, state.name), []).append(state)
    return list(found.values())


def _status(states: Sequence[ExecutionState], before: StateStatus | None) -> StateStatus:
    """Returns the status of a state, or of the iterations of a loop."""
    first, current = states[0], _current(states)
    ends = [state.ended for state in states if state.ended is not None] if current in _ENDED else []
    rows = [count for state in states if (count := _rows(state.output)) is not None]
    return StateStatus(
        first.name,
        current,
        before.started if before else monotonic(),
        (max(ends) - first.entered).total_seconds() if ends else None,
        sum(rows) if rows else None,
        None if first.loop is None else (_succeeded(states), first.loop.count),
    )


def _current(states: Sequence[ExecutionState]) -> str:
    loop, statuses = states[0].loop, [state.status for state in states]
    if loop is None:
        return statuses[0]
    # An iteration that failed may have succeeded after a redrive.
    if _succeeded(states) >= loop.count:
        return "succeeded"
    return next((each for each in _BY_PRIORITY if each in statuses), "running")


def _succeeded(states: Sequence[ExecutionState]) -> int:
    return sum(state.status == "succeeded" for state in states)


def _rows(output: str | None) -> int | None:
    """Sums the rows in the result of a task of the SDK; None for other results."""
    result = json.loads(output) if output else None
    tables = result.get("tables") if isinstance(result, dict) else None
    return sum(table.get("rows_read", 0) for table in tables.values()) if isinstance(tables, dict) else None


def _check(execution: StartedExecution, progress: ExecutionProgress) -> None:
    if progress.status != "SUCCEEDED":
        message, hint = reported_reason(progress.cause)
        reason = ": ".join(filter(None, (progress.error, message)))
        advice = "\n".join(filter(None, (hint, f"See {execution.link}")))
        raise FailedExecutionError(execution.name, progress.status, reason, advice)


def _pipelines(platform: Platform) -> DeployedPipelines:
    if platform.pipelines is None:
        raise MissingCapabilityError(
            "run_pipeline --pipeline-name", "deployed pipelines", platform.environment.local_root
        )
    return platform.pipelines
