"""`datalake_sdk migrate_data`: copies tables from one stage to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import confirm_or_yes, database_name_option, json_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.progress_bars import migration_progress
from datalake_sdk.settings import IngestionMode, parse_keys

if TYPE_CHECKING:
    from datalake_sdk.operations.migration.plan import MigrationPlan
    from datalake_sdk.operations.migration.run import MigratedTable
    from datalake_sdk.platforms.base import Platform

_FAILED = 1


@click.command("migrate_data", epilog=example("--stage-name test migrate_data -ss dev -db sales -m overwrite --yes"))
@click.option(
    "-ss",
    "--source-stage-name",
    required=True,
    metavar="NAME",
    help="Stage to copy from. -s, before the command, is the stage to copy to.",
)
@database_name_option
@click.option(
    "-st", "--source-table-name", metavar="NAME", help="Table to copy.  [default: all tables of the database]"
)
@click.option("-tt", "--target-table-name", metavar="NAME", help="Target table.  [default: same name as the source]")
@click.option(
    "-uk",
    "--upsert-keys",
    metavar="KEYS",
    help="Columns that identify a row.  [default: the upsert keys of the source]",
)
@click.option(
    "-pk", "--partition-keys", metavar="KEYS", help="Partition columns or transforms.  [default: those of the source]"
)
@click.option(
    "-m",
    "--ingestion-mode",
    type=click.Choice([mode.value for mode in IngestionMode]),
    default=IngestionMode.UPSERT.value,
    show_default=True,
    help="How rows are written to the target.",
)
@click.option(
    "--owner-job",
    metavar="PIPELINE/TASK",
    help="Task whose role is granted permissions on the target.  [default: the task that writes the source]",
)
@click.option("--where", metavar="SQL", help="Copy only rows that match this condition, in Athena SQL.")
@click.option("--sample", metavar="PERCENT", help="Copy a deterministic sample of the rows, for example 5%.")
@click.option(
    "--mask",
    "masks",
    multiple=True,
    metavar="COLUMN=HOW",
    help="Mask a column: column=null, column=hash or column=constant:X; repeatable. column=keep copies a classified "
    "column of production, which otherwise needs a mask.",
)
@click.option("--incremental", is_flag=True, help="Copy only changes since the last migration of the table.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option
@click.pass_obj
def migrate_data(
    lake: Lake,
    source_stage_name: str,
    database_name: str,
    source_table_name: str | None,
    target_table_name: str | None,
    upsert_keys: str | None,
    partition_keys: str | None,
    ingestion_mode: str,
    owner_job: str | None,
    where: str | None,
    sample: str | None,
    masks: tuple[str, ...],
    incremental: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Copies tables from one stage to another, each in one commit, and verifies the copies."""
    import_libraries()
    from datalake_sdk.operations.migration.masks import parse_masks
    from datalake_sdk.operations.migration.plan import MigrationRequest, Owner, parse_sample, plan_migration

    request = MigrationRequest(
        database=database_name,
        source_table=source_table_name,
        target_table=target_table_name,
        mode=IngestionMode.parse(ingestion_mode),
        upsert_keys=None if upsert_keys is None else parse_keys(upsert_keys),
        partition_keys=None if partition_keys is None else parse_keys(partition_keys),
        owner=None if owner_job is None else Owner.parse(owner_job),
        where=where,
        sample=None if sample is None else parse_sample(sample),
        masks=parse_masks(masks),
        incremental=incremental,
    )
    target = lake.open()
    plan = plan_migration(lake.open_stage(source_stage_name), target, request)
    if plan.tables and not confirm_or_yes(yes, _question(lake, source_stage_name, plan)):
        click.echo("nothing was copied", err=True)
        return
    outcomes = _migrated(target, plan)
    print_json([outcome.as_dict() for outcome in outcomes]) if as_json else _print_outcomes(outcomes)
    if any(outcome.error for outcome in outcomes):
        raise click.exceptions.Exit(_FAILED)


def _migrated(target: Platform, plan: MigrationPlan) -> list[MigratedTable]:
    from datalake_sdk.operations.migration.run import migrate

    outcomes: list[MigratedTable] = []
    try:
        with migration_progress(plan.tables) as progress:
            for outcome in migrate(target, plan, progress):
                outcomes.append(outcome)
    except KeyboardInterrupt:
        finished = ", ".join(outcome.target for outcome in outcomes if outcome.snapshot_id and not outcome.error)
        click.echo(
            f"Finished: {finished or 'no table'}. Every other table is unchanged, or copied but not verified.", err=True
        )
        raise
    return outcomes


def _question(lake: Lake, source_stage: str, plan: MigrationPlan) -> str:
    lines = [
        f"  {migration.source} -> {migration.target}: {migration.request.mode}, about {migration.rows:,} rows"
        for migration in plan.tables
    ]
    skipped = [f"  {table.source}: skipped, {table.warning or table.error}" for table in plan.skipped]
    return "\n".join([f"From stage {source_stage} into stage {lake.stage}:", *lines, *skipped, "Copy?"])


def _print_outcomes(outcomes: list[MigratedTable]) -> None:
    print_listing(
        ("source", "target", "rows", "inserted", "updated", "checked", "owner", "seconds"),
        [
            (
                outcome.source,
                outcome.target,
                outcome.rows,
                outcome.rows_inserted,
                outcome.rows_updated,
                "failed" if outcome.error else "equal" if outcome.verified else "",
                outcome.owner_role,
                f"{outcome.seconds:.2f}",
            )
            for outcome in outcomes
        ],
    )
    for outcome in outcomes:
        for warning in outcome.warnings:
            click.echo(f"Warning: {outcome.target}: {warning}", err=True)
        if outcome.error:
            message = outcome.error.removeprefix(f"{outcome.target}: ")
            click.echo(f"Error: {outcome.target}: {message}", err=True)
