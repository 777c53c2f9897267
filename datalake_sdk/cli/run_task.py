"""`datalake_sdk run_task`: runs a single task of a deployed pipeline, or the task in a folder in its image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from datalake_sdk.cli.examples import examples
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.task_container import TaskContainer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datalake_sdk.platforms.deployments import TaskRun

_PROGRAMS = ("docker", "podman", "finch", "nerdctl", "buildah")


@click.command(
    "run_task",
    epilog=examples(
        "run_task --task-folder totals --logical-date 2026-01-31",
        "run_task -pn daily -tn totals --parameter country=fr",
    ),
)
@click.option("-pn", "--pipeline-name", metavar="NAME", help="Pipeline name without the environment prefix.")
@click.option("-tn", "--task-name", metavar="NAME", help="Task name.")
@click.option(
    "--task-folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Run the task in this folder instead, on this machine in its image.",
)
@click.option(
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Override a task parameter; repeatable.",
)
@click.option(
    "--logical-date",
    metavar="DATE",
    help="With --task-folder, date or time that the run covers, in ISO 8601.  [default: start of the run]",
)
@click.option("--shell", is_flag=True, help="With --task-folder, open a shell in the image.")
@click.option("--notebook", is_flag=True, help="With --task-folder, run Jupyter in the image on 127.0.0.1.")
@click.option(
    "--container-cli",
    type=click.Choice(_PROGRAMS),
    envvar="CONTAINER_CLI",
    show_envvar=True,
    help="With --task-folder, program that builds and runs the image.  [default: the first that is installed]",
)
@click.option(
    "--base-image",
    metavar="IMAGE",
    help="With --task-folder, base image, as in base_images of the domain.  [default: that of the Dockerfile]",
)
@click.pass_obj
def run_task(
    lake: Lake,
    pipeline_name: str | None,
    task_name: str | None,
    task_folder: Path | None,
    parameters: tuple[str, ...],
    logical_date: str | None,
    shell: bool,
    notebook: bool,
    container_cli: str | None,
    base_image: str | None,
) -> None:
    """Runs a single task of a deployed pipeline, streams its log and exits with its status.

    The task runs on ECS, Lambda, EMR Serverless or Glue with the command, role and environment variables that the
    pipeline defines, outside of any pipeline execution. Ctrl-C stops it, except on Lambda, where it runs to its end.

    With --task-folder, the image of the task is built and run on this machine: on an embedded lake (--local), or on AWS
    with your credentials. The nearest pipeline.yaml above the folder must declare the task.
    """
    from datalake_sdk.operations.run_task import parse_parameters

    overrides = parse_parameters(parameters)
    if task_folder is not None:
        _reject({"--pipeline-name": pipeline_name, "--task-name": task_name}, "cannot be combined with --task-folder")
        TaskContainer(lake, task_folder, container_cli, base_image).run(overrides, logical_date, shell, notebook)
        return
    local: dict[str, object] = {"--logical-date": logical_date, "--shell": shell, "--notebook": notebook}
    local["--base-image"] = base_image
    if click.get_current_context().get_parameter_source("container_cli") is ParameterSource.COMMANDLINE:
        local["--container-cli"] = container_cli
    _reject(local, "requires --task-folder")
    if pipeline_name is None or task_name is None:
        raise click.UsageError("Pass --pipeline-name and --task-name, or --task-folder.")
    _run_deployed(lake, pipeline_name, task_name, overrides)


def _reject(options: Mapping[str, object], reason: str) -> None:
    for name, value in options.items():
        if value:
            raise click.UsageError(f"{name} {reason}.")


def _run_deployed(lake: Lake, pipeline_name: str, task_name: str, parameters: Mapping[str, str]) -> None:
    from datalake_sdk.operations import run_task as running

    running.run_task(lake.open(), pipeline_name, task_name, parameters, _print_start, click.echo)
    click.echo(f"{task_name}: done", err=True)


def _print_start(run: TaskRun) -> None:
    click.echo(f"started {run.identifier}; {run.log}", err=True)
