"""Runs a pipeline file once for each of many logical dates."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from datalake_sdk.errors import BackfillRunningError
from datalake_sdk.operations.backfill.statuses import DateState, DateStatus, RunFailure
from datalake_sdk.operations.run_pipeline import (
    PlannedRun,
    check_embedded,
    check_tasks,
    plan_tasks,
    run_pipeline,
    unfinished_tasks,
)
from datalake_sdk.operations.run_pipeline.processes import Processes
from datalake_sdk.operations.run_pipeline.run import Run, new_run, recorded_runs, runs_folder
from datalake_sdk.operations.run_pipeline.task_process import TaskState
from datalake_sdk.pipelines.definition import Pipeline
from datalake_sdk.settings import Environment

_LOCK = "backfill.lock"


@dataclass(frozen=True)
class Backfill:
    """A backfill that has not started.

    Args:
        pipeline: Pipeline to run.
        folder: Folder of its runs.
        statuses: Status of each date, in order.
        runs: The planned runs by date, without the dates that are done.
    """

    pipeline: Pipeline
    folder: Path
    statuses: Sequence[DateStatus]
    runs: Mapping[str, PlannedRun]


def plan_backfill(
    environment: Environment,
    pipeline: Pipeline,
    dates: Sequence[str],
    parameters: Mapping[str, Any],
    *,
    force: bool = False,
) -> Backfill:
    """Plans a run for each date that the recorded runs of the pipeline do not show as done.

    A date is done if all tasks of its latest run have succeeded; otherwise that run is resumed. Runs with other
    parameters or of single tasks do not count.

    Args:
        environment: Environment of an embedded lake.
        pipeline: Pipeline to run.
        dates: Logical dates.
        parameters: Input of each run, to which `logical_date` is added.
        force: Plans a new run for each date, so that its tables are written again.

    Raises:
        UsageError: The lake is on AWS, a parameter cannot be computed, or Spark is not installed.
    """
    check_embedded(environment)
    check_tasks(pipeline, pipeline.tasks)
    recorded = [] if force else recorded_runs(environment, pipeline.name)
    latest = {_key(run.input): run for run in recorded if run.selection is None}
    statuses, runs = [], {}
    for date in dates:
        given = {**parameters, "logical_date": date}
        earlier = latest.get(_key(given))
        run = earlier or new_run(environment, pipeline.name, given, label=date.partition(":")[0])
        unfinished = unfinished_tasks(pipeline, run)
        if unfinished:
            runs[date] = plan_tasks(pipeline, run, unfinished)
        statuses.append(DateStatus(date, run.id, _initial_state(earlier, unfinished)))
    return Backfill(pipeline, runs_folder(environment, pipeline.name), statuses, runs)


def run_backfill(backfill: Backfill, on_change: Callable[[DateStatus], None], parallel: int = 1) -> list[DateStatus]:
    """Runs the dates that are not done, in order; a failed run does not stop the others.

    An interruption stops all tasks; the next backfill resumes the runs.

    Args:
        backfill: What to run.
        on_change: Called with each status of a date, in any thread.
        parallel: Number of dates that run at the same time.

    Returns:
        The last status of each date, in order.

    Raises:
        BackfillRunningError: Another backfill of the pipeline is running.
    """
    statuses = {status.date: status for status in backfill.statuses}
    with _locked(backfill), Processes() as processes, ThreadPoolExecutor(parallel, "date") as pool:
        # All runs are recorded before the first one starts, so an interrupted backfill is resumed without `force`.
        for planned in backfill.runs.values():
            planned.run.record()
        try:
            futures = [
                pool.submit(_run, statuses[date], planned, processes, on_change)
                for date, planned in backfill.runs.items()
            ]
            for future in as_completed(futures):
                statuses[future.result().date] = future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            processes.stop()
            raise
    return list(statuses.values())


def _run(
    status: DateStatus, planned: PlannedRun, processes: Processes, on_change: Callable[[DateStatus], None]
) -> DateStatus:
    started = monotonic()
    on_change(replace(status, state=DateState.RUNNING))
    tasks = run_pipeline(planned, lambda _: None, processes=processes)
    failures = tuple(
        RunFailure(f"{task.task}: {task.error}", task.hint, str(task.log))
        for task in tasks
        if task.state == TaskState.FAILED
    )
    ended = replace(
        status,
        state=DateState.FAILED if failures else DateState.SUCCEEDED,
        rows=None if failures else sum(task.rows or 0 for task in tasks),
        seconds=monotonic() - started,
        failures=failures,
    )
    if not processes.stopped.is_set():
        on_change(ended)
    return ended


def _initial_state(earlier: Run | None, unfinished: Sequence[str]) -> DateState:
    if earlier is None:
        return DateState.NOT_RUN
    return DateState.UNFINISHED if unfinished else DateState.DONE


def _key(given: Any) -> str:
    return json.dumps(given, sort_keys=True)


@contextmanager
def _locked(backfill: Backfill) -> Iterator[None]:
    backfill.folder.mkdir(parents=True, exist_ok=True)
    with (backfill.folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackfillRunningError(backfill.pipeline.name) from None
        yield
