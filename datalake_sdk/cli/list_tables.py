"""`datalake_sdk list_tables`: lists the tables of the lake."""

from __future__ import annotations

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.sizes import size_text

_NO_LOCAL_TABLES = "No tables in stage '{}' of the lake '{}'. Ingest data first, or check the path and the stage."
_NO_TABLES = (
    "No tables in environment '{}'. Check project, domain, stage and --region. With Lake Formation, only tables on "
    "which you have permissions are listed."
)


@click.command("list_tables", epilog=example("list_tables --database-name sales"))
@click.option("--database-name", metavar="NAME", help="List only this database. Name without the stage prefix.")
@json_option
@click.pass_obj
def list_tables(lake: Lake, database_name: str | None, as_json: bool) -> None:
    """Lists tables with their row counts, file counts and sizes."""
    import_libraries()
    from datalake_sdk.operations import tables

    platform = lake.open()
    summaries = tables.list_tables(platform, database_name)
    if as_json:
        print_json([summary.as_dict() for summary in summaries])
        return
    print_listing(
        ("table", "rows", "files", "size", "changed at"),
        [
            (summary.table, summary.rows, summary.files, size_text(summary.bytes), summary.changed_at)
            for summary in summaries
        ],
    )
    environment = platform.environment
    if not summaries and environment.local_root is None:
        click.echo(_NO_TABLES.format(environment.name), err=True)
    elif not summaries:
        click.echo(_NO_LOCAL_TABLES.format(environment.stage_name, environment.local_root), err=True)
