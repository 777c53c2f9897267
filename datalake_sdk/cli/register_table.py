"""`datalake_sdk register_table`: registers existing tables in the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.settings import TableName

if TYPE_CHECKING:
    from datalake_sdk.operations.register_table import RegisteredTable

_FAILED = 1


@click.command("register_table", epilog=example("register_table --all --dry-run"))
@click.option(
    "-db",
    "--database-name",
    metavar="NAME",
    help="Database name without the stage prefix.  [default with --all: all databases]",
)
@click.option("-t", "--table-name", metavar="NAME", help="Table name.")
@click.option("--location", metavar="URI", help="Location of the table's files.  [default: that of a new table]")
@click.option(
    "--metadata-file", metavar="URI", help="Metadata file to register.  [default: the newest one in the location]"
)
@click.option("--all", "all_tables", is_flag=True, help="Register all tables that have files but no catalog entry.")
@click.option("--dry-run", is_flag=True, help="Show what would be registered without doing it.")
@json_option
@click.pass_obj
def register_table(
    lake: Lake,
    database_name: str | None,
    table_name: str | None,
    location: str | None,
    metadata_file: str | None,
    all_tables: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Registers existing Iceberg tables in the catalog, for example after their database was deleted.

    Pause the pipelines that write the tables first: a task that runs before would create an empty table.
    """
    if all_tables and (table_name or location or metadata_file):
        raise click.UsageError("--all cannot be combined with --table-name, --location or --metadata-file.")
    if not all_tables and not (database_name and table_name):
        raise click.UsageError("Pass --database-name and --table-name, or --all.")
    if location and metadata_file:
        raise click.UsageError("Pass --location or --metadata-file, not both.")
    import_libraries()
    from datalake_sdk.operations import register_table as registration

    platform = lake.open()
    if database_name and table_name:
        name = TableName(database_name, table_name)
        outcomes = [
            registration.register_table(platform, name, location=location, metadata_file=metadata_file, dry_run=dry_run)
        ]
    else:
        outcomes = list(registration.register_tables(platform, database_name, dry_run=dry_run))
    print_json([outcome.as_dict() for outcome in outcomes]) if as_json else _print_outcomes(outcomes, dry_run)
    if any(outcome.error for outcome in outcomes):
        raise click.exceptions.Exit(_FAILED)


def _print_outcomes(outcomes: Sequence[RegisteredTable], dry_run: bool) -> None:
    if not outcomes:
        click.echo("nothing to register: no table has files but no catalog entry", err=True)
        return
    done = "would be registered" if dry_run else "registered"
    print_listing(
        ("table", "", "rows", "changed at", "metadata file"),
        [
            (each.table, "failed" if each.error else done, each.rows, each.changed_at, each.metadata_file)
            for each in outcomes
        ],
    )
    for each in outcomes:
        if each.error:
            message = each.error.removeprefix(f"{each.table}: ")
            click.echo(f"Error: {each.table}: {message}", err=True)
