"""`datalake_sdk test_task`: runs the tests of a task."""

from __future__ import annotations

from pathlib import Path

import click

from datalake_sdk.cli.examples import example
from datalake_sdk.errors import FailedTaskTestsError


@click.command("test_task", epilog=example("test_task totals", options=""))
@click.argument(
    "folder", metavar="[FOLDER]", type=click.Path(exists=True, file_okay=False, path_type=Path), default="."
)
def test_task(folder: Path) -> None:
    """Runs the tests in the folder of a task, by default the current folder, each on a throw-away lake.

    tests/*.yaml contain given tables and expected rows; pytest runs tests/test_*.py with the fixtures lake and job. The
    nearest pipeline.yaml above the folder provides the attributes of the task.
    """
    from datalake_sdk.operations import test_task as testing

    tests = testing.find_tests(folder)
    failed = 0
    for result in testing.run_cases(tests):
        click.echo(f"{'FAILED' if result.failures else 'PASSED'} {result.name}")
        for line in result.failures:
            click.echo(f"  {line}")
        failed += bool(result.failures)
    has_failed_pytest = tests.has_pytest_files and testing.run_pytest(tests) != 0
    if failed or has_failed_pytest:
        raise FailedTaskTestsError(failed, len(tests.cases), has_failed_pytest)
