"""Starts an execution of a deployed pipeline for each of many logical dates."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Event
from time import monotonic
from typing import Any

from datalake_sdk.errors import MissingCapabilityError, TransientError
from datalake_sdk.operations.backfill.statuses import DateState, DateStatus, RunFailure
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.deployments import DeployedPipelines, ExecutionProgress, StartedExecution
from datalake_sdk.runtime.reporting import reported_reason

logger = logging.getLogger(__name__)

_POLL_INTERVAL_SECONDS = 2.0
_STATES = {"SUCCEEDED": DateState.DONE, "RUNNING": DateState.RUNNING, "PENDING_REDRIVE": DateState.RUNNING}
_HASH_LENGTH = 8


@dataclass(frozen=True)
class DeployedBackfill:
    """A backfill that has not started.

    Args:
        pipelines: Deployed pipelines of the environment.
        pipeline: Name of the pipeline.
        parameters: Input of each execution, to which `logical_date` is added.
        statuses: Status of each date, in order.
        earlier: For each date, the executions of earlier backfills, in order.
    """

    pipelines: DeployedPipelines
    pipeline: str
    parameters: Mapping[str, Any]
    statuses: Sequence[DateStatus]
    earlier: Mapping[str, Sequence[StartedExecution]]

    @property
    def pending(self) -> list[DateStatus]:
        """The dates that are not done."""
        return [status for status in self.statuses if status.state != DateState.DONE]


def plan_deployed_backfill(
    platform: Platform, pipeline: str, dates: Sequence[str], parameters: Mapping[str, Any], *, force: bool = False
) -> DeployedBackfill:
    """Plans an execution for each date that earlier executions do not show as done.

    Step Functions lists executions for 90 days. Only executions of backfills with the same parameters count.

    Args:
        platform: Platform on which the pipeline is deployed.
        pipeline: Name of the pipeline.
        dates: Logical dates.
        parameters: Input of each execution, to which `logical_date` is added.
        force: Plans a new execution for each date that is not running.

    Raises:
        MissingCapabilityError: The platform has no deployed pipelines.
        NoSuchPipelineError: The pipeline does not exist.
    """
    if platform.pipelines is None:
        raise MissingCapabilityError("backfill --pipeline-name", "deployed pipelines", platform.environment.local_root)
    found: dict[str, list[tuple[StartedExecution, str]]] = {}
    for execution, status in platform.pipelines.executions(pipeline, "backfill-"):
        found.setdefault(execution.name.partition("_")[0], []).append((execution, status))
    statuses, earlier = [], {}
    for date in dates:
        name = execution_name(date, parameters)
        attempts = sorted(found.get(name, ()), key=lambda attempt: _number(attempt[0].name))
        earlier[date] = [execution for execution, _ in attempts]
        statuses.append(_initial_status(date, name, attempts, force=force))
    return DeployedBackfill(platform.pipelines, pipeline, parameters, statuses, earlier)


def execution_name(date: str, parameters: Mapping[str, Any]) -> str:
    """Returns the name of the first execution of a date; the names of further executions end with `_2` and so on.

    Step Functions rejects a name that was used in the last 90 days, so two backfills cannot start the same execution.
    https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    """
    key = sha256(json.dumps(parameters, sort_keys=True).encode()).hexdigest()[:_HASH_LENGTH] if parameters else ""
    return "-".join(filter(None, ("backfill", date.partition(":")[0], key)))


def run_deployed_backfill(
    backfill: DeployedBackfill,
    on_change: Callable[[DateStatus], None],
    parallel: int = 1,
    poll_interval: float = _POLL_INTERVAL_SECONDS,
) -> list[DateStatus]:
    """Runs the dates that are not done, in order; a failed execution does not stop the others.

    After an interruption, no further executions are started. Running ones continue; the next backfill waits for them.

    Args:
        backfill: What to run.
        on_change: Called with each status of a date, in any thread.
        parallel: Number of executions that run at the same time.
        poll_interval: Seconds between polls of each execution.

    Returns:
        The last status of each date, in order.
    """
    statuses = {status.date: status for status in backfill.statuses}
    stopped = Event()

    def run(status: DateStatus) -> DateStatus:
        started = monotonic()
        execution = _start_or_continue(backfill, status)
        running = replace(status, run_id=execution.name, state=DateState.RUNNING)
        on_change(running)
        progress = _wait(backfill.pipelines, execution, stopped, poll_interval)
        if progress is None:
            return running
        ended = replace(_final_status(running, progress, execution), seconds=monotonic() - started)
        on_change(ended)
        return ended

    with ThreadPoolExecutor(parallel, "date") as pool:
        try:
            for future in as_completed([pool.submit(run, status) for status in backfill.pending]):
                statuses[future.result().date] = future.result()
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return list(statuses.values())


def _start_or_continue(backfill: DeployedBackfill, status: DateStatus) -> StartedExecution:
    """Returns the running execution, redrives the unsuccessful one, or starts a new one."""
    earlier = backfill.earlier[status.date]
    if status.state == DateState.RUNNING:
        return earlier[-1]
    if status.state == DateState.UNFINISHED:
        execution = backfill.pipelines.execution(backfill.pipeline, earlier[-1].name)
        # A redrive runs the definition that the execution was started with.
        if not execution.obstacle and not execution.is_outdated:
            backfill.pipelines.redrive(execution)
            return earlier[-1]
    name = execution_name(status.date, backfill.parameters)
    if earlier:
        name = f"{name}_{_number(earlier[-1].name) + 1}"
    given = {**backfill.parameters, "logical_date": status.date}
    return backfill.pipelines.start(backfill.pipeline, name, json.dumps(given))


def _wait(
    pipelines: DeployedPipelines, execution: StartedExecution, stopped: Event, poll_interval: float
) -> ExecutionProgress | None:
    """Waits until an execution has ended and returns its progress; None if the backfill is stopped."""
    while not stopped.is_set():
        try:
            progress = pipelines.progress(execution)
            if _STATES.get(progress.status) != DateState.RUNNING:
                return progress
        except TransientError as error:
            logger.warning("cannot read the progress of execution %s, will retry: %s", execution.name, error)
        stopped.wait(poll_interval)
    return None


def _final_status(status: DateStatus, progress: ExecutionProgress, execution: StartedExecution) -> DateStatus:
    if progress.status == "SUCCEEDED":
        return replace(status, state=DateState.SUCCEEDED)
    message, hint = reported_reason(progress.cause)
    error = ": ".join(filter(None, (progress.error, message))) or progress.status
    return replace(status, state=DateState.FAILED, failures=(RunFailure(error, hint, execution.link),))


def _initial_status(
    date: str, name: str, attempts: Sequence[tuple[StartedExecution, str]], *, force: bool
) -> DateStatus:
    if not attempts:
        return DateStatus(date, name, DateState.NOT_RUN)
    execution, status = attempts[-1]
    state = _STATES.get(status, DateState.UNFINISHED)
    is_new = force and state != DateState.RUNNING
    return DateStatus(date, execution.name, DateState.NOT_RUN if is_new else state)


def _number(name: str) -> int:
    suffix = name.partition("_")[2]
    return int(suffix) if suffix.isdecimal() else 1
