"""Options shared by several commands."""

from __future__ import annotations

import sys
from pathlib import Path

import click

database_name_option = click.option(
    "-db", "--database-name", required=True, metavar="NAME", help="Database name without the stage prefix."
)
table_name_option = click.option("-t", "--table-name", required=True, metavar="NAME", help="Table name.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print machine-readable JSON.")

datasets_file_option = click.option(
    "--datasets-file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File of the datasets of an embedded lake.  [default: datasets.yaml]",
)


def confirm_or_yes(yes: bool, question: str) -> bool:
    """Asks for confirmation unless `--yes` was given.

    Raises:
        UsageError: stdin is not a terminal.
    """
    if yes:
        return True
    if not is_terminal():
        raise click.UsageError("Cannot ask for confirmation without a terminal. Pass --yes to continue.")
    return click.confirm(question, err=True)


def is_terminal() -> bool:
    """Whether a user can answer questions."""
    # A process can be started without stdin: https://docs.python.org/3/library/sys.html#sys.__stdin__
    return sys.stdin is not None and sys.stdin.isatty()
