"""`datalake_sdk redrive`: continues a failed execution of a pipeline, or sends its dead letters again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from datalake_sdk.cli.examples import ON_AWS, example
from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.options import confirm_or_yes
from datalake_sdk.errors import counted
from datalake_sdk.redaction import redacted
from datalake_sdk.runtime.tracebacks import without_traceback
from datalake_sdk.terminal_text import printable

if TYPE_CHECKING:
    from datalake_sdk.platforms.base import Platform
    from datalake_sdk.platforms.deployments import PipelineExecution, RedrivenMessage

_FAILED = 1
_CAUSE_LIMIT = 500
_OUTDATED = (
    "Warning: the pipeline has changed since this execution was started. A redrive runs the images and settings of "
    "that time; to run the new ones, start a new execution."
)


@click.command("redrive", epilog=example("redrive -pn daily", ON_AWS))
@click.option(
    "-pn", "--pipeline-name", required=True, metavar="NAME", help="Pipeline name without the environment prefix."
)
@click.option(
    "--execution",
    metavar="NAME",
    help="Name of the execution.  [default: the last one that failed, timed out or was stopped]",
)
@click.option("--dead-letters", is_flag=True, help="Start executions for the events in the dead-letter queues.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def redrive(lake: Lake, pipeline_name: str, execution: str | None, dead_letters: bool, yes: bool) -> None:
    """Continues a failed execution of a pipeline from the tasks that failed.

    Tasks that succeeded do not run again, and tables that were written are skipped. With --dead-letters, it sends the
    events in the dead-letter queues to the pipeline again.
    """
    if dead_letters and execution:
        raise click.UsageError("--dead-letters starts new executions: pass it without --execution.")
    platform = lake.open()
    if dead_letters:
        _redrive_dead_letters(platform, pipeline_name, yes)
    else:
        _redrive_execution(platform, pipeline_name, execution, yes)


def _redrive_execution(platform: Platform, pipeline: str, name: str | None, yes: bool) -> None:
    from datalake_sdk.operations import redrive as redriving

    execution = redriving.find_execution(platform, pipeline, name)
    click.echo(_description(pipeline, execution), err=True)
    if not confirm_or_yes(yes, "Redrive it?"):
        click.echo("nothing was redriven", err=True)
        return
    redriving.redrive_execution(platform, execution)
    click.echo(f"redriven: {execution.link}")


def _description(pipeline: str, execution: PipelineExecution) -> str:
    ended = f" at {execution.ended:%Y-%m-%d %H:%M} UTC" if execution.ended else ""
    cause = redacted(printable(without_traceback(execution.cause)))
    cause = cause if len(cause) <= _CAUSE_LIMIT else f"{cause[:_CAUSE_LIMIT]}…"
    lines = [f"{pipeline}, execution {execution.name}: {execution.status}{ended}"]
    lines += [f"unsuccessful tasks: {', '.join(execution.failed_tasks)}"] if execution.failed_tasks else []
    lines += [": ".join(filter(None, (execution.error, cause)))] if execution.error or cause else []
    lines += [_OUTDATED] if execution.is_outdated else []
    return "\n".join(lines)


def _redrive_dead_letters(platform: Platform, pipeline: str, yes: bool) -> None:
    from datalake_sdk.operations import redrive as redriving

    count = redriving.count_dead_letters(platform, pipeline)
    if not count:
        click.echo(f"{pipeline}: no dead letters", err=True)
        return
    if not confirm_or_yes(yes, f"Send {counted(count, 'dead letter')} to pipeline {pipeline} again?"):
        click.echo("nothing was sent", err=True)
        return
    outcomes = list(map(_printed, redriving.redrive_dead_letters(platform, pipeline)))
    if any(outcome.error for outcome in outcomes):
        raise click.exceptions.Exit(_FAILED)


def _printed(outcome: RedrivenMessage) -> RedrivenMessage:
    if outcome.error:
        click.echo(f"Error: message {outcome.identifier} stays in the queue: {outcome.error}", err=True)
    else:
        click.echo(f"message {outcome.identifier}: sent to {outcome.destination}")
    return outcome
