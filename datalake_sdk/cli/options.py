"""Options that several commands share."""

from __future__ import annotations

import sys

import click

database_name_option = click.option(
    "-db", "--database-name", required=True, metavar="NAME", help="Database name without the stage prefix."
)
table_name_option = click.option("-t", "--table-name", required=True, metavar="NAME", help="Table name.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print machine-readable JSON.")


def confirm_or_yes(yes: bool, question: str) -> bool:
    """Asks at the terminal, unless `--yes` was given.

    Raises:
        UsageError: There is no terminal to ask at.
    """
    if yes:
        return True
    if not is_terminal():
        raise click.UsageError("Cannot ask for confirmation without a terminal. Pass --yes to continue.")
    return click.confirm(question, err=True)


def is_terminal() -> bool:
    """Whether somebody sits there to answer."""
    return sys.stdin.isatty()
