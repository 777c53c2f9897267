"""`datalake_sdk serve_ingestion`: accepts rows over HTTP and writes them to a table in batches."""

from __future__ import annotations

import secrets
from contextlib import closing
from pathlib import Path

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import database_name_option, table_name_option, token_option
from datalake_sdk.settings import IngestionMode, IngestionRequest, TableName, parse_keys


@click.command("serve_ingestion", epilog=example("serve_ingestion -db sales -t orders -m upsert -uk order_id"))
@database_name_option
@table_name_option
@click.option(
    "-m",
    "--ingestion-mode",
    type=click.Choice([IngestionMode.APPEND.value, IngestionMode.UPSERT.value]),
    default=IngestionMode.APPEND.value,
    show_default=True,
    help="Append rows, or update rows by key and insert new ones.",
)
@click.option("-uk", "--upsert-keys", metavar="KEYS", help='Columns that identify a row, for example "id".')
@click.option(
    "-pk",
    "--partition-keys",
    metavar="KEYS",
    help='Partition columns or transforms, for example "country,day(ordered_at)".',
)
@click.option(
    "--tables-configuration",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    default=Path("tables_configuration"),
    show_default=True,
    help="Folder of the table files, which declare the types of the columns.",
)
@click.option(
    "--commit-seconds",
    type=click.FloatRange(0.1, 3600),
    metavar="SECONDS",
    default=5,
    show_default=True,
    help="Time between two commits.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8766, show_default=True, help="Port; 0 is a free one.")
@token_option("INGESTION_API_TOKEN", "Bearer token of the clients.  [default: a random one, printed to stderr]")
@click.pass_obj
def serve_ingestion(
    lake: Lake,
    database_name: str,
    table_name: str,
    ingestion_mode: str,
    upsert_keys: str | None,
    partition_keys: str | None,
    tables_configuration: Path,
    commit_seconds: float,
    port: int,
    token: str | None,
) -> None:
    """Accepts rows over HTTP and writes them to a table in batches, in an embedded lake.

    It listens on 127.0.0.1. Rows are validated against the table file and the stored table, and are on disk before
    they are accepted. Ctrl-C writes what was accepted and exits; after a kill, the next start writes it.
    """
    from datalake_sdk.ingestion_api.local_service import LocalIngestion
    from datalake_sdk.operations.tables_configuration import load_table_configuration

    table = TableName(database_name, table_name)
    request = IngestionRequest(
        table,
        IngestionMode.parse(ingestion_mode),
        upsert_keys=parse_keys(upsert_keys),
        partition_keys=None if partition_keys is None else parse_keys(partition_keys),
        configuration=load_table_configuration(table, tables_configuration),
    )
    with closing(LocalIngestion(lake.environment(), request, port, token or secrets.token_urlsafe(32))) as served:
        click.echo(f"{served.url}/requests", err=True)
        if token is None:
            click.echo(f"Authorization: Bearer {served.token}", err=True)
        served.run(commit_seconds)
