"""`datalake_sdk delete_table`: deletes a table and all of its files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import database_name_option, is_terminal, json_option, table_name_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.errors import counted
from datalake_sdk.settings import TableName
from datalake_sdk.sizes import size_text

if TYPE_CHECKING:
    from datalake_sdk.operations.delete_table import DeletedTable
    from datalake_sdk.operations.tables import TableDescription


@click.command("delete_table", epilog=example("delete_table -db sales -t orders --yes"))
@database_name_option
@table_name_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option
@click.pass_obj
def delete_table(lake: Lake, database_name: str, table_name: str, yes: bool, as_json: bool) -> None:
    """Deletes a table: its catalog entry and all of its files, including those of its quarantine."""
    if not yes and not is_terminal():
        raise click.UsageError("Cannot ask for confirmation without a terminal. Pass --yes to delete.")
    import_libraries()
    from datalake_sdk.operations import delete_table as deletion
    from datalake_sdk.operations.tables import describe_table

    platform = lake.open()
    table = TableName(database_name, table_name)
    if not yes:
        found = describe_table(platform, table)
        if not _confirmed(found, deletion.quarantined_row_count(platform, table)):
            click.echo(f"{found.table}: nothing was deleted", err=as_json)
            return
    deleted = deletion.delete_table(platform, table)
    print_json(deleted.as_dict()) if as_json else _print_deleted(deleted)


def _print_deleted(deleted: DeletedTable) -> None:
    click.echo(
        f"{deleted.table}: deleted {counted(deleted.rows, 'row')}, {counted(deleted.files_removed, 'file')}, "
        f"{size_text(deleted.bytes_removed)}"
    )
    if deleted.rows_quarantined:
        click.echo(f"deleted its quarantine with {counted(deleted.rows_quarantined, 'row')}")
    if deleted.principals_revoked:
        click.echo(f"revoked the grants of {counted(deleted.principals_revoked, 'principal')}")
    if deleted.kept_versions:
        click.echo(f"old versions of the files remain under {deleted.kept_versions} until lifecycle rules expire them")


def _confirmed(table: TableDescription, quarantined: int) -> bool:
    also = f" and {counted(quarantined, 'quarantined row')}" if quarantined else ""
    return click.confirm(
        f"Delete {table.table} with its {counted(table.rows, 'row')}, {size_text(table.bytes)}{also}?", err=True
    )
