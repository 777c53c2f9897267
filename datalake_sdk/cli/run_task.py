"""`datalake_sdk run_task`: runs a single task of a deployed pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.lake import Lake

if TYPE_CHECKING:
    from datalake_sdk.platforms.deployments import TaskRun


@click.command("run_task")
@click.option(
    "-pn", "--pipeline-name", required=True, metavar="NAME", help="Pipeline name without the environment prefix."
)
@click.option("-tn", "--task-name", required=True, metavar="NAME", help="Task name.")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Override a task parameter; repeatable.",
)
@click.pass_obj
def run_task(lake: Lake, pipeline_name: str, task_name: str, parameters: tuple[str, ...]) -> None:
    """Runs a single task of a deployed pipeline, streams its log and exits with its status.

    The task runs on ECS or EMR Serverless with the command, role and environment variables that the pipeline defines,
    outside of any pipeline execution. Ctrl-C stops it.
    """
    from datalake_sdk.operations import run_task as running

    running.run_task(
        lake.open(), pipeline_name, task_name, running.parse_parameters(parameters), _print_start, click.echo
    )
    click.echo(f"{task_name}: done", err=True)


def _print_start(run: TaskRun) -> None:
    click.echo(f"started {run.identifier}; {run.log}", err=True)
