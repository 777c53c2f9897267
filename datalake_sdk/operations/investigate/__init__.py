"""Investigates why an execution of a pipeline, or a run on an embedded lake, was unsuccessful."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

from datalake_sdk.errors import DatalakeError
from datalake_sdk.operations.investigate.advice import Advice, advice_for, status_cause
from datalake_sdk.operations.investigate.commits import recent_commits
from datalake_sdk.operations.investigate.local_runs import unsuccessful_run
from datalake_sdk.operations.investigate.report import FailureReport, TaskReport
from datalake_sdk.operations.run_pipeline.run import resume_command
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.investigation import LogTail, UnsuccessfulExecution, UnsuccessfulTask
from datalake_sdk.redaction import redacted
from datalake_sdk.runtime.reporting import reported_reason
from datalake_sdk.runtime.tracebacks import raising_line
from datalake_sdk.settings import Environment
from datalake_sdk.terminal_text import printable

Explain: TypeAlias = Callable[[FailureReport], str | None]
"""Explains a failure in a paragraph from the facts of its report; returns None if it cannot."""

_INPUT_LIMIT, _MESSAGE_LIMIT, _LINE_LIMIT = 2000, 2000, 1000
"""Maximum lengths in characters."""


def investigate(platform: Platform, pipeline: str | None = None, execution: str | None = None) -> FailureReport:
    """Reports why an execution was unsuccessful, or a run if the platform is an embedded lake.

    Secrets in inputs, messages and logs are masked. If a log cannot be read, the report contains the reason.

    Args:
        platform: Platform on which the pipeline runs.
        pipeline: Name of the pipeline; None searches all pipelines.
        execution: Name or identifier of the execution, or id of the run; None is the last unsuccessful one.

    Raises:
        UsageError: The pipeline or the execution does not exist, or the execution is running or has succeeded.
        NothingToInvestigateError: No execution was unsuccessful.
    """
    if platform.investigations is None:
        found = unsuccessful_run(platform.environment, pipeline, execution)
    else:
        found = platform.investigations.execution(pipeline, execution)
    return _report(platform.environment, found)


def explained(report: FailureReport, explain: Explain) -> FailureReport:
    """Adds an explanation to a report.

    Args:
        report: Report of a failure.
        explain: Writes the explanation from the facts of the report.
    """
    return replace(report, explanation=_cleaned(explain(report) or "", _MESSAGE_LIMIT))


def with_commits(platform: Platform, report: FailureReport) -> FailureReport:
    """Adds the recent commits of the tables that the tasks write, or the reason why they cannot be read.

    Args:
        platform: Platform that holds the tables.
        report: Report of a failure.
    """
    tasks = {task.task for task in report.tasks}
    try:
        return replace(report, commits=tuple(recent_commits(platform, report.pipeline, tasks, report.identifier)))
    except DatalakeError as error:
        return replace(report, commits_problem=error.message)


def _report(environment: Environment, found: UnsuccessfulExecution) -> FailureReport:
    message, hint = _reason(found.cause)
    tasks = tuple(map(_task_report, found.tasks))
    advice = _advice(found, message, hint, tasks)
    return FailureReport(
        environment=environment.name,
        pipeline=found.pipeline,
        execution=found.name,
        identifier=found.identifier,
        status=found.status,
        started=found.started,
        ended=found.ended,
        error=found.error,
        message=message,
        given=_cleaned(found.given, _INPUT_LIMIT),
        likely_cause=advice.likely_cause,
        next_steps=(advice.next_step, *_continuation_steps(environment, found)),
        tasks=tasks,
        link=found.link,
    )


def _advice(found: UnsuccessfulExecution, message: str, hint: str, tasks: tuple[TaskReport, ...]) -> Advice:
    """Returns advice on the task whose error ended the execution, else the first that failed, else on the execution."""
    ended = (report for report, task in zip(tasks, found.tasks, strict=True) if _ended_execution(found, task))
    failed = next(ended, None) or next((task for task in tasks if task.error), None)
    advice = advice_for(failed.error, failed.message, failed.hint) if failed else advice_for(found.error, message, hint)
    likely_cause = "" if failed else status_cause(found.status)
    return replace(advice, likely_cause=likely_cause or advice.likely_cause)


def _ended_execution(execution: UnsuccessfulExecution, task: UnsuccessfulTask) -> bool:
    """Returns whether the error of a task ended the execution; errors of iterations may have been caught."""
    return bool(task.error) and (task.error, task.cause) == (execution.error, execution.cause)


def _continuation_steps(environment: Environment, found: UnsuccessfulExecution) -> tuple[str, ...]:
    """Returns the steps that continue the pipeline once the problem is fixed."""
    if environment.local_root is not None:
        command = resume_command(environment, found.name, json.loads(found.given), "PIPELINE_FILE")
        return (f"Then resume the run: {command}",)
    names = f"-p {environment.project_name} -d {environment.domain_name} -s {environment.stage_name}"
    redrive = f"datalake_sdk {names} redrive --pipeline-name {found.pipeline} --execution {found.name}"
    return (
        f"After a fix outside of the pipeline, continue the execution: {redrive}",
        "After a fix in the pipeline, apply it and start a new execution with the same input.",
    )


def _task_report(task: UnsuccessfulTask) -> TaskReport:
    message, hint = _reason(task.cause)
    log = task.log or LogTail("")
    return TaskReport(
        task=task.task,
        state=task.state,
        error=task.error,
        message=message.removeprefix(f"{task.task}: "),
        where=_cleaned(raising_line(task.cause), _LINE_LIMIT),
        hint=hint,
        attempts=task.attempts,
        started=task.entered,
        ended=task.ended,
        given=_cleaned(task.given, _INPUT_LIMIT),
        resource=task.resource,
        log=log.location,
        log_link=log.link,
        log_problem=log.problem,
        log_lines=_log_lines(log),
    )


def _log_lines(log: LogTail) -> tuple[str, ...]:
    # Masked together, since a private key has several lines.
    lines = redacted(printable("\n".join(log.lines))).split("\n") if log.lines else []
    return tuple(_cleaned(line, _LINE_LIMIT) for line in lines)


def _reason(cause: str) -> tuple[str, str]:
    """Returns the message and the hint in a cause, without the traceback and without the links of the failsafe."""
    message, hint = reported_reason(cause)
    hint = hint.partition("\nLog: ")[0]
    return _cleaned(message, _MESSAGE_LIMIT), _cleaned(hint, _MESSAGE_LIMIT)


def _cleaned(text: str, limit: int) -> str:
    """Masks secrets, removes control characters, which could also separate a secret from its name, and truncates."""
    clean = redacted(printable(text))
    return clean if len(clean) <= limit else f"{clean[: limit - 1]}…"
