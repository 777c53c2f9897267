"""The run of a task in the ledger. A task and those that watch it derive the same id of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from datalake_sdk.ledger.model import Engine, Input, Job, Parent, Run, RunError, RunKind, run_id_of
from datalake_sdk.ledger.recording import RunRecord
from datalake_sdk.ledger.task_size import task_size
from datalake_sdk.output_tables import is_pattern
from datalake_sdk.platforms.base import Platform
from datalake_sdk.runtime.environment import (
    EXECUTION_START,
    TASK_ATTEMPT,
    TASK_LOG,
    TaskSettings,
    parsed_timestamp,
    task_settings,
)

_CODE = "code"


def task_record(platform: Platform, task: TaskSettings, variables: Mapping[str, str], engine: Engine) -> RunRecord:
    """Returns the record of this attempt of a task.

    Args:
        platform: Platform of the task.
        task: Settings of the task.
        variables: Environment variables.
        engine: Processing engine.
    """
    size = task_size(variables)
    run = _task_run(task, variables)
    code = size.image or (Path.cwd() / _CODE).as_uri()
    job = replace(run.job, code=code, image=size.digest)
    run = replace(run, engine=engine, job=job, log=run.log or size.log)
    prefix = platform.environment.database_prefix
    inputs = [Input(prefix + table) for table in task.input_tables if not is_pattern(table)]
    return RunRecord(platform, run, inputs, size)


def record_failed_task(platform: Platform, variables: Mapping[str, str], error: RunError) -> None:
    """Records that an attempt of a task failed, unless the task has done so itself.

    Args:
        platform: Platform of the task.
        variables: Environment variables of the task.
        error: Why it failed.
    """
    RunRecord(platform, _task_run(task_settings(variables), variables)).fail(error)


def _task_run(task: TaskSettings, variables: Mapping[str, str]) -> Run:
    attempt = variables.get(TASK_ATTEMPT) or task.token or str(uuid4())
    pipeline, name, execution = task.pipeline_name or "", task.task_name or "", task.execution_arn or ""
    now, start = datetime.now(UTC), variables.get(EXECUTION_START)
    return Run(
        id=run_id_of(execution, name, attempt),
        job=Job(RunKind.TASK, ".".join(filter(None, (pipeline, name))) or "task", pipeline, name),
        started=now,
        group_time=parsed_timestamp(start) if start else now,
        parent=Parent(run_id_of(execution), pipeline) if execution else None,
        execution=execution,
        nominal_time=task.logical_timestamp if execution else None,
        log=variables.get(TASK_LOG, ""),
    )
