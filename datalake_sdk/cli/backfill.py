"""`datalake_sdk backfill`: runs a pipeline file once for each of many logical dates."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from datalake_sdk.cli.examples import examples
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.printing import print_json
from datalake_sdk.cli.run_pipeline import pipeline_file_argument, reject_local_options
from datalake_sdk.errors import FailedBackfillError, counted
from datalake_sdk.progress_bars import backfill_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from datalake_sdk.operations.backfill.statuses import DateStatus

    _Runner: TypeAlias = Callable[[Callable[[DateStatus], None], int], Sequence[DateStatus]]
    _Plan: TypeAlias = tuple[Sequence[DateStatus], _Runner]


_CONTINUE_LOCALLY = "To continue, run the same command again, without --force."
_CONTINUE = "Started executions continue. To continue the backfill, run the same command again."
_CONTINUE_FORCED = (
    "Started executions continue. To continue the backfill, pass the first date that was not started as --from-date."
)


@click.command(
    "backfill",
    epilog=examples(
        "backfill pipeline.yaml --from-date 2026-01-01 --to-date 2026-01-02",
        "backfill -pn daily --from-date 2026-01-01 --to-date 2026-01-31 --parallel 4",
    ),
)
@pipeline_file_argument
@click.option(
    "-pn",
    "--pipeline-name",
    metavar="NAME",
    help="Start executions of this deployed pipeline instead; name without the environment prefix.",
)
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
@click.option("--parameters", metavar="JSON", help="Additional fields of the input of each run, as an object.")
@click.option("--force", is_flag=True, help="Run all dates again, including those that are done.")
@click.option("--dry-run", is_flag=True, help="List the dates and their states without running anything.")
@json_option
@click.pass_obj
def backfill(
    lake: Lake,
    pipeline_file: Path,
    pipeline_name: str | None,
    from_date: str,
    to_date: str,
    every: str,
    parallel: int,
    parameters: str | None,
    force: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Runs a pipeline file, by default pipeline.yaml, on an embedded lake (--local) for each logical date of a period.

    With --pipeline-name it starts executions of a deployed pipeline.

    Dates whose run has succeeded are skipped, and runs that failed or were interrupted are resumed: to continue a
    backfill, run the same command again. A failed run does not stop the others.
    """
    from datalake_sdk.operations.backfill.dates import logical_dates
    from datalake_sdk.operations.run_pipeline.run import input_fields

    dates, given = logical_dates(from_date, to_date, every), input_fields(parameters)
    if pipeline_name is None:
        planned, run = _plan_local(lake, pipeline_file, dates, given, force=force)
        advice = _CONTINUE_LOCALLY
    else:
        reject_local_options({})
        planned, run = _plan_deployed(lake, pipeline_name, dates, given, force=force)
        advice = _CONTINUE_FORCED if force else _CONTINUE
    statuses = planned if dry_run else _run(planned, run, parallel, advice)
    print_json(_as_dicts(statuses)) if as_json else _print(statuses)
    _check(statuses)


def _plan_local(lake: Lake, file: Path, dates: Sequence[str], given: Mapping[str, Any], *, force: bool) -> _Plan:
    from datalake_sdk.operations.backfill import plan_backfill, run_backfill
    from datalake_sdk.pipelines.file import read_pipeline

    planned = plan_backfill(lake.local_environment("backfill"), read_pipeline(file), dates, given, force=force)
    return planned.statuses, partial(run_backfill, planned)


def _plan_deployed(lake: Lake, name: str, dates: Sequence[str], given: Mapping[str, Any], *, force: bool) -> _Plan:
    from datalake_sdk.operations.backfill.deployed import plan_deployed_backfill, run_deployed_backfill

    planned = plan_deployed_backfill(lake.open(), name, dates, given, force=force)
    return planned.statuses, partial(run_deployed_backfill, planned)


def _run(planned: Sequence[DateStatus], run: _Runner, parallel: int, advice: str) -> Sequence[DateStatus]:
    done = sum(status.state == "done" for status in planned)
    click.echo(f"{counted(len(planned) - done, 'date')} to run, {done:,} done", err=True)
    try:
        with backfill_progress(len(planned) - done) as progress:
            return run(progress, parallel)
    except KeyboardInterrupt:
        click.echo(advice, err=True)
        raise


def _print(statuses: Sequence[DateStatus]) -> None:
    print_listing(
        ("date", "state", "rows", "seconds", "run"),
        [
            (each.date, each.state, each.rows, None if each.seconds is None else f"{each.seconds:.1f}", _run_id(each))
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
            "run_id": _run_id(status),
            "errors": [failure.error for failure in status.failures],
        }
        for status in statuses
    ]


def _run_id(status: DateStatus) -> str | None:
    return None if status.state == "not run" else status.run_id


def _check(statuses: Sequence[DateStatus]) -> None:
    failed = [status for status in statuses if status.failures]
    if not failed:
        return
    for status in failed:
        for failure in status.failures:
            click.echo(f"{status.date}: {failure.error}", err=True)
            if failure.hint:
                click.echo(f"  {failure.hint}", err=True)
            click.echo(f"  log: {failure.log}", err=True)
    raise FailedBackfillError([status.date for status in failed], len(statuses))
