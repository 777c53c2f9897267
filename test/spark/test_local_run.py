"""Spark tasks of pipeline files on an embedded lake, in processes of their own."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from datalake_sdk.cli.main import cli

CUSTOMERS = Path(__file__).parents[2] / "pipeline_factory/examples/complete/tasks/customers"


def test_the_test_of_a_spark_task_runs_it_like_a_local_run():
    """`test_task` runs the task with `run_pipeline`, which starts a JVM: both are tested by one."""
    tested = CliRunner().invoke(cli, ["test_task", str(CUSTOMERS)])
    assert tested.exit_code == 0, tested.output
    assert "PASSED two_customers.yaml" in tested.stdout
