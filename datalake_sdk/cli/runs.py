"""`datalake_sdk runs`: lists and shows what ran, from the run ledger, and maintains the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.cli.imports import import_libraries
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.listing import print_listing
from datalake_sdk.cli.options import json_option
from datalake_sdk.cli.printing import print_fields, print_json
from datalake_sdk.errors import counted
from datalake_sdk.settings import TableName
from datalake_sdk.sizes import size_text
from datalake_sdk.terminal_text import printable

if TYPE_CHECKING:
    from datalake_sdk.ledger.model import Check, Input, Output
    from datalake_sdk.ledger.reading import RecordedRun
    from datalake_sdk.operations.runs import ShownRun

_KINDS = ("pipeline", "task", "model", "ingestion", "migration", "maintenance", "export", "deletion")
_STATES = ("running", "succeeded", "failed", "aborted")
_ID_LENGTH = 8
_SECONDS_PER_MINUTE = 60


@click.group("runs")
def runs() -> None:
    """Lists and shows the runs of tasks, pipelines and other operations, from the run ledger."""


@runs.command("list", epilog=example("runs list --table sales.orders --since 12h"))
@click.option("--table", metavar="NAME", help="Only runs that read or write database.table, without the stage prefix.")
@click.option("--pipeline-name", metavar="NAME", help="Only runs of this pipeline and its tasks.")
@click.option("--task-name", metavar="NAME", help="Only runs of this task.")
@click.option("--kind", type=click.Choice(_KINDS), help="Only runs of this kind.")
@click.option("--state", type=click.Choice(_STATES), help="Only runs in this state.")
@click.option("--since", metavar="TIME", help="Only runs since this time, for example 2026-11-30 or 12h.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Maximum number of runs.")
@click.option("--before", default="", metavar="POSITION", help="Show the next page, as printed below a page.")
@json_option
@click.pass_obj
def list_runs(
    lake: Lake,
    table: str | None,
    pipeline_name: str | None,
    task_name: str | None,
    kind: str | None,
    state: str | None,
    since: str | None,
    limit: int,
    before: str,
    as_json: bool,
) -> None:
    """Lists runs: newest executions first, and the runs of an execution in the order of their start."""
    import_libraries()
    from datalake_sdk.ledger.model import RunKind
    from datalake_sdk.ledger.reading import RunState
    from datalake_sdk.operations import runs as operation

    wanted = operation.RunFilter(
        None if table is None else TableName.parse(table),
        pipeline_name,
        task_name,
        None if kind is None else RunKind(kind),
        None if state is None else RunState(state),
        None if since is None else operation.parse_since(since),
    )
    position = operation.check_position(before) if before else ""
    page = operation.list_runs(lake.open(), wanted, limit=limit, before=position)
    if as_json:
        print_json({"runs": [operation.run_fields(run) for run in page.runs], "next": page.next or None})
        return
    _print_runs(page.runs)
    if page.next:
        click.echo(f"More runs: --before {page.next}", err=True)


@runs.command("show", epilog=example("runs show 0198c2f4 --logs"))
@click.argument("run_id", metavar="ID")
@click.option("--logs", is_flag=True, help="Print the log of the task instead.")
@json_option
@click.pass_obj
def show_run(lake: Lake, run_id: str, logs: bool, as_json: bool) -> None:
    """Shows a run: its attempts, tables, checks, cost and error.

    ID is the id of a run, its first characters (the newest match is shown), the ARN of an execution, or the id that
    run_pipeline prints.
    """
    import_libraries()
    from datalake_sdk.operations import runs as operation

    platform = lake.open()
    shown = operation.show_run(platform, run_id)
    if logs:
        for line in operation.run_log(platform, shown.recorded.run):
            click.echo(printable(line))
        return
    print_json(shown.as_dict()) if as_json else _print_run(shown)


@runs.command("maintain", epilog=example("runs maintain --keep-days 90"))
@click.option("--keep-days", type=int, metavar="DAYS", help="Remove older events.  [default: 400]")
@json_option
@click.pass_obj
def maintain_ledger(lake: Lake, keep_days: int | None, as_json: bool) -> None:
    """Moves the events of each day before today to one Parquet file, and removes old events."""
    from datalake_sdk.operations import maintain_ledger as operation

    maintained = operation.maintain_ledger(lake.open(), operation.KEPT_DAYS if keep_days is None else keep_days)
    if as_json:
        print_json(maintained.as_dict())
        return
    print_fields(
        {
            "days compacted": f"{maintained.days_compacted:,}",
            "events": f"{maintained.events_compacted:,}",
            "days removed": f"{maintained.days_removed:,}",
        }
    )


def _print_runs(found: tuple[RecordedRun, ...]) -> None:
    headers = ("started", "run", "kind", "job", "state", "duration", "rows", "error")
    print_listing(headers, [_listed(run) for run in found])


def _listed(found: RecordedRun) -> tuple[object, ...]:
    counts = [output.rows for output in found.outputs if output.rows is not None]
    return (
        f"{found.run.started:%Y-%m-%d %H:%M:%S}",
        found.run.id[:_ID_LENGTH],
        found.run.job.kind.value,
        found.run.job.name,
        found.state.value,
        _duration(found),
        sum(counts) if counts else None,
        found.error.name if found.error else "",
    )


def _print_run(shown: ShownRun) -> None:
    print_fields({name: value for name, value in _fields(shown.recorded).items() if value})
    for each in shown.recorded.inputs:
        click.echo(f"input   {_input_text(each)}")
    for output in shown.recorded.outputs:
        click.echo(f"output  {_output_text(output)}")
        _print_checks(output.checks)
    for title, found in {"attempts": shown.tries, "runs": shown.children}.items():
        if len(found) > (title == "attempts"):
            click.echo(title)
            _print_runs(found)


def _fields(found: RecordedRun) -> dict[str, str]:
    run, cost, error = found.run, found.cost, found.error
    return {
        "run": run.id,
        "job": f"{run.job.name} ({run.job.kind.value})",
        "state": found.state.value,
        "started": f"{run.started:%Y-%m-%d %H:%M:%S} UTC",
        "duration": _duration(found),
        "execution": run.execution,
        "parent": f"{run.parent.job} {run.parent.run_id}" if run.parent else "",
        "nominal time": run.nominal_time.isoformat() if run.nominal_time else "",
        "engine": f"{run.engine.name} {run.engine.version}" if run.engine else "",
        "code": " ".join(filter(None, (run.job.code, run.job.image))),
        "log": run.log,
        "size": f"{cost.vcpu:g} vCPU, {cost.memory_mib:,} MiB" if cost and cost.vcpu and cost.memory_mib else "",
        "scanned": size_text(cost.bytes_scanned) if cost and cost.bytes_scanned else "",
        "error": ": ".join(filter(None, (error.name, error.message))) if error else "",
        "hint": error.hint if error else "",
    }


def _input_text(given: Input) -> str:
    snapshot = "" if given.snapshot_id is None else f" at snapshot {given.snapshot_id}"
    return f"{printable(given.name)}{snapshot}"


def _output_text(output: Output) -> str:
    if output.is_dropped:
        return f"{printable(output.name)}: dropped"
    facts = [
        "" if output.rows is None else counted(output.rows, "row"),
        "" if output.bytes is None else size_text(output.bytes),
        "" if output.snapshot_id is None else f"snapshot {output.snapshot_id}",
    ]
    return f"{printable(output.name)}: {', '.join(filter(None, facts)) or 'nothing committed'}"


def _print_checks(checks: tuple[Check, ...]) -> None:
    for check in checks:
        result = "passed" if check.passed else f"{counted(check.violations, 'violation')} ({check.severity})"
        is_named = not check.column or check.name.startswith(f"{check.column}.")
        name = check.name if is_named else f"{check.column}: {check.name}"
        click.echo(printable(f"  check {name}: {result}"))


def _duration(found: RecordedRun) -> str:
    if found.ended is None:
        return ""
    seconds = round((found.ended - found.run.started).total_seconds(), 1)
    if seconds < _SECONDS_PER_MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _SECONDS_PER_MINUTE)
    return f"{minutes} min {rest} s"
