"""run_pipeline --pipeline-name starts the state machine of a deployed pipeline, and follows it."""

from __future__ import annotations

import json

import pytest

from test.aws.sdk_task import sdk_task

NAME = "shop_sales_dev_daily"
RUN = ("run_pipeline", "--pipeline-name", "daily")
CODE = """
import pyarrow as pa
def main(job):
    print("read orders.csv")
    return {"sales.orders": job.ProcessingResponse(dataframe=pa.table({"id": [1, 2]}), job_end_status="%s")}
"""


def logged(shop, state):
    """Returns a state of the task "load" whose container logs as pipeline_factory defines it."""
    group = f"{NAME}/load"
    shop.logs.create_log_group(logGroupName=group)
    options = {"awslogs-group": group, "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "ecs"}
    (container,) = shop.ecs.describe_task_definition(taskDefinition="task")["taskDefinition"]["containerDefinitions"]
    named = {key: container[key] for key in ("command", "environment")}
    shop.define_task("", **named, name="load", logConfiguration={"logDriver": "awslogs", "options": options})
    state["Parameters"]["Overrides"]["ContainerOverrides"][0]["Name"] = "load"
    return state


def test_an_execution_is_started_with_its_input(program, shop, publish):
    machine = publish({"Done": {"Type": "Succeed"}})
    ended = program.run(*RUN, "--parameters", '{"file": "a.csv"}', "--logical-date", "2026-01-31")
    assert ended.exit_code == 0, ended.stderr
    (started,) = shop.sfn.list_executions(stateMachineArn=machine)["executions"]
    execution = shop.ended(started["executionArn"])
    assert json.loads(execution["input"]) == {"file": "a.csv", "logical_date": "2026-01-31"}
    assert f"started {execution['name']}: https://eu-west-1.console.aws.amazon.com/states" in ended.stdout
    assert ended.stdout.strip().endswith(f"#/v2/executions/details/{execution['executionArn']}")


def test_the_states_of_an_execution_are_followed(program, shop, publish):
    publish({"Load": sdk_task(shop, CODE % "SUCCESS", Next="Done"), "Done": {"Type": "Succeed"}})
    ended = program.run(*RUN, "--follow")
    assert ended.exit_code == 0, ended.stderr
    *_, state, execution = ended.stderr.splitlines()
    assert state.startswith("Load: succeeded, 2 rows, ")
    assert execution.endswith(": succeeded")


def test_a_failed_execution_is_reported_with_its_log_and_its_cause(program, shop, publish):
    publish({"Load": logged(shop, sdk_task(shop, CODE % "FAILURE"))})
    ended = program.run(*RUN, "--follow")
    lines = ended.stderr.splitlines()
    assert lines.index("Load: running") < lines.index("[Load] read orders.csv")
    assert any(line.startswith("[Load] ") and "FailedTablesError" in line for line in lines)
    assert "\nSee https://eu-west-1.console.aws.amazon.com/states" in ended.stderr
    assert ended.exit_code == 1
    assert "Load: failed, " in ended.stderr
    assert "ended with FAILED: TerminalError: load: FailedTablesError: the task ended with job_end_status FAILURE" in (
        ended.stderr
    )
    assert "Hint: All tables of the task were written. Correct the cause" in ended.stderr
    assert "\nTraceback" not in ended.stderr


def test_a_missing_permission_is_reported(program, publish, role):
    publish({"Done": {"Type": "Succeed"}})
    ended = program.run(*RUN, **role("ssm:GetParameter"))
    assert ended.exit_code == 1
    assert f"access denied: states:StartExecution on 'arn:aws:states:eu-west-1:123456789012:stateMachine:{NAME}'" in (
        ended.stderr
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "pipeline 'daily' has no published tasks in environment 'shop_sales_dev'"),
        (("--task", "load"), "--task is for runs on an embedded lake"),
        (("--sample", "10"), "--sample is for runs on an embedded lake"),
        (("pipeline.yaml",), "PIPELINE_FILE is for runs on an embedded lake"),
        (
            ("--parameters", '{"logical_date": "yesterday"}'),
            "logical_date in --parameters is 'yesterday'; it must be a",
        ),
        (("--local", "lake"), "--local must precede the command"),
    ],
)
def test_an_invalid_call_starts_nothing(program, options, message):
    ended = program.run(*RUN, *options)
    assert ended.exit_code == 2
    assert message in ended.stderr


def test_an_embedded_lake_has_no_deployed_pipelines(program, tmp_path):
    ended = program.run(*RUN, DATALAKE_LOCAL_ROOT=str(tmp_path))
    assert ended.exit_code == 2
    assert "run_pipeline --pipeline-name needs deployed pipelines" in ended.stderr
