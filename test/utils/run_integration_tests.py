"""Runs the integration pipeline of a deployed stage, and checks its tables with Athena.

The exit code is 1 if the execution or a check fails, and 2 if the pipeline is not deployed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
from pipeline_utils.checks import DEFAULT_FILES, SPARK_CHECK, checks

from datalake_sdk.cli.edge import FAILED, USAGE_ERROR, show_error
from datalake_sdk.errors import DatalakeError, UsageError
from datalake_sdk.operations.executions import follow_execution, start_execution
from datalake_sdk.operations.query import query
from datalake_sdk.platforms.base import Platform
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.progress_bars import pipeline_progress

PIPELINE = "integration_tests"


@click.command()
@click.option("-p", "--project-name", envvar="PROJECT_NAME", show_envvar=True, help="Project name.")
@click.option("-d", "--domain-name", envvar="DOMAIN_NAME", show_envvar=True, help="Business domain name.")
@click.option("-s", "--stage-name", envvar="STAGE_NAME", show_envvar=True, help="Stage name, or name of a branch.")
@click.option("--region", envvar="AWS_REGION", show_envvar=True, help="AWS region.")
@click.option(
    "--consumer-group", envvar="CONSUMER_GROUP", show_envvar=True, default="consumer", help="Workgroup of the queries."
)
@click.option("--skip-spark", is_flag=True, help="Run the pipeline without its Spark task.")
def main(
    project_name: str | None,
    domain_name: str | None,
    stage_name: str | None,
    region: str | None,
    consumer_group: str,
    skip_spark: bool,
) -> None:
    """Runs the integration pipeline, and checks its tables with Athena."""
    try:
        environment = resolve_environment(project_name, domain_name, stage_name, region, consumer_group=consumer_group)
        platform = open_platform(environment)
        has_failed = run(platform, run_spark=not skip_spark)
    except DatalakeError as error:
        show_error(error)
        sys.exit(USAGE_ERROR if isinstance(error, UsageError) else FAILED)
    sys.exit(FAILED if has_failed else 0)


def run(platform: Platform, run_spark: bool) -> bool:
    """Runs the pipeline, prints the result of each check, and returns whether one failed.

    Raises:
        DatalakeError: The pipeline is not deployed, or the execution failed.
    """
    execution = start_execution(platform, PIPELINE, {"files": DEFAULT_FILES, "run_spark": run_spark})
    click.echo(f"started {execution.name}: {execution.link}")
    with pipeline_progress(()) as progress:
        follow_execution(platform, execution, progress.update, progress.log, progress.refresh)
    planned = [each for each in checks(execution.identifier, DEFAULT_FILES) if run_spark or each.name != SPARK_CHECK]
    differences = {check.name: check.difference(lambda sql: _rows(platform, sql)) for check in planned}
    for name, difference in differences.items():
        click.echo(f"{name}: {difference or 'as expected'}")
    return any(differences.values())


def _rows(platform: Platform, sql: str) -> Iterator[tuple[object, ...]]:
    for batch in query(platform, sql):
        yield from (tuple(row.values()) for row in batch.to_pylist())


if __name__ == "__main__":
    main()
