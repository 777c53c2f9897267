"""`datalake_sdk add_files`: registers existing Parquet files in a table."""

from __future__ import annotations

import click

from datalake_sdk.cli.examples import examples
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import database_name_option, json_option, table_name_option
from datalake_sdk.cli.printing import print_fields, print_json
from datalake_sdk.settings import IngestionRequest, TableName, new_ingestion_id, parse_keys
from datalake_sdk.sizes import size_text


@click.command(
    "add_files",
    epilog=examples(
        "add_files -db sales -t visits lake/local-lake-dev-data/landing/visits.parquet",
        "add_files -db sales -t visits s3://shop-sales-dev-data/landing/visits/",
    ),
)
@database_name_option
@table_name_option
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "-pk",
    "--partition-keys",
    metavar="KEYS",
    help='Partition columns or transforms, for example "country,day(ordered_at)"; each file must have rows of a single '
    "partition.",
)
@click.option("--ingestion-id", metavar="ID", help="Idempotency key: a second call with the same ID is skipped.")
@json_option
@click.pass_obj
def add_files(
    lake: Lake,
    database_name: str,
    table_name: str,
    files: tuple[str, ...],
    partition_keys: str | None,
    ingestion_id: str | None,
    as_json: bool,
) -> None:
    """Registers existing Parquet files in a table in a single commit, without copying them.

    FILE is a file, a folder or a glob pattern in the environment's data location. The table is created if it does not
    exist. Files outside its own location are never deleted.
    """
    import_libraries()
    from datalake_sdk.operations import add_files as operation
    from datalake_sdk.operations.tables_configuration import load_table_configuration

    table = TableName(database_name, table_name)
    request = IngestionRequest(
        table,
        partition_keys=None if partition_keys is None else parse_keys(partition_keys),
        configuration=load_table_configuration(table),
        ingestion_id=ingestion_id or new_ingestion_id(),
    )
    result = operation.add_files(lake.open(), request, files)
    if as_json:
        print_json(result.as_dict())
    elif result.skipped:
        click.echo(f"{result.table}: skipped, ingestion id {result.ingestion_id} was already written")
    else:
        click.echo(f"{result.table}: files added")
        print_fields(
            {
                "rows": f"{result.rows_inserted:,}",
                "files": f"{result.files_added:,}",
                "size": size_text(result.bytes_added),
                "snapshot": result.snapshot_id,
                "ingestion id": result.ingestion_id,
            }
        )
