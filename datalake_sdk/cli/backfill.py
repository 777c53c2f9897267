"""`datalake_sdk backfill`: runs a pipeline file once for each of many logical dates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.cli.run_pipeline import pipeline_file_argument
from datalake_sdk.errors import FailedBackfillError
from datalake_sdk.progress_bars import backfill_progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datalake_sdk.operations.backfill import Backfill, DateStatus


@click.command("backfill")
@pipeline_file_argument
@click.option("--from-date", required=True, metavar="DATE", help="First logical date, for example 2026-01-01.")
@click.option("--to-date", required=True, metavar="DATE", help="Last logical date, inclusive.")
@click.option(
    "--every",
    metavar="INTERVAL",
    default="day",
    show_default=True,
    help="day; hour, with dates such as 2026-01-31T05 (UTC); or month, with dates such as 2026-01.",
)
@click.option(
    "--parallel",
    metavar="NUMBER",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Number of dates that run at the same time; with 1 they run in order.",
)
@click.option("--parameters", metavar="JSON", help="Object with further input of each run.")
@click.option("--force", is_flag=True, help="Run all dates anew, including those that are done.")
@click.option("--dry-run", is_flag=True, help="List the dates and their states without running anything.")
@json_option
@click.pass_obj
def backfill(
    lake: Lake,
    pipeline_file: Path,
    from_date: str,
    to_date: str,
    every: str,
    parallel: int,
    parameters: str | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Runs a pipeline file, by default pipeline.yaml, for each logical date of a period on an embedded lake (--local).

    Dates whose run has succeeded are skipped, and runs that failed or were interrupted are resumed: to continue a
    backfill, run the same command again. A failed run does not stop the others.
    """
    from datalake_sdk.operations import backfill as backfilling
    from datalake_sdk.operations.backfill.dates import logical_dates
    from datalake_sdk.operations.run_pipeline.run import input_fields
    from datalake_sdk.pipelines.file import read_pipeline

    planned = backfilling.plan_backfill(
        lake.environment(),
        read_pipeline(pipeline_file),
        logical_dates(from_date, to_date, every),
        input_fields(parameters),
        force=force,
    )
    statuses = planned.statuses if dry_run else _run(planned, parallel)
    print_json(_as_dicts(statuses)) if as_json else _print(statuses)
    _check(statuses)


def _run(planned: Backfill, parallel: int) -> Sequence[DateStatus]:
    from datalake_sdk.operations import backfill as backfilling

    skipped = len(planned.statuses) - len(planned.runs)
    click.echo(f"{len(planned.runs):,} dates to run, {skipped:,} done; logs in {planned.folder}", err=True)
    try:
        with backfill_progress(len(planned.runs)) as progress:
            return backfilling.run_backfill(planned, progress, parallel)
    except KeyboardInterrupt:
        click.echo("To continue, run the same command again, without --force.", err=True)
        raise


def _print(statuses: Sequence[DateStatus]) -> None:
    print_listing(
        ("date", "state", "rows", "seconds", "run"),
        [
            (each.date, each.state, each.rows, None if each.seconds is None else f"{each.seconds:.1f}", each.run.id)
            for each in statuses
        ],
    )


def _as_dicts(statuses: Sequence[DateStatus]) -> list[dict[str, Any]]:
    return [
        {
            "logical_date": status.date,
            "state": status.state,
            "rows": status.rows,
            "seconds": status.seconds,
            "run_id": status.run.id,
            "errors": {task.task: task.error for task in status.failed},
        }
        for status in statuses
    ]


def _check(statuses: Sequence[DateStatus]) -> None:
    failed = [status for status in statuses if status.failed]
    if not failed:
        return
    for status in failed:
        for task in status.failed:
            click.echo(f"{status.date}: {task.task}: {task.error}", err=True)
            if task.hint:
                click.echo(f"  {task.hint}", err=True)
            click.echo(f"  log: {task.log}", err=True)
    raise FailedBackfillError([status.date for status in failed], len(statuses))
