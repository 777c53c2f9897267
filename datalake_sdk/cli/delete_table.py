"""`datalake_sdk delete_table`: a table and all of its files, gone."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import database_name_option, table_name_option
from datalake_sdk.cli.printing import size_text
from datalake_sdk.settings import TableName

if TYPE_CHECKING:
    from datalake_sdk.operations.tables import TableDescription


@click.command("delete_table")
@database_name_option
@table_name_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete_table(lake: Lake, database_name: str, table_name: str, yes: bool) -> None:
    """Removes a table: its catalog entry and every file of it."""
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("There is no terminal to ask at: give --yes to delete without a question.")
    from datalake_sdk.operations import delete_table as deletion
    from datalake_sdk.operations.tables import describe_table

    platform = lake.open()
    table = TableName(database_name, table_name)
    if not yes and not _confirmed(describe_table(platform, table)):
        click.echo(f"{table}: kept")
        return
    deleted = deletion.delete_table(platform, table)
    click.echo(
        f"{deleted.table}: deleted {deleted.rows:,} rows, {deleted.files_removed:,} files, "
        f"{size_text(deleted.bytes_removed)}"
    )


def _confirmed(table: TableDescription) -> bool:
    return click.confirm(f"Delete {table.table} with its {table.rows:,} rows, {size_text(table.bytes)}?", err=True)
