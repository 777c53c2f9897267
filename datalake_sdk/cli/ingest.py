"""`datalake_sdk ingest`: writes files to a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.input_options import reads_input
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import database_name_option, json_option, table_name_option
from datalake_sdk.cli.printing import print_fields, print_json
from datalake_sdk.errors import InvalidSettingError
from datalake_sdk.inputs.options import FileInput, InputOptions
from datalake_sdk.progress_bars import ingestion_progress
from datalake_sdk.settings import (
    DuplicateKeys,
    EmptyBatch,
    IngestionMode,
    IngestionRequest,
    PartitionSelection,
    TableName,
    choice,
    new_ingestion_id,
    parse_keys,
    partition_selection,
)
from datalake_sdk.sizes import size_text

if TYPE_CHECKING:
    from datalake_sdk.operations.ingest import IngestionPlan, IngestionResult
    from datalake_sdk.platforms.base import Platform
    from datalake_sdk.spark_engine.writer import SparkWriter


@click.command(
    "ingest", epilog=example("ingest -db sales -t orders --ingestion-mode append --input-file-path orders.csv")
)
@database_name_option
@table_name_option
@click.option(
    "-f",
    "--input-file-path",
    required=True,
    metavar="PATH",
    help="File, glob pattern or folder to read, or - for stdin. Text files may be compressed.",
)
@click.option(
    "-m",
    "--ingestion-mode",
    required=True,
    type=click.Choice([mode.value for mode in IngestionMode]),
    help="Replace all rows, replace the partitions present in the input, append rows, or update rows by key and insert "
    "new ones.",
)
@click.option(
    "-uk", "--upsert-keys", metavar="KEYS", help='Columns that identify a row, for example "id" or "country,city".'
)
@click.option(
    "-pk",
    "--partition-keys",
    metavar="KEYS",
    help='Partition columns or transforms, for example "country,day(ordered_at)".',
)
@click.option(
    "--empty",
    type=click.Choice([each.value for each in EmptyBatch]),
    help="Whether an input without rows is ignored or, with overwrite, empties the table.  [default: ignore]",
)
@click.option(
    "--partition",
    "partitions",
    multiple=True,
    metavar="KEY=VALUE",
    help="Partition to replace with overwrite_partitions, even without rows in the input; repeatable. FROM..TO is an "
    'interval without its end, for example "day(ordered_at)=2026-01-01..2026-02-01".',
)
@click.option(
    "--on-duplicate",
    type=click.Choice([each.value for each in DuplicateKeys]),
    help="Whether an upsert refuses a key that occurs more than once in the input, or keeps the row with the greatest "
    "--order-by.  [default: refuse]",
)
@click.option("--order-by", metavar="COLUMN", help="Column that decides which row of a key is the last one.")
@click.option(
    "--delete-when",
    metavar="COLUMN",
    help="Boolean column, which is not stored: an upsert deletes by key the rows for which it is true.",
)
@reads_input
@click.option("--ingestion-id", metavar="ID", help="Idempotency key: a second write with the same ID is skipped.")
@click.option("--dry-run", is_flag=True, help="Show the inferred columns and pending changes without writing.")
@click.option(
    "--use-spark", is_flag=True, help="Write with Spark on this machine. Requires Java and the extra 'spark'."
)
@json_option
@click.pass_obj
def ingest(
    lake: Lake,
    database_name: str,
    table_name: str,
    input_file_path: str,
    ingestion_mode: str,
    upsert_keys: str | None,
    partition_keys: str | None,
    empty: str | None,
    partitions: tuple[str, ...],
    on_duplicate: str | None,
    order_by: str | None,
    delete_when: str | None,
    ingestion_id: str | None,
    dry_run: bool,
    use_spark: bool,
    as_json: bool,
    options: InputOptions,
) -> None:
    """Writes files to a table in a single commit, creating the table if it does not exist."""
    if not use_spark:
        import_libraries()
    from datalake_sdk.operations import ingest as operation
    from datalake_sdk.operations.tables_configuration import load_table_configuration

    table = TableName(database_name, table_name)
    request = IngestionRequest(
        table,
        IngestionMode.parse(ingestion_mode),
        upsert_keys=parse_keys(upsert_keys),
        partition_keys=None if partition_keys is None else parse_keys(partition_keys),
        configuration=load_table_configuration(table),
        ingestion_id=ingestion_id or new_ingestion_id(),
        empty=choice("--empty", empty, EmptyBatch.IGNORE),
        partitions=_selected_partitions(partitions),
        on_duplicate=choice("--on-duplicate", on_duplicate, DuplicateKeys.REFUSE),
        order_by=order_by,
        delete_when=delete_when,
    )
    files, platform = FileInput(input_file_path, options), lake.open()
    if dry_run:
        plan = operation.plan_ingestion(platform, request, files)
        print_json(plan.as_dict()) if as_json else _print_plan(plan)
        return
    with ingestion_progress() as progress:
        writer = _spark_writer(platform) if use_spark else None
        result = operation.ingest(platform, request, files, writer=writer, progress=progress)
    print_json(result.as_dict()) if as_json else print_ingestion(result)


def _selected_partitions(given: Sequence[str]) -> PartitionSelection | None:
    if not given:
        return None
    values: dict[str, list[object]] = {}
    intervals: dict[str, object] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not value:
            raise InvalidSettingError("--partition", text, "KEY=VALUE or KEY=FROM..TO")
        start, dots, end = value.partition("..")
        if key in intervals or (dots and key in values):
            raise InvalidSettingError("--partition", text, f"the only one with the key '{key}', or a single value")
        if dots:
            intervals[key] = {"from": start, "to": end}
        else:
            values.setdefault(key, []).append(value)
    return partition_selection({**values, **intervals})


def _spark_writer(platform: Platform) -> SparkWriter:
    from datalake_sdk.spark_engine.session import spark_session
    from datalake_sdk.spark_engine.writer import SparkWriter

    return SparkWriter(platform, spark_session(platform.environment))


def _print_plan(plan: IngestionPlan) -> None:
    click.echo(f"{plan.table}: {plan.mode}; nothing was written")
    print_listing(
        ("column", "type", "in the input"), [(column.name, column.type, column.source) for column in plan.columns]
    )
    notes = {
        "table": "would be created" if plan.creates_table else "exists",
        "partition keys": ", ".join(plan.partition_keys) or "none",
        "upsert keys": ", ".join(plan.upsert_keys) or "none",
        "schema changes": "; ".join(plan.schema_changes) or "none",
        "warnings": "; ".join(plan.warnings) or "none",
    }
    print_fields(notes)


def print_ingestion(result: IngestionResult) -> None:
    """Prints the statistics of a write."""
    if result.skipped:
        click.echo(f"{result.table}: skipped, ingestion id {result.ingestion_id} was already written")
        return
    click.echo(f"{result.table}: {result.mode}")
    print_fields(
        {
            "rows read": f"{result.rows_read:,}",
            "rows inserted": f"{result.rows_inserted:,}",
            "rows updated": f"{result.rows_updated:,}",
            "rows deleted": f"{result.rows_deleted:,}",
            **({"rows quarantined": f"{result.rows_quarantined:,}"} if result.rows_quarantined else {}),
            "files": f"{result.files_added:,} added, {result.files_removed:,} removed",
            "size": size_text(result.bytes_added),
            "seconds": f"{result.seconds:.2f}",
            "snapshot": "none" if result.snapshot_id is None else result.snapshot_id,
            "ingestion id": result.ingestion_id,
            **({"strategy": result.strategy} if result.strategy else {}),
        }
    )
