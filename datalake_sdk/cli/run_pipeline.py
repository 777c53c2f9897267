"""`datalake_sdk run_pipeline`: runs a pipeline file on an embedded lake."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import datasets_file_option, json_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.cli.started_execution import start_deployed
from datalake_sdk.errors import FailedRunError
from datalake_sdk.progress_bars import migration_progress, pipeline_progress
from datalake_sdk.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datalake_sdk.operations.run_pipeline import PlannedRun
    from datalake_sdk.operations.run_pipeline.task_process import TaskStatus

_SHOWN_WARNINGS = 5
"""Warnings of a task that are also printed at the end of a run."""

pipeline_file_argument = click.argument(
    "pipeline_file", metavar="[PIPELINE_FILE]", type=click.Path(path_type=Path), default="pipeline.yaml"
)


@click.command("run_pipeline", epilog=example("run_pipeline pipeline.yaml"))
@pipeline_file_argument
@click.option(
    "-pn",
    "--pipeline-name",
    metavar="NAME",
    help="Start an execution of this deployed pipeline instead; name without the environment prefix.",
)
@click.option("--follow", is_flag=True, help="With --pipeline-name, show states and logs until the execution ends.")
@click.option(
    "--parameters", metavar="JSON", help="Input of the run, like that of an execution of the deployed pipeline."
)
@click.option(
    "--logical-date", metavar="DATE", help="Date or time that the run covers, in ISO 8601.  [default: start of the run]"
)
@click.option("--dataset", metavar="NAME", help="Run a pipeline with `run_for_each: datasets` for this dataset.")
@datasets_file_option
@click.option("--task", metavar="NAME", help="Run only this task, regardless of its `when`.")
@click.option("--from", "from_task", metavar="NAME", help="Run this task and those after it.")
@click.option(
    "--resume", metavar="RUN_ID", help="Resume an earlier run with its input; tasks that succeeded do not run again."
)
@click.option(
    "--inputs-from",
    metavar="STAGE",
    help="Copy input tables that the lake does not contain from this stage on AWS, without changing it.",
)
@click.option("--sample", metavar="PERCENT", help="With --inputs-from, copy a deterministic sample, for example 1%.")
@json_option
@click.pass_obj
def run_pipeline(
    lake: Lake,
    pipeline_file: Path,
    pipeline_name: str | None,
    follow: bool,
    parameters: str | None,
    logical_date: str | None,
    dataset: str | None,
    datasets_file: Path | None,
    task: str | None,
    from_task: str | None,
    resume: str | None,
    inputs_from: str | None,
    sample: str | None,
    as_json: bool,
) -> None:
    """Runs a pipeline file, by default pipeline.yaml, on an embedded lake (--local); or starts a deployed pipeline.

    Each task is a process with the environment variables of its container. Tasks run in parallel where their order
    allows. If a task fails and its failure is not caught, the tasks after it do not run. The log of each task is stored
    in the lake; the first warnings of tasks that succeeded are also printed at the end.
    """
    from datalake_sdk.operations import datasets
    from datalake_sdk.operations import run_pipeline as running
    from datalake_sdk.operations.run_pipeline.run import run_input
    from datalake_sdk.pipelines.file import read_pipeline

    given = run_input(parameters, logical_date)
    if dataset is not None and (resume is None or given is not None):
        given = datasets.input_of_dataset(given, dataset)
    if pipeline_name is not None:
        reject_local_options(
            {
                "--task": task,
                "--from": from_task,
                "--resume": resume,
                "--inputs-from": inputs_from,
                "--sample": sample,
                "--datasets-file": datasets_file,
            }
        )
        _check_registered(lake, pipeline_name, dataset)
        start_deployed(lake, pipeline_name, given or {}, follow=follow, as_json=as_json)
        return
    if follow:
        raise click.UsageError("--follow requires --pipeline-name.")
    if sample is not None and inputs_from is None:
        raise click.UsageError("--sample requires --inputs-from.")
    file = datasets_file or pipeline_file.parent / datasets.DATASETS_FILE
    planned = running.plan_run(
        lake.local_environment("run_pipeline"),
        datasets.pipeline_of_dataset(read_pipeline(pipeline_file), dataset, file),
        given,
        task=task,
        from_task=from_task,
        resume=resume,
    )
    datasets.check_dataset_of_run(planned.run.input, dataset)
    if inputs_from is not None:
        _copy_inputs(lake, planned, inputs_from, sample)
    _execute(planned, pipeline_file, as_json=as_json)


def _check_registered(lake: Lake, pipeline_name: str, dataset: str | None) -> None:
    from datalake_sdk.operations.datasets import check_registered

    if dataset is not None:
        check_registered(lake.open(), pipeline_name, dataset)


def _execute(planned: PlannedRun, file: Path, *, as_json: bool) -> None:
    click.echo(f"run {planned.run.id}; logs in {planned.run.folder}", err=True)
    if not planned.dependencies:
        click.echo("nothing to resume: every task of the run succeeded; --from NAME runs tasks again", err=True)
    statuses = _run(planned, file)
    print_json(_as_dict(planned, statuses)) if as_json else _print(statuses)
    _print_warnings(statuses)
    _check(planned, file, statuses)


def _run(planned: PlannedRun, file: Path) -> list[TaskStatus]:
    from datalake_sdk.operations import run_pipeline as running

    try:
        with pipeline_progress(list(planned.dependencies)) as progress:
            return running.run_pipeline(planned, progress.update, progress.refresh)
    except KeyboardInterrupt:
        click.echo(f"Resume with: {_resume_command(planned, file)}", err=True)
        raise


def reject_local_options(options: Mapping[str, object]) -> None:
    """Checks a command with --pipeline-name.

    Raises:
        UsageError: A pipeline file or one of the options of local runs was passed.
    """
    context = click.get_current_context()
    is_default = context.get_parameter_source("pipeline_file") == click.core.ParameterSource.DEFAULT
    given = [name for name, value in options.items() if value is not None] + ([] if is_default else ["PIPELINE_FILE"])
    if given:
        raise click.UsageError(f"{given[0]} is for runs on an embedded lake: pass it without --pipeline-name.")


def _copy_inputs(lake: Lake, planned: PlannedRun, stage: str, sample: str | None) -> None:
    from datalake_sdk.operations.migration.plan import parse_sample
    from datalake_sdk.operations.run_pipeline.inputs import copy_inputs, missing_inputs, plan_copies

    share = None if sample is None else parse_sample(sample)
    local = lake.open()
    copies = plan_copies(lake.open_on_aws(stage), local, missing_inputs(planned, local), share)
    with migration_progress(copies) as progress:
        copied = copy_inputs(local, copies, progress)
    for table in copied:
        click.echo(f"{table.target}: {table.rows:,} rows copied from {table.source} in stage {stage}", err=True)


def _print(statuses: list[TaskStatus]) -> None:
    print_listing(
        ("task", "state", "rows", "seconds", "log"),
        [
            (each.task, each.state, each.rows, None if each.seconds is None else f"{each.seconds:.1f}", each.log.name)
            for each in statuses
        ],
    )


def _as_dict(planned: PlannedRun, statuses: list[TaskStatus]) -> dict[str, Any]:
    tasks = [{**asdict(status), "log": str(status.log), "rows": status.rows} for status in statuses]
    for task in tasks:
        del task["started"]
    return {"run_id": planned.run.id, "logs": str(planned.run.folder), "tasks": tasks}


def _print_warnings(statuses: list[TaskStatus]) -> None:
    """Prints the first warnings of tasks that succeeded; those of the others are in their logs, which are named."""
    from datalake_sdk.runtime.logs import logged_warnings

    for status in statuses:
        warnings = list(logged_warnings(status.log)) if status.state == "succeeded" else []
        for warning in warnings[:_SHOWN_WARNINGS]:
            click.echo(f"WARNING: {status.task}: {printable(warning)}", err=True)
        if len(warnings) > _SHOWN_WARNINGS:
            click.echo(f"WARNING: {status.task}: {len(warnings) - _SHOWN_WARNINGS} more in {status.log}", err=True)


def _check(planned: PlannedRun, file: Path, statuses: list[TaskStatus]) -> None:
    for status in statuses:
        if status.state == "caught":
            handler = planned.pipeline.tasks[status.task].catch
            click.echo(f"{status.task}: {status.error} (handled by {handler})", err=True)
    failed = [status for status in statuses if status.state == "failed"]
    if not failed:
        return
    for status in failed:
        click.echo(f"{status.task}: {status.error}", err=True)
        if status.hint:
            click.echo(f"  {status.hint}", err=True)
        click.echo(f"  log: {status.log}", err=True)
    not_run = [status.task for status in statuses if status.state == "not run"]
    raise FailedRunError([status.task for status in failed], not_run, _resume_command(planned, file))


def _resume_command(planned: PlannedRun, file: Path) -> str:
    from datalake_sdk.operations.run_pipeline.run import resume_command

    return resume_command(planned.run.environment, planned.run.id, planned.run.input, str(file))
