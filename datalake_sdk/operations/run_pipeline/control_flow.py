"""Conditions, loops and caught failures of tasks in a local run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from datalake_sdk.errors import ConditionError, DatalakeError
from datalake_sdk.operations.run_pipeline.run import Run
from datalake_sdk.operations.run_pipeline.task_process import (
    Invocation,
    TaskRunner,
    TaskState,
    TaskStatus,
    failed_status,
    table_statistics,
)
from datalake_sdk.pipelines.conditions import INPUT, is_met, named_tasks
from datalake_sdk.pipelines.definition import ForEach, Pipeline, Task
from datalake_sdk.pipelines.limits import CAUGHT_CAUSE, CAUGHT_ERROR, CAUGHT_TASK
from datalake_sdk.pipelines.loops import TABLE, input_items, iteration_parameters
from datalake_sdk.pipelines.parameters import task_parameters
from datalake_sdk.pipelines.rules_control_flow import handler_state
from datalake_sdk.platforms.local.task_reports import TaskFileReport, read_report, write_report
from datalake_sdk.platforms.lookup import table_names
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.runtime.reporting import TERMINAL_ERROR

_CAUSE_LIMIT = 1024
"""Characters of a caught cause. The variables of a container have at most 8192 characters.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html"""
_ITEM_LIMIT = 100
"""Characters of an item in a message."""


@dataclass(frozen=True)
class ControlFlow:
    """Runs tasks as the states of a deployed pipeline do: Choice, Map and Catch.

    Args:
        pipeline: Pipeline of the tasks.
        run: Run that the tasks belong to.
        runner: Runs their processes.
        ignores_conditions: Whether tasks run regardless of their `when`.
    """

    pipeline: Pipeline
    run: Run
    runner: TaskRunner
    ignores_conditions: bool = False

    def execute(self, task: Task) -> list[TaskStatus]:
        """Runs a task; returns its last status and, if its failure was handled, that of the handler."""
        started = TaskStatus(task.name, TaskState.RUNNING, self.run.log(task.name), monotonic())
        try:
            if not self._condition_is_met(task):
                write_report(self.run.report(task.name), TaskFileReport(output={"skipped": True}))
                return [replace(started, state=TaskState.SKIPPED)]
        except ConditionError as error:
            return [self._not_started(started, task.name, error)]
        status = self._run_task(task, started)
        return [status] if status.state != TaskState.FAILED or not task.catch else self._handle_failure(task, status)

    def _condition_is_met(self, task: Task) -> bool:
        if task.when is None or self.ignores_conditions:
            return True
        results = {name: self.run.result(name) for name in named_tasks(self.pipeline, task.when)}
        values = {name: result for name, result in results.items() if result is not None}
        return is_met(task.when, {INPUT: self.run.input, **values})

    def _run_task(self, task: Task, status: TaskStatus) -> TaskStatus:
        try:
            parameters = task_parameters(task, self.run.input_for(task.name))
            if task.for_each is None:
                return self.runner.execute(Invocation(task, parameters))
            items = iteration_parameters(self._items(task, task.for_each))
            iterations = [
                Invocation(task, {**parameters, **item}, f".{index}", item=_item_text(item))
                for index, item in enumerate(items)
            ]
            return self._run_iterations(task, task.for_each, iterations, status)
        except DatalakeError as error:
            return self._not_started(status, task.name, error)

    def _not_started(self, status: TaskStatus, file: str, error: DatalakeError) -> TaskStatus:
        """Records the failure of a task that was not started in its log and report."""
        with self.run.log(file).open("a", encoding="utf-8") as log:
            log.write(f"{error}\n")
        cause = f"{status.task}: {error.message}"
        write_report(self.run.report(file), TaskFileReport(error=TERMINAL_ERROR, cause=cause))
        return failed_status(status, error)

    def _items(self, task: Task, loop: ForEach) -> Sequence[Any]:
        if loop.input is not None:
            return input_items(task, loop.input, self.run.input_for(task.name))
        if loop.tables is not None:
            platform = open_platform(self.run.environment)
            return [{TABLE: f"{loop.tables}.{name}"} for name in table_names(platform, loop.tables)]
        items: Sequence[Any] = loop.items
        return items

    def _run_iterations(
        self, task: Task, loop: ForEach, iterations: Sequence[Invocation], status: TaskStatus
    ) -> TaskStatus:
        """Runs the iterations that have not succeeded; a failed iteration does not stop the others."""
        pending = self._pending(task, iterations)
        recorded = json.dumps([dict(each.parameters) for each in iterations])
        self.run.items(task.name).write_text(recorded, encoding="utf-8")
        done, count = len(iterations) - len(pending), len(iterations)
        status = replace(status, log=self.run.log(f"{task.name}.*"), iterations=(done, count))
        self.runner.on_change(status)
        ended: dict[int, TaskStatus] = {}
        for index, iteration in self._run_in_parallel(loop, {index: iterations[index] for index in pending}):
            ended[index] = iteration
            if iteration.state == TaskState.SUCCEEDED:
                done += 1
                status = replace(status, iterations=(done, count))
                self.runner.on_change(status)
        return self._loop_status(task, iterations, ended, status)

    def _pending(self, task: Task, iterations: Sequence[Invocation]) -> list[int]:
        """Returns the iterations to run: all if the loop has succeeded before, else those that have not succeeded."""
        file = self.run.items(task.name)
        recorded = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
        if self.run.has_succeeded(task.name):
            recorded = []
        return [
            index
            for index, iteration in enumerate(iterations)
            if recorded[index : index + 1] != [iteration.parameters] or not self.run.has_succeeded(iteration.file)
        ]

    def _run_in_parallel(self, loop: ForEach, iterations: Mapping[int, Invocation]) -> Iterator[tuple[int, TaskStatus]]:
        """Runs iterations in parallel; yields the last status of each."""
        runner = replace(self.runner, on_change=lambda status: None)
        with ThreadPoolExecutor(int(loop.max_concurrency), "iteration") as pool:
            futures = {pool.submit(runner.execute, iteration): index for index, iteration in iterations.items()}
            for future in as_completed(futures):
                yield futures[future], future.result()

    def _loop_status(
        self, task: Task, iterations: Sequence[Invocation], ended: Mapping[int, TaskStatus], status: TaskStatus
    ) -> TaskStatus:
        """Writes the report of a loop and returns its last status."""
        status = replace(status, seconds=monotonic() - (status.started or 0))
        if failed := [index for index in sorted(ended) if ended[index].state == TaskState.FAILED]:
            return self._failed_loop_status(iterations, failed, ended[failed[0]], status)
        if any(each.state == TaskState.NOT_RUN for each in ended.values()):
            return replace(status, state=TaskState.NOT_RUN)
        results = [self.run.result(iteration.file) for iteration in iterations]
        write_report(self.run.report(task.name), TaskFileReport(output=results))
        return replace(status, state=TaskState.SUCCEEDED, tables=_total_rows(results))

    def _failed_loop_status(
        self, iterations: Sequence[Invocation], failed: Sequence[int], first: TaskStatus, status: TaskStatus
    ) -> TaskStatus:
        """Writes the report of a failed loop, that of its first failed iteration, and returns its status."""
        iteration = iterations[failed[0]]
        report = read_report(self.run.report(iteration.file))
        if report is None:
            report = TaskFileReport(error=first.error_name, cause=f"{iteration.source}: {first.error}")
        write_report(self.run.report(status.task), report)
        others = f"{len(failed)} iterations failed, the first: " if len(failed) > 1 else ""
        error = f"{others}iteration {failed[0] + 1} of {len(iterations)} ({iteration.item}): {first.error}"
        return replace(
            status,
            state=TaskState.FAILED,
            log=first.log,
            error=error,
            hint=first.hint,
            error_name=first.error_name,
        )

    def _handle_failure(self, task: Task, status: TaskStatus) -> list[TaskStatus]:
        """Runs the handler of a failure; if it succeeds, the failed task counts as done."""
        report = read_report(self.run.report(task.name))
        cause = (report.cause if report else f"{task.name}: {status.error}")[:_CAUSE_LIMIT]
        caught = {CAUGHT_TASK: task.name, CAUGHT_ERROR: status.error_name, CAUGHT_CAUSE: cause}
        handler = self.pipeline.tasks[task.catch or ""]
        handled = self._run_handler(handler, handler_state(handler.name, task.name), caught)
        if handled.state != TaskState.SUCCEEDED:
            return [status, handled]
        result = {"error": status.error_name, "cause": cause}
        write_report(self.run.report(task.name), TaskFileReport(output=result))
        return [replace(status, state=TaskState.CAUGHT), handled]

    def _run_handler(self, handler: Task, name: str, caught: Mapping[str, str]) -> TaskStatus:
        invocation = Invocation(handler, caught, f".{caught[CAUGHT_TASK]}", name)
        try:
            parameters = task_parameters(handler, self.run.input_for(name))
        except DatalakeError as error:
            status = TaskStatus(name, TaskState.FAILED, self.run.log(invocation.file))
            return self._not_started(status, invocation.file, error)
        return self.runner.execute(replace(invocation, parameters={**parameters, **caught}))


def _item_text(item: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in item.items())[:_ITEM_LIMIT]


def _total_rows(results: Sequence[Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    """Sums the rows read by all iterations, by table."""
    rows: dict[str, int] = {}
    for result in results:
        for table, statistics in table_statistics(result).items():
            rows[table] = rows.get(table, 0) + statistics.get("rows_read", 0)
    return {table: {"rows_read": count} for table, count in rows.items()}
