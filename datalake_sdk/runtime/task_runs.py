"""The run of a task in the ledger. A task and those that watch it derive the same id of its run."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from datalake_sdk.errors import DatalakeError
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.ledger.model import Engine, Input, Job, Parent, Run, RunError, RunKind, run_id_of
from datalake_sdk.ledger.recording import RunRecord
from datalake_sdk.ledger.task_size import task_size
from datalake_sdk.output_tables import is_pattern
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.runtime.environment import (
    DOMAIN_NAME,
    EXECUTION_START,
    LOCAL_ROOT,
    PROJECT_NAME,
    REGION,
    STAGE_NAME,
    TASK_ATTEMPT,
    TASK_LOG,
    TaskSettings,
    parsed_timestamp,
    task_settings,
)

logger = logging.getLogger(__name__)

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


def record_failed_container(variables: Mapping[str, str], error: RunError) -> None:
    """Records that a task failed whose environment may be invalid; does nothing if it is.

    Args:
        variables: Environment variables of the task.
        error: Why it failed.
    """
    try:
        environment = resolve_environment(
            variables.get(PROJECT_NAME),
            variables.get(DOMAIN_NAME),
            variables.get(STAGE_NAME),
            variables.get(REGION),
            variables.get(LOCAL_ROOT),
        )
        record_failed_task(open_platform(environment), variables, error)
    except DatalakeError as problem:
        logger.warning("cannot record the failure in the run ledger: %s", problem)
    flush()


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
