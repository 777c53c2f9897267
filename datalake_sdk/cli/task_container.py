"""Runs a task in its image for `datalake_sdk run_task --task-folder`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import is_terminal
from datalake_sdk.errors import ImageTaskError

if TYPE_CHECKING:
    from datalake_sdk.operations.run_pipeline.task_process import TaskStatus


@dataclass(frozen=True)
class TaskContainer:
    """Options of the command.

    Args:
        lake: Lake to run on.
        folder: Folder of the task.
        container_cli: Container program; None is the first that is installed.
        base_image: Base image; None is the default.
    """

    lake: Lake
    folder: Path
    container_cli: str | None
    base_image: str | None

    def run(self, parameters: Mapping[str, str], logical_date: str | None, shell: bool, notebook: bool) -> None:
        """Runs the task, a shell or Jupyter, and exits with its status.

        Raises:
            UsageError: Options exclude each other, or there is no terminal for the shell.
            DatalakeError: The task cannot be run, or has failed.
        """
        from datalake_sdk.operations import run_in_image as running
        from datalake_sdk.operations.run_in_image.engine import find_engine
        from datalake_sdk.operations.run_pipeline.run import run_input

        if shell and notebook:
            raise click.UsageError("--shell and --notebook exclude each other.")
        if shell and not is_terminal():
            raise click.UsageError("--shell requires a terminal.")
        given = run_input(None, logical_date)
        task = running.task_in_image(self.lake.open(), self.folder, parameters, given, self.base_image)
        engine = find_engine(self.container_cli)
        if shell:
            click.get_current_context().exit(running.open_shell(engine, task))
        if notebook:
            click.get_current_context().exit(running.open_notebook(engine, task, _print_url))
        _print(running.run_task(engine, task))


def _print_url(url: str) -> None:
    click.echo(f"Jupyter, until Ctrl-C: {url}", err=True)


def _print(status: TaskStatus) -> None:
    if status.error:
        raise ImageTaskError(status.task, status.error, status.hint)
    seconds = None if status.seconds is None else f"{status.seconds:.1f}"
    print_listing(("task", "state", "rows", "seconds"), [(status.task, status.state, status.rows, seconds)])
