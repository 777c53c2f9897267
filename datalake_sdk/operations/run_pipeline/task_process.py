"""Runs one task of a pipeline like its container: as a process with the same environment variables."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from threading import Semaphore
from time import monotonic
from typing import Any

from datalake_sdk.errors import DatalakeError, RequirementsError
from datalake_sdk.ledger.model import RunError
from datalake_sdk.machine import available_cpus
from datalake_sdk.operations.run_pipeline.environments import python_program, requirements_of
from datalake_sdk.operations.run_pipeline.processes import ProcessContext, Processes, RunStopped
from datalake_sdk.operations.run_pipeline.run import Run
from datalake_sdk.pipelines.definition import OUTPUT_OPTIONS, SQL, Output, Pipeline, Task
from datalake_sdk.platforms.local.task_reports import TaskFileReport, read_report
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.runtime import environment as names
from datalake_sdk.runtime.reporting import TERMINAL_ERROR, TRANSIENT_ERROR, reported_reason
from datalake_sdk.runtime.task_runs import record_failed_task
from datalake_sdk.runtime.tracebacks import raising_line_of_code
from datalake_sdk.settings import Environment

_NATIVE, _SPARK = "datalake_sdk.native_python_processing_wrapper", "datalake_sdk.spark_processing_wrapper"
_LOCAL_PLATFORM = "datalake_sdk.platforms.local"
_FIRST_DELAY_SECONDS, _MAXIMUM_DELAY_SECONDS = 5, 300
"""Delays of the retries in a generated state machine."""
_TIMEOUT = "States.Timeout"
"""https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-error-representation"""
_KILLED = (
    "The system kills processes when memory runs out: read fewer rows at a time, or run the task alone with --task."
)


class TaskState(StrEnum):
    """State of a task in a run."""

    INSTALLING = "installing"
    RUNNING = "running"
    RETRYING = "retrying"
    SUCCEEDED = "succeeded"
    SKIPPED = "skipped"
    CAUGHT = "caught"
    FAILED = "failed"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class TaskStatus:
    """Status of a task in a run.

    Args:
        task: Name of the task, or of the state in which it handles the failure of another task.
        state: Its state.
        log: File with its output.
        started: Monotonic time of its start, in seconds; None before.
        seconds: Duration of a task that ended.
        tables: For each output table that was written, the statistics of its ingestion.
        error: Message of the error that it failed with.
        hint: Next step.
        error_name: Name of that error, such as `TerminalError`.
        iterations: Number of iterations that have succeeded, and of all iterations; None without a loop.
    """

    task: str
    state: TaskState
    log: Path
    started: float | None = None
    seconds: float | None = None
    tables: Mapping[str, Mapping[str, Any]] | None = None
    error: str = ""
    hint: str = ""
    error_name: str = ""
    iterations: tuple[int, int] | None = None

    @property
    def rows(self) -> int | None:
        """Number of rows read for all output tables; None before the task succeeded."""
        return None if self.tables is None else sum(table.get("rows_read", 0) for table in self.tables.values())


@dataclass(frozen=True)
class Invocation:
    """One execution of a task: the task itself, an iteration, or the handling of a failure.

    Args:
        task: The task.
        parameters: Its parameters.
        suffix: Distinguishes its log and report from those of other invocations of the task.
        name: Name in its status; None is that of the task.
        item: Item of its iteration, shown in the cause of a failure; None outside of a loop.
    """

    task: Task
    parameters: Mapping[str, str]
    suffix: str = ""
    name: str | None = None
    item: str | None = None

    @property
    def source(self) -> str:
        """Prefix of the cause of its failure."""
        return self.task.name if self.item is None else f"{self.task.name} ({self.item})"

    @property
    def file(self) -> str:
        """Name of its log and report."""
        return f"{self.task.name}{self.suffix}"


def definition_variables(
    environment: Environment, pipeline: Pipeline, task: Task, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Returns the variables that do not depend on an execution."""
    return {
        names.PROJECT_NAME: environment.project_name,
        names.DOMAIN_NAME: environment.domain_name,
        names.STAGE_NAME: environment.stage_name,
        names.TABLE_STORAGE: environment.table_storage.value,
        names.PIPELINE_NAME: pipeline.name,
        names.TASK_NAME: task.name,
        names.INPUT_TABLES: json.dumps(task.input_tables),
        names.OUTPUT_TABLES: json.dumps({name: _output(output) for name, output in task.output_tables.items()}),
        names.REDSHIFT: json.dumps({name: value for name, value in task.redshift.items() if value is not None}),
        names.TASK_TYPE: task.type,
        names.IS_SQL_JOB: json.dumps(task.type == SQL),
        names.TASK_SECRETS: json.dumps(task.secrets),
        **{f"{names.PARAMETER_PREFIX}{name}": value for name, value in parameters.items()},
    }


def task_variables(pipeline: Pipeline, run: Run, invocation: Invocation) -> dict[str, str]:
    """Returns the variables that the task definition and the state set in a deployed pipeline."""
    return {
        **definition_variables(run.environment, pipeline, invocation.task, invocation.parameters),
        names.TASK_TOKEN: str(run.report(invocation.file)),
        names.EXECUTION_ARN: run.arn,
        names.EXECUTION_INPUT: json.dumps(run.input),
        names.EXECUTION_START: run.start_time,
        **({} if invocation.item is None else {names.MAP_ITEM: invocation.item}),
    }


def local_variables(pipeline: Pipeline, task: Task) -> dict[str, str]:
    """Returns the variables of a task that runs in its folder instead of its image."""
    folders = {name: str(folder) for name, folder in pipeline.shared_modules(task).items()}
    return {names.SHARED_MODULES: json.dumps(folders)}


def retry_delay(attempt: int) -> float:
    """Seconds before a retry, numbered from 1: with exponential backoff and full jitter, as in a state machine."""
    limit = min(_MAXIMUM_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2 ** (attempt - 1))
    return random.uniform(0, limit)


@dataclass(frozen=True)
class TaskRunner:
    """Runs the tasks of a pipeline.

    Args:
        pipeline: Pipeline of the tasks.
        run: Run that the tasks belong to.
        processes: Runs their processes.
        on_change: Called with each status of a task but its last, in the thread of the task.
        delay: Seconds before each retry.
        slots: Limits the number of processes that run at the same time.
    """

    pipeline: Pipeline
    run: Run
    processes: Processes
    on_change: Callable[[TaskStatus], None]
    delay: Callable[[int], float] = retry_delay
    slots: Semaphore = field(default_factory=lambda: Semaphore(parallel_tasks()))

    def execute(self, invocation: Invocation) -> TaskStatus:
        """Runs a task with its parameters and returns its last status."""
        started, log = monotonic(), self.run.log(invocation.file)
        status = TaskStatus(invocation.name or invocation.task.name, TaskState.INSTALLING, log, started)
        try:
            python = self._python(invocation.task, status)
            variables = {
                **_inherited_variables(self.run),
                **task_variables(self.pipeline, self.run, invocation),
                **local_variables(self.pipeline, invocation.task),
            }
            ended = self._run_with_retries(invocation, status, python, variables)
        except RequirementsError as error:
            ended = failed_status(status, error)
        except RunStopped:
            ended = replace(status, state=TaskState.NOT_RUN)
        return replace(ended, seconds=monotonic() - started)

    def _python(self, task: Task, status: TaskStatus) -> str:
        requirements = requirements_of(task, self.pipeline.task_folder(task))
        return python_program(requirements, self.processes, status.log, lambda: self.on_change(status))

    def _run_with_retries(
        self, invocation: Invocation, status: TaskStatus, python: str, variables: Mapping[str, str]
    ) -> TaskStatus:
        """Runs a task and retries it after transient errors, like the state of the deployed task."""
        for attempt in range(int(invocation.task.retries) + 1):
            if attempt:
                self._wait(attempt, status)
            self.on_change(replace(status, state=TaskState.RUNNING))
            exit_code, report = self._attempt(invocation, python, variables)
            if exit_code is None or report is None or report.error != TRANSIENT_ERROR:
                break
        return ended_status(replace(status, state=TaskState.FAILED), invocation, exit_code, report)

    def _wait(self, attempt: int, status: TaskStatus) -> None:
        """Waits before a retry. A task of a stopped run fails with a transient error, but is not retried."""
        if not self.processes.stopped.is_set():
            self.on_change(replace(status, state=TaskState.RETRYING))
        if self.processes.stopped.wait(self.delay(attempt)):
            raise RunStopped

    def _attempt(
        self, invocation: Invocation, python: str, variables: Mapping[str, str]
    ) -> tuple[int | None, TaskFileReport | None]:
        task, file = invocation.task, self.run.report(invocation.file)
        file.unlink(missing_ok=True)
        log = self.run.log(invocation.file)
        attempt = {**variables, names.TASK_ATTEMPT: token_hex(), names.TASK_LOG: log.as_uri()}
        context = ProcessContext(log, self.pipeline.task_folder(task).resolve(), attempt)
        with self.slots:
            module = _SPARK if task.is_spark else _NATIVE
            exit_code = self.processes.run_module(python, module, context, task.timeout * 60, _shared_imports(task))
        report = read_report(file)
        if not self.processes.stopped.is_set():
            self._record_failure(invocation, attempt, exit_code, report)
        return exit_code, report

    def _record_failure(
        self, invocation: Invocation, variables: Mapping[str, str], exit_code: int | None, report: TaskFileReport | None
    ) -> None:
        """Records a failure in the ledger, which ignores it if the task has done so itself."""
        ended = ended_status(TaskStatus(invocation.task.name, TaskState.FAILED, Path()), invocation, exit_code, report)
        if ended.state == TaskState.FAILED:
            error = RunError(ended.error_name, ended.error, ended.hint, ended.error_name == TRANSIENT_ERROR)
            record_failed_task(open_platform(self.run.environment), variables, error)


def _shared_imports(task: Task) -> list[str]:
    """Returns the modules to import once for all tasks; none for Spark, whose Java process takes longer to start."""
    if task.is_spark:
        return []
    return [_NATIVE, f"{_LOCAL_PLATFORM}.platform", *([f"{_LOCAL_PLATFORM}.sql"] if task.type == SQL else [])]


def parallel_tasks() -> int:
    """Number of tasks of a run that run at the same time."""
    return max(2, available_cpus())


def _inherited_variables(run: Run) -> dict[str, str]:
    """Returns the variables of this process, without those of another task."""
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in names.SET_BY and not name.startswith(names.PARAMETER_PREFIX)
    }
    return {**own, names.LOCAL_ROOT: str(run.root), "PYTHONUNBUFFERED": "1"}


def _output(output: Output) -> dict[str, Any]:
    options = {name: getattr(output, name) for name in OUTPUT_OPTIONS}
    return {
        "ingestion_mode": output.ingestion_mode,
        "upsert_keys": list(output.upsert_keys),
        "partition_keys": None if output.partition_keys is None else list(output.partition_keys),
        **{name: value for name, value in options.items() if value is not None},
    }


def ended_status(
    failed: TaskStatus, invocation: Invocation, exit_code: int | None, report: TaskFileReport | None
) -> TaskStatus:
    """Returns the status of a task whose process ended: `failed` with the reason, or its success."""
    if exit_code is None:
        error = f"it took longer than {invocation.task.timeout:g} minutes"
        return replace(failed, error=error, hint="Raise timeout_minutes of the task.", error_name=_TIMEOUT)
    if report is None:
        ended = f"was killed by signal {-exit_code}" if exit_code < 0 else f"ended with exit code {exit_code}"
        hint = _KILLED if exit_code == -signal.SIGKILL else ""
        error = f"its process {ended} without reporting a result"
        return replace(failed, error=error, hint=hint, error_name=TERMINAL_ERROR)
    if report.error is not None:
        message, hint = reported_reason(report.cause)
        error = message.removeprefix(f"{invocation.source}: ")
        return replace(failed, error=error, hint=hint or _position(error, report.cause), error_name=report.error)
    return replace(failed, state=TaskState.SUCCEEDED, tables=table_statistics(report.output))


def _position(error: str, cause: str) -> str:
    """Returns the line of the task's code that raised an error; empty if another program did."""
    line = raising_line_of_code(cause)
    if not line:
        return ""
    package = " Add the package to requirements.txt of the task." if error.startswith("ModuleNotFoundError") else ""
    return f"Raised in {line}.{package}"


def table_statistics(result: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    """Returns the statistics of each table in the result of a task."""
    tables = result["tables"]
    # A result that is too large for Step Functions contains only the names of the tables.
    return tables if isinstance(tables, dict) else {table: {} for table in tables}


def failed_status(status: TaskStatus, error: DatalakeError) -> TaskStatus:
    """Returns the status of a task whose process could not be started."""
    return replace(status, state=TaskState.FAILED, error=error.message, hint=error.hint, error_name=TERMINAL_ERROR)
