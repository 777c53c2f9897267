"""Writes `cli-reference.md`: what `--help` says, for the program and each of its commands."""

from __future__ import annotations

from pathlib import Path

import click

from datalake_sdk.cli.main import cli

PROGRAM = "datalake_sdk"
REFERENCE = Path(__file__).parent / "cli-reference.md"
INTRODUCTION = """\
# Command line reference

Written by `make docs` from the program itself. Every command also answers to its name with dashes: `list-tables` is
`list_tables`.
"""


def reference() -> str:
    """The whole page."""
    program = click.Context(cli, info_name=PROGRAM, terminal_width=100, **cli.context_settings)
    commands = [click.Context(command, program, name) for name, command in sorted(cli.commands.items())]
    return "\n".join([INTRODUCTION, *map(section, [program, *commands])])


def section(context: click.Context) -> str:
    """A heading and the command's help."""
    return f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n"


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
