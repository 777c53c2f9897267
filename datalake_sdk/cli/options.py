"""Options shared by several commands."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""https://datatracker.ietf.org/doc/html/rfc6750#section-2.1"""

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


def token_option(variable: str, help_text: str) -> Callable[[Any], Any]:
    """Returns the option for the bearer token of a server.

    Args:
        variable: Environment variable that sets it.
        help_text: Help text.
    """
    return click.option(
        "--token", envvar=variable, show_envvar=True, metavar="TOKEN", help=help_text, callback=_checked_token
    )


def _checked_token(_context: click.Context, _option: click.Parameter, token: str | None) -> str | None:
    if token is not None and not _TOKEN.fullmatch(token):
        raise click.UsageError("--token must consist of letters, digits and -._~+/=, and must not be empty.")
    return token


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
