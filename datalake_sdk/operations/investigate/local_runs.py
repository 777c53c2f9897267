"""Facts about failed runs on an embedded lake, from the folders that `run_pipeline` writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from datalake_sdk.errors import NoSuchRunError, NothingToInvestigateError, NotUnsuccessfulError
from datalake_sdk.operations.run_pipeline.run import RUNS, Run, recorded_runs, root_of
from datalake_sdk.platforms.investigation import LogTail, UnsuccessfulExecution, UnsuccessfulTask
from datalake_sdk.platforms.local.task_reports import TaskFileReport, read_report
from datalake_sdk.settings import Environment

_LOG_LINES = 60
_TAIL_BYTES = 64 * 1024
"""Maximum number of bytes read from the end of a log."""
_NO_REPORT = "its process ended without reporting a result, or is still running"


def unsuccessful_run(environment: Environment, pipeline: str | None, run_id: str | None) -> UnsuccessfulExecution:
    """Reads the facts about a run.

    Args:
        environment: Environment of an embedded lake.
        pipeline: Name of the pipeline; None searches all pipelines.
        run_id: Id of the run; None is the last failed run.

    Raises:
        NoSuchRunError: The run does not exist.
        NotUnsuccessfulError: All tasks of the run have succeeded.
        NothingToInvestigateError: No run has failed.
    """
    runs = _runs(environment, pipeline)
    scope = f"lake '{root_of(environment)}'" if pipeline is None else f"pipeline '{pipeline}'"
    if run_id is None:
        failed = next((run for run in reversed(runs) if unsuccessful_tasks(run)), None)
        if failed is None:
            raise NothingToInvestigateError(scope, "Runs are in the folder runs of the lake.")
        return _facts(failed)
    found = next((run for run in runs if run.id == run_id), None)
    if found is None:
        raise NoSuchRunError(run_id, scope, [run.id for run in reversed(runs) if unsuccessful_tasks(run)])
    if not unsuccessful_tasks(found):
        raise NotUnsuccessfulError(run_id, "SUCCEEDED")
    return _facts(found)


def _runs(environment: Environment, pipeline: str | None) -> list[Run]:
    """Returns the runs in the order in which they were started."""
    folder = root_of(environment) / RUNS
    names = [pipeline] if pipeline else [each.name for each in folder.iterdir()] if folder.is_dir() else []
    runs = [run for name in names for run in recorded_runs(environment, name)]
    return sorted(runs, key=lambda run: run.start_time)


def _facts(run: Run) -> UnsuccessfulExecution:
    tasks = sorted((_task(run, name) for name in unsuccessful_tasks(run)), key=lambda task: str(task.ended))
    return UnsuccessfulExecution(
        pipeline=run.pipeline,
        name=run.id,
        identifier=run.arn,
        status="FAILED",
        started=datetime.fromisoformat(run.start_time),
        ended=max(task.ended for task in tasks if task.ended),
        error=tasks[0].error,
        cause=tasks[0].cause,
        given=json.dumps(run.input),
        tasks=tuple(tasks),
    )


def unsuccessful_tasks(run: Run) -> list[str]:
    """Returns the tasks, iterations and handled failures that were started and have not succeeded."""
    names = [log.stem for log in sorted(run.folder.glob("*.log"))]
    # The failure of an iteration or of a handler is irrelevant once its task has succeeded.
    return [name for name in names if not any(run.has_succeeded(each) for each in {name, *name.split(".")})]


def _task(run: Run, name: str) -> UnsuccessfulTask:
    log = run.log(name)
    report = read_report(run.report(name)) or TaskFileReport(error="", cause=_NO_REPORT)
    return UnsuccessfulTask(
        state=name,
        task=name.partition(".")[0],
        error=report.error or "",
        cause=report.cause,
        attempts=None,
        entered=None,
        ended=datetime.fromtimestamp(log.stat().st_mtime, UTC),
        log=LogTail(str(log), tuple(_last_lines(log))),
    )


def _last_lines(log: Path) -> Iterator[str]:
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    yield from lines[-_LOG_LINES:]
