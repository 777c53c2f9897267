"""`datalake_sdk run_task`: one task of a deployed pipeline, alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.lake import Lake

if TYPE_CHECKING:
    from datalake_sdk.platforms.base import TaskRun


@click.command("run_task")
@click.option("-pn", "--pipeline-name", required=True, metavar="NAME", help="Pipeline, without the environment's name.")
@click.option("-tn", "--task-name", required=True, metavar="NAME", help="Task of the pipeline.")
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the task, instead of what the pipeline gives it; repeatable.",
)
@click.pass_obj
def run_task(lake: Lake, pipeline_name: str, task_name: str, parameters: tuple[str, ...]) -> None:
    """Runs one task of a deployed pipeline alone, shows its log and ends as it ends.

    The task runs on ECS or EMR Serverless with the command, the role and the variables that the pipeline gives it, but
    no execution of the pipeline waits for it. Ctrl-C stops it.
    """
    from datalake_sdk.operations import run_task as running

    running.run_task(
        lake.open(), pipeline_name, task_name, running.parse_parameters(parameters), _print_start, click.echo
    )
    click.echo(f"{task_name}: done", err=True)


def _print_start(run: TaskRun) -> None:
    click.echo(f"started {run.identifier}; {run.log or 'it keeps no log in CloudWatch'}", err=True)
