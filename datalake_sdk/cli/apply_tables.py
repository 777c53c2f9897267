"""`datalake_sdk apply_tables`: creates and evolves tables from their files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import confirm_or_yes, json_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.errors import counted

if TYPE_CHECKING:
    from datalake_sdk.operations.apply_tables import TableChanges


@click.command("apply_tables", epilog=example("apply_tables tables_configuration --plan"))
@click.argument("folders", metavar="FOLDER...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--plan", "plan_only", is_flag=True, help="Show the changes without making them.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option
@click.pass_obj
def apply_tables(lake: Lake, folders: tuple[Path, ...], plan_only: bool, yes: bool, as_json: bool) -> None:
    """Creates and evolves tables from files `database.table.yaml`, after showing the changes.

    Columns that a file does not name are kept. If any change is impossible, all problems are listed and no table is
    changed.
    """
    import_libraries()
    from datalake_sdk.operations import apply_tables as operation

    platform = lake.open()
    plan = operation.plan_tables(platform, folders)
    if not as_json:
        _print_changes(plan.tables)
    if plan_only or plan.is_empty:
        if as_json:
            print_json([table.as_dict() for table in plan.tables])
        return
    if not confirm_or_yes(yes, f"Change {counted(sum(bool(table.changes) for table in plan.tables), 'table')}?"):
        click.echo("no table was changed", err=as_json)
        return
    applied = list(operation.apply_tables(platform, plan))
    if as_json:
        print_json([table.as_dict() for table in applied])
    else:
        click.echo(f"applied: {counted(len(applied), 'table')}")


def _print_changes(tables: Iterable[TableChanges]) -> None:
    for table in tables:
        action = "create" if table.creates_table else "change" if table.changes else "no changes"
        click.echo(f"{table.table}: {action}")
        for change in table.changes:
            click.echo(f"  {change}")
        if table.untyped:
            click.echo(f"  without a type, created by the first write: {', '.join(table.untyped)}")
