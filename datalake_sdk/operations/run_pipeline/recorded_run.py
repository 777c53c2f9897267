"""A local run of a pipeline in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from datalake_sdk.ledger.model import Job, RunError, RunKind, run_id_of
from datalake_sdk.ledger.model import Run as RecordedRun
from datalake_sdk.ledger.recording import RunRecord
from datalake_sdk.operations.run_pipeline.run import Run
from datalake_sdk.operations.run_pipeline.task_process import TaskState, TaskStatus
from datalake_sdk.platforms.select import open_platform


def pipeline_record(run: Run) -> RunRecord:
    """Returns the record of a run, which is that of the earlier run if it is resumed."""
    job = Job(RunKind.PIPELINE, run.pipeline, run.pipeline)
    started = datetime.fromisoformat(run.start_time)
    recorded = RecordedRun(run_id_of(run.arn), job, datetime.now(UTC), started, execution=run.arn)
    return RunRecord(open_platform(run.environment), recorded)


def run_failure(statuses: Sequence[TaskStatus]) -> RunError | None:
    """Returns why a run failed: the error of the first failed task; None if no task failed."""
    failed = [status for status in statuses if status.state == TaskState.FAILED]
    if not failed:
        return None
    others = f" ({len(failed) - 1} more failed)" if len(failed) > 1 else ""
    return RunError(failed[0].error_name, f"{failed[0].task}: {failed[0].error}{others}", failed[0].hint)
