"""`datalake_sdk investigate`: reports why an execution or a run was unsuccessful."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import examples
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.model_options import model_options, selected_size
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.errors import MissingExtraError, counted

if TYPE_CHECKING:
    from datalake_sdk.operations.investigate import Explain
    from datalake_sdk.operations.investigate.report import FailureReport, TableCommit, TaskReport
    from datalake_sdk.platforms.base import Platform


@click.command("investigate", epilog=examples("investigate", "investigate -pn daily --explain"))
@click.argument("execution", required=False)
@click.option(
    "-pn",
    "--pipeline-name",
    metavar="NAME",
    help="Pipeline name without the environment prefix.  [default: all pipelines of the environment]",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Add an explanation by a language model, which receives the report. Requires 'agent'.",
)
@model_options
@json_option
@click.pass_obj
def investigate(
    lake: Lake,
    execution: str | None,
    pipeline_name: str | None,
    explain: bool,
    model_size: str | None,
    provider: str,
    model_id: str | None,
    as_json: bool,
) -> None:
    """Reports why an execution of a pipeline was unsuccessful.

    EXECUTION is the name or the ARN of an execution, or the id of a run on an embedded lake; by default the last one
    that failed, timed out or was stopped. The report has the error, its likely cause, the next steps, and for each
    task its input, the end of its log and the latest commits of its tables. Secrets are masked.
    """
    from datalake_sdk.operations import investigate as investigating

    size, platform = selected_size(model_size, model_id), lake.open()
    if not explain and (model_size or model_id):
        raise click.UsageError("--model-size and --model-id require --explain.")
    report = investigating.with_commits(platform, investigating.investigate(platform, pipeline_name, execution))
    if explain:
        report = investigating.explained(report, _explainer(platform, provider, size, model_id))
    if as_json:
        print_json(report.as_dict())
    else:
        click.echo("\n".join(report_lines(report)))


def _explainer(platform: Platform, provider: str, size: str, model_id: str | None) -> Explain:
    try:
        from datalake_sdk.datalfred_agent.explain import explainer
        from datalake_sdk.datalfred_agent.models import open_model
    except ModuleNotFoundError as error:
        raise MissingExtraError("agent", error.name or str(error)) from error
    return explainer(lambda: open_model(platform, provider, size, model_id))


def report_lines(report: FailureReport) -> Iterator[str]:
    """Yields the lines of a report."""
    yield report.title
    yield ""
    yield from _field("Execution", report.execution)
    yield from _field("Time", _period(report.started, report.ended))
    yield from _field("Error", ": ".join(filter(None, (report.error, report.message))))
    yield from _field("Likely cause", report.likely_cause)
    yield from _field("Next steps", "\n".join(report.next_steps))
    yield from _field("Input", report.given)
    yield from _field("Console", report.link)
    for task in report.tasks:
        yield ""
        yield from _task_lines(task)
    if report.commits or report.commits_problem:
        yield ""
        yield "Latest commits of the tables of these tasks"
        yield from map(_commit_line, report.commits)
        yield from _field("Incomplete", report.commits_problem)
    if report.explanation:
        yield ""
        yield "Explanation by a model, which may be wrong"
        yield from (f"  {line}" for line in report.explanation.splitlines())


def _task_lines(task: TaskReport) -> Iterator[str]:
    attempts = f" after {counted(task.attempts, 'attempt')}" if task.attempts and task.error else ""
    yield f"Task {task.task}: {task.error or 'did not succeed'}{attempts}"
    yield from _field("State", "" if task.state == task.task else task.state)
    yield from _field("Time", _period(task.started, task.ended) if task.started else "")
    yield from _field("Message", task.message)
    yield from _field("Where", task.where)
    yield from _field("Hint", task.hint)
    yield from _field("Input", task.given)
    yield from _field("Resource", task.resource)
    yield from _field("Log", "\n".join(filter(None, (task.log, task.log_link, task.log_problem))))
    yield from (f"    | {line}" for line in task.log_lines)


def _commit_line(commit: TableCommit) -> str:
    rows = f"{counted(commit.added_rows, 'row')} added, {commit.deleted_rows:,} deleted"
    by = "  by this execution" if commit.by_this_execution else ""
    return f"  {commit.committed_at}  {commit.table}  {commit.operation}: {rows}{by}"


def _field(name: str, text: str) -> Iterator[str]:
    """Yields a name and the lines of its text, below each other; nothing without text."""
    for number, line in enumerate(text.splitlines()):
        yield f"  {'' if number else name:<12}  {line}"


def _period(start: datetime, end: datetime | None) -> str:
    started = f"{start.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    if end is None:
        return f"{started} UTC, not ended"
    seconds = (end - start).total_seconds()
    return f"{started} to {end.astimezone(UTC):%H:%M:%S} UTC, {seconds:,.0f} s"
