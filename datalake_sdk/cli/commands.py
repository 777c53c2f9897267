"""The commands of the program, each imported when it is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from importlib import import_module

import click

COMMANDS = (
    "add_files",
    "apply_tables",
    "backfill",
    "contract",
    "datalfred",
    "datasets",
    "delete_table",
    "describe_table",
    "export_redshift",
    "freshness",
    "ingest",
    "ingest_source",
    "init",
    "investigate",
    "lineage",
    "list_tables",
    "maintain_table",
    "mcp",
    "migrate_data",
    "plan_pipeline",
    "quarantine",
    "query",
    "redrive",
    "register_table",
    "run_pipeline",
    "run_task",
    "runs",
    "serve_ingestion",
    "test_task",
    "ui",
    "update_foreign_linked_databases",
)
"""A command, its module and its function have the same name."""


class LazyCommands(MutableMapping[str, click.Command]):
    """Commands by name; the first access to a command imports its module.

    Args:
        names: Names of commands.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._commands: dict[str, click.Command | None] = dict.fromkeys(names)

    def __getitem__(self, name: str) -> click.Command:
        command = self._commands[name]
        if command is None:
            command = self._commands[name] = getattr(import_module(f"datalake_sdk.cli.{name}"), name)
        return command

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)
