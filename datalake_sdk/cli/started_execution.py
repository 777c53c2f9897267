"""Starts an execution of a deployed pipeline for `datalake_sdk run_pipeline --pipeline-name`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from datalake_sdk.cli.lake import Lake
from datalake_sdk.cli.printing import print_json
from datalake_sdk.progress_bars import pipeline_progress


def start_deployed(lake: Lake, pipeline: str, given: Any, *, follow: bool, as_json: bool) -> None:
    """Starts an execution, prints its link, and follows it if requested."""
    from datalake_sdk.operations import executions

    platform = lake.open()
    execution = executions.start_execution(platform, pipeline, given)
    print_json(asdict(execution)) if as_json else click.echo(f"started {execution.name}: {execution.link}")
    if not follow:
        return
    try:
        with pipeline_progress(()) as progress:
            executions.follow_execution(platform, execution, progress.update, progress.log, progress.refresh)
    except KeyboardInterrupt:
        click.echo(f"execution {execution.name} continues; stop it in the console: {execution.link}", err=True)
        raise
    click.echo(f"{execution.name}: succeeded", err=True)
