"""`datalake_sdk freshness`: shows which tables break the promises of their contracts about age."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.errors import counted

if TYPE_CHECKING:
    from datalake_sdk.operations.freshness import PromiseState


@click.command("freshness", epilog=example("freshness sales.orders"))
@click.argument("tables", metavar="[TABLE]...", nargs=-1)
@json_option
@click.pass_obj
def freshness(lake: Lake, tables: Sequence[str], as_json: bool) -> None:
    """Checks the freshness and the retention that contracts promise in `slaProperties`, of all tables or of some.

    TABLE is database.table, without the stage prefix. The exit code is 1 if a table breaks a promise, or if it cannot
    be checked.
    """
    import_libraries()
    from datalake_sdk.operations.freshness import PromiseStatus, check_freshness
    from datalake_sdk.settings import TableName

    states = check_freshness(lake.open(), [TableName.parse(table) for table in tables] or None)
    if as_json:
        print_json([state.as_dict() for state in states])
    else:
        _print(states)
    if any(state.status is not PromiseStatus.KEPT for state in states):
        sys.exit(1)


def _print(states: Sequence[PromiseState]) -> None:
    if not states:
        click.echo("No table promises freshness or retention. Add slaProperties to a table file.", err=True)
        return
    print_listing(
        ("table", "promise", "at most", "age", "status"),
        [
            (
                state.table,
                f"{state.promise} of {state.element}" if state.element else state.promise,
                state.limit,
                "" if state.age_seconds is None else _age(state.age_seconds),
                f"{state.status}: {state.reason}" if state.reason else state.status.value,
            )
            for state in states
        ],
    )


def _age(seconds: float) -> str:
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if abs(seconds) >= length:
            return f"{seconds / length:,.1f} {unit}"
    return counted(round(seconds), "second")
