"""`datalake_sdk quarantine`: lists, shows, replays and drops the rows that violate the contract of a table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import confirm_or_yes, database_name_option, json_option, table_name_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.errors import counted
from datalake_sdk.settings import TableName
from datalake_sdk.terminal_text import printable_json

if TYPE_CHECKING:
    from datalake_sdk.operations.quarantine.listing import QuarantinedIngestion, QuarantinedRow
    from datalake_sdk.operations.quarantine.replay import ReplayedIngestion

_DEFAULT_FOLDER = Path("tables_configuration")

_ingestion_id_option = click.option("--ingestion-id", metavar="ID", help="Only rows of this ingestion.")
_run_id_option = click.option("--run-id", metavar="ID", help="Only rows that this run wrote.")
_check_option = click.option("--check", metavar="NAME", help="Only rows that violate this check.")


@click.group("quarantine")
def quarantine() -> None:
    """Lists, shows, replays and drops rows that violate the contract of their table.

    Rows are quarantined by checks with `on_violation: quarantine`. The quarantine of DATABASE.TABLE is the table
    DATABASE.TABLE__quarantine.
    """


@quarantine.command("list", epilog=example("quarantine list"))
@click.option("-db", "--database-name", metavar="NAME", help="Only this database. Name without the stage prefix.")
@click.option("-t", "--table-name", metavar="NAME", help="Only this table of the database.")
@json_option
@click.pass_obj
def list_quarantine(lake: Lake, database_name: str | None, table_name: str | None, as_json: bool) -> None:
    """Lists the ingestions with quarantined rows."""
    if table_name is not None and database_name is None:
        raise click.UsageError("--table-name requires --database-name.")
    import_libraries()
    from datalake_sdk.operations.quarantine import listing

    found = listing.list_quarantine(lake.open(), database_name, table_name)
    print_json([each.as_dict() for each in found]) if as_json else _print_ingestions(found)


@quarantine.command("show", epilog=example("quarantine show -db sales -t orders"))
@database_name_option
@table_name_option
@_ingestion_id_option
@_run_id_option
@_check_option
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Maximum number of rows.")
@click.option("--show-classified", is_flag=True, help="Show the values of columns that the contract classifies.")
@json_option
@click.pass_obj
def show_quarantine(
    lake: Lake,
    database_name: str,
    table_name: str,
    ingestion_id: str | None,
    run_id: str | None,
    check: str | None,
    limit: int,
    show_classified: bool,
    as_json: bool,
) -> None:
    """Shows quarantined rows and the checks that they violate. Values of classified columns are hidden."""
    import_libraries()
    from datalake_sdk.engine.quarantine.reading import QuarantineFilter
    from datalake_sdk.operations.quarantine import listing

    rows = listing.show_quarantine(
        lake.open(),
        TableName(database_name, table_name),
        QuarantineFilter(ingestion_id, run_id, check),
        limit,
        show_classified=show_classified,
    )
    print_json([row.as_dict() for row in rows]) if as_json else _print_rows(rows)


@quarantine.command("replay", epilog=example("quarantine replay -db sales -t orders"))
@database_name_option
@table_name_option
@_ingestion_id_option
@click.option(
    "--tables-configuration",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    default=_DEFAULT_FOLDER,
    show_default=True,
    help="Folder of the table files. For a table without a file, the stored contract applies.",
)
@json_option
@click.pass_obj
def replay_quarantine(
    lake: Lake, database_name: str, table_name: str, ingestion_id: str | None, folder: Path, as_json: bool
) -> None:
    """Writes the quarantined rows that now satisfy the contract to their table, and removes them from the quarantine.

    Rows of an upsert are upserted, all others are appended. Each row is written once, even if a replay is interrupted
    and repeated.
    """
    import_libraries()
    from datalake_sdk.operations.quarantine.replay import replay_quarantine
    from datalake_sdk.operations.tables_configuration import load_table_configuration

    if folder != _DEFAULT_FOLDER and not folder.is_dir():
        raise click.BadParameter(f"folder '{folder}' does not exist.", param_hint="--tables-configuration")
    table = TableName(database_name, table_name)
    configuration = load_table_configuration(table, folder)
    replayed = replay_quarantine(lake.open(), table, configuration, ingestion_id)
    print_json([each.as_dict() for each in replayed]) if as_json else _print_replayed(replayed)


@quarantine.command("drop", epilog=example("quarantine drop -db sales -t orders --older-than 30 --yes"))
@database_name_option
@table_name_option
@_ingestion_id_option
@_run_id_option
@_check_option
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(min=0),
    metavar="DAYS",
    help="Only rows quarantined more than DAYS days ago.",
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@json_option
@click.pass_obj
def drop_quarantine(
    lake: Lake,
    database_name: str,
    table_name: str,
    ingestion_id: str | None,
    run_id: str | None,
    check: str | None,
    days: int | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Removes quarantined rows, which can then no longer be replayed."""
    import_libraries()
    from datalake_sdk.calendar import days_before
    from datalake_sdk.engine.quarantine.reading import QuarantineFilter
    from datalake_sdk.operations.quarantine import drop

    before = None if days is None else days_before(datetime.now(UTC), days)
    selected = QuarantineFilter(ingestion_id, run_id, check, before)
    platform, table = lake.open(), TableName(database_name, table_name)
    rows = 0 if yes else drop.count_quarantined(platform, table, selected)
    if not confirm_or_yes(yes or not rows, f"Remove {counted(rows, 'quarantined row')} of {table}?"):
        click.echo(f"{table}: nothing was removed", err=as_json)
        return
    dropped = drop.drop_quarantined(platform, table, selected)
    if as_json:
        print_json(dropped.as_dict())
    else:
        click.echo(f"{dropped.table}: removed {counted(dropped.rows, 'quarantined row')}")


def _print_ingestions(found: list[QuarantinedIngestion]) -> None:
    print_listing(
        ("table", "ingestion id", "rows", "checks", "task", "quarantined at"),
        [
            (
                each.table,
                each.ingestion_id,
                each.rows,
                "\n".join(f"{check}: {count:,}" for check, count in each.checks.items()),
                "/".join(filter(None, [each.pipeline_name, each.task_name])),
                f"{each.quarantined_at:%Y-%m-%d %H:%M:%SZ}",
            )
            for each in found
        ],
    )


def _print_rows(rows: list[QuarantinedRow]) -> None:
    print_listing(
        ("row", "reason", "input", "ingestion id"),
        [
            (
                printable_json(json.dumps(row.row, ensure_ascii=False)),
                row.reason,
                "" if row.input_row is None else f"{row.input_file or 'dataframe'}, row {row.input_row:,}",
                row.ingestion_id,
            )
            for row in rows
        ],
    )


def _print_replayed(replayed: Iterable[ReplayedIngestion]) -> None:
    for each in replayed:
        click.echo(
            f"{each.table}: ingestion {each.ingestion_id}: replayed {counted(each.replayed, 'row')}; "
            f"{counted(each.remaining, 'row')} still {'violates' if each.remaining == 1 else 'violate'} the contract"
        )
