"""Options that several commands share."""

from __future__ import annotations

import sys

import click

database_name_option = click.option(
    "-db", "--database-name", required=True, metavar="NAME", help="Database, without the stage's prefix."
)
table_name_option = click.option("-t", "--table-name", required=True, metavar="NAME", help="Table.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def confirm_or_yes(yes: bool, question: str) -> bool:
    """Asks at the terminal, unless `--yes` was given.

    Raises:
        UsageError: There is no terminal to ask at.
    """
    if yes:
        return True
    if not is_terminal():
        raise click.UsageError("There is no terminal to ask at: give --yes to go on without a question.")
    return click.confirm(question, err=True)


def is_terminal() -> bool:
    """Whether somebody sits there to answer."""
    return sys.stdin.isatty()
