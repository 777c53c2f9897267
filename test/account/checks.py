"""Checks of the deployed examples."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from test.account.sandbox import Sandbox
from test.terraform.deployment import Examples

MORE_MEMORY_CHANGES = {
    'module.pipeline.module.ecs_task["load_orders"].aws_ecs_task_definition.this': "replace",
    "module.pipeline.aws_sfn_state_machine.this": "update",
    'module.pipeline.aws_ssm_parameter.task_request["load_orders"]': "update",
}
_ROWS = """
SELECT (SELECT count(*) FROM {database_prefix}daily_sales.orders) AS orders,
  (SELECT count(*) FROM {database_prefix}sales.sales_by_day) AS days,
  (SELECT count(*) FROM {database_prefix}sales.customers) AS customers
"""


class UnexpectedResultError(Exception):
    """A step has another result than on the emulator."""


def expect(expected: object, found: object) -> None:
    """Compares the result of a step.

    Raises:
        UnexpectedResultError: They differ.
    """
    if found != expected:
        raise UnexpectedResultError(f"expected {expected!r}, found:\n{found}")


def execute(sandbox: Sandbox, state_machine_arn: str) -> None:
    """Runs an execution: a native, a SQL and a Spark task.

    Raises:
        UnexpectedResultError: It did not succeed.
    """
    states = sandbox.client("stepfunctions")
    arn = states.start_execution(stateMachineArn=state_machine_arn)["executionArn"]
    while (execution := states.describe_execution(executionArn=arn))["status"] == "RUNNING":
        time.sleep(sandbox.poll_interval)
    expect(
        "SUCCEEDED", " ".join([execution["status"], *(execution.get(part, "") for part in ("error", "cause"))]).strip()
    )


def check_rows(sandbox: Sandbox) -> None:
    """Counts the rows of the tables with Athena.

    Raises:
        UnexpectedResultError: The query fails, or a task wrote another number of rows.
    """
    names = ["-p", "shop", "-d", "sales", "-s", sandbox.stage_name, "--region", sandbox.region]
    program = [sys.executable, "-m", "datalake_sdk.cli", *names, "query", _ROWS, "--format", "csv"]
    ran = subprocess.run(program, env=os.environ, capture_output=True, text=True, check=False)
    expect("orders,days,customers\n5,4,3\n", ran.stdout or ran.stderr)


def more_memory(examples: Examples) -> dict[str, str]:
    """Plans more memory for a task, and returns the changes."""
    with examples.edited_pipeline() as pipeline:
        pipeline["tasks"]["load_orders"]["infra_config"]["memory"] = 2048
    return examples.pipeline.changes()
