"""Runs a pipeline file on an embedded lake."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from importlib.util import find_spec
from typing import Any

from datalake_sdk.errors import (
    CatchingTaskError,
    DatasetRequiredError,
    LocalRunError,
    MissingExtraError,
    NoSuchTaskError,
    UsageError,
)
from datalake_sdk.ledger.recording import recorded
from datalake_sdk.operations.plan_pipeline import check_reads
from datalake_sdk.operations.run_pipeline.control_flow import ControlFlow
from datalake_sdk.operations.run_pipeline.processes import Processes
from datalake_sdk.operations.run_pipeline.recorded_run import pipeline_record, run_failure
from datalake_sdk.operations.run_pipeline.run import Run, earlier_run, new_run
from datalake_sdk.operations.run_pipeline.task_process import (
    TaskRunner,
    TaskState,
    TaskStatus,
    parallel_tasks,
)
from datalake_sdk.pipelines.definition import Pipeline, Task
from datalake_sdk.pipelines.loops import input_items
from datalake_sdk.pipelines.order import downstream, predecessors
from datalake_sdk.pipelines.parameters import RunInput, task_parameters
from datalake_sdk.settings import Environment

_TICK_SECONDS = 0.2
_COMPLETED = (TaskState.SUCCEEDED, TaskState.SKIPPED, TaskState.CAUGHT)
"""States of a task after which the tasks that depend on it can start."""


@dataclass(frozen=True)
class PlannedRun:
    """A run that has not started.

    Args:
        pipeline: Pipeline to run.
        run: Its id, input and folder.
        dependencies: For each task to run, in order, the tasks of the run that it depends on.
        ignores_conditions: Whether tasks run regardless of their `when`.
    """

    pipeline: Pipeline
    run: Run
    dependencies: Mapping[str, Collection[str]]
    ignores_conditions: bool = False

    @property
    def tasks(self) -> list[Task]:
        """Tasks to run, and the handlers of their failures."""
        return with_handlers(self.pipeline, self.dependencies)


def plan_run(
    environment: Environment,
    pipeline: Pipeline,
    given: Any = None,
    *,
    task: str | None = None,
    from_task: str | None = None,
    resume: str | None = None,
) -> PlannedRun:
    """Plans a run without starting it.

    Args:
        environment: Environment of an embedded lake.
        pipeline: Pipeline to run.
        given: Input of the run; None is an empty object, or the input of the run that is repeated.
        task: The only task to run, regardless of its `when`.
        from_task: Runs this task and those after it.
        resume: Id of an earlier run to resume. Its unfinished tasks run, unless `task` or `from_task` selects others;
            tables that it has written are skipped.

    Raises:
        UsageError: The lake is on AWS, a task or run does not exist, a parameter cannot be computed, or Spark is not
            installed.
    """
    if task is not None and from_task is not None:
        raise UsageError("--task and --from exclude each other", hint="Pass one of them.")
    check_embedded(environment)
    selection = _selection(pipeline, task, from_task)
    if resume:
        run = earlier_run(environment, pipeline.name, resume, given)
    else:
        run = new_run(environment, pipeline.name, given)
        run = replace(run, selection=selection, ignores_conditions=task is not None)
    selected = unfinished_tasks(pipeline, run) if selection is None else selection
    check_tasks(pipeline, selected)
    ignores_conditions = run.ignores_conditions if selection is None else task is not None
    return replace(plan_tasks(pipeline, run, selected), ignores_conditions=ignores_conditions)


def check_embedded(environment: Environment) -> None:
    """Checks that an environment is an embedded lake.

    Raises:
        LocalRunError: It is on AWS.
    """
    if environment.local_root is None:
        raise LocalRunError


def check_tasks(pipeline: Pipeline, selected: Collection[str]) -> None:
    """Checks that this machine can run tasks, and that all tasks declare the tables that they read.

    Raises:
        UsageError: Spark is not installed, a table is not declared, or the pipeline runs for a dataset that was not
            selected.
    """
    if pipeline.run_for_each is not None:
        raise DatasetRequiredError(pipeline.name)
    if any(task.is_spark for task in with_handlers(pipeline, selected)) and find_spec("pyspark") is None:
        raise MissingExtraError("spark", "pyspark")
    check_reads(pipeline)


def with_handlers(pipeline: Pipeline, selected: Collection[str]) -> list[Task]:
    """Returns tasks and the handlers of their failures."""
    tasks = [pipeline.tasks[name] for name in selected]
    handlers = {pipeline.tasks[task.catch].name: pipeline.tasks[task.catch] for task in tasks if task.catch}
    return [*tasks, *handlers.values()]


def plan_tasks(pipeline: Pipeline, run: Run, selected: Collection[str]) -> PlannedRun:
    """Plans a run of checked tasks.

    Raises:
        UsageError: A parameter cannot be computed.
    """
    before = predecessors(pipeline)
    order = [name for name in TopologicalSorter(before).static_order() if name in selected]
    for task in (pipeline.tasks[name] for name in order):
        # The input of a conditional task may exist only if its condition is met.
        if task.when is None:
            _check_input(task, run.input_for(task.name))
    return PlannedRun(pipeline, run, {name: [other for other in before[name] if other in selected] for name in order})


def _check_input(task: Task, run_input: RunInput) -> None:
    task_parameters(task, run_input)
    if task.for_each is not None and task.for_each.input is not None:
        input_items(task, task.for_each.input, run_input)


def run_pipeline(
    planned: PlannedRun,
    on_change: Callable[[TaskStatus], None],
    on_tick: Callable[[], None] = lambda: None,
    processes: Processes | None = None,
) -> list[TaskStatus]:
    """Runs tasks in parallel where the order allows; tasks that depend on a failed task do not run.

    An interruption stops all tasks.

    Args:
        planned: What to run.
        on_change: Called with each status of a task, in any thread.
        on_tick: Called several times a second.
        processes: Processes shared by several runs, which are stopped together; by default those of this run.

    Returns:
        The last status of each task in the order of the run, and of each handler that ran.
    """
    if processes is None:
        with Processes() as own:
            return run_pipeline(planned, on_change, on_tick, own)
    with planned.run.in_progress(), recorded(pipeline_record(planned.run)) as record:
        statuses = _run_tasks(planned, on_change, on_tick, processes)
        if error := run_failure(statuses):
            record.fail(error)
    return statuses


def _run_tasks(
    planned: PlannedRun, on_change: Callable[[TaskStatus], None], on_tick: Callable[[], None], processes: Processes
) -> list[TaskStatus]:
    statuses = {name: TaskStatus(name, TaskState.NOT_RUN, planned.run.log(name)) for name in planned.dependencies}
    runner = TaskRunner(planned.pipeline, planned.run, processes, on_change)
    control_flow = ControlFlow(planned.pipeline, planned.run, runner, planned.ignores_conditions)
    with ThreadPoolExecutor(parallel_tasks(), "task") as pool:
        try:
            for status in _run_in_order(planned, control_flow, pool, on_tick):
                statuses[status.task] = status
                on_change(status)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            processes.stop()
            raise
    for status in statuses.values():
        if status.state == TaskState.NOT_RUN:
            on_change(status)
    return list(statuses.values())


def _run_in_order(
    planned: PlannedRun, control_flow: ControlFlow, pool: ThreadPoolExecutor, on_tick: Callable[[], None]
) -> Iterator[TaskStatus]:
    """Starts each task once the tasks that it depends on have completed; yields the last status of each."""
    sorter = TopologicalSorter(planned.dependencies)
    sorter.prepare()
    running: set[Future[list[TaskStatus]]] = set()
    while sorter.is_active():
        for name in sorter.get_ready():
            running.add(pool.submit(control_flow.execute, planned.pipeline.tasks[name]))
        if not running:
            return
        done, running = wait(running, _TICK_SECONDS, FIRST_COMPLETED)
        on_tick()
        for status in (status for future in done for status in future.result()):
            if status.task in planned.dependencies and status.state in _COMPLETED:
                sorter.done(status.task)
            yield status


def unfinished_tasks(pipeline: Pipeline, run: Run) -> list[str]:
    """Returns the names of a run's tasks that have not succeeded."""
    selection = pipeline.tasks if run.selection is None else run.selection
    return [name for name in predecessors(pipeline) if name in selection and not run.has_succeeded(name)]


def _selection(pipeline: Pipeline, task: str | None, from_task: str | None) -> list[str] | None:
    name = from_task if task is None else task
    if name is None:
        return None
    if name not in pipeline.tasks:
        raise NoSuchTaskError(name, pipeline.name, list(pipeline.tasks))
    if name in pipeline.caught:
        raise CatchingTaskError(name, pipeline.caught[name])
    return [name] if task is not None else sorted(downstream(pipeline, name))
