"""investigate reports why executions of deployed pipelines were unsuccessful."""

from __future__ import annotations

import json

import pytest

from test.aws.failsafe import deploy_failsafe
from test.aws.sdk_task import COMMAND, COMPUTED_VARIABLES, task_variables

GROUP = "shop_sales_dev_daily/load"
FAILS = {"Fails": {"Type": "Fail", "Error": "Broken", "Cause": "no rows; password=hunter2"}}
HANGS = "import threading; print('waiting', flush=True); threading.Event().wait()"
RETRY = [{"ErrorEquals": ["TransientError"], "MaxAttempts": 1, "IntervalSeconds": 1}]
WRITES_AND_RAISES = """
import pyarrow as pa
def main(job):
    job.ingest("sales.orders", pa.table({"id": [1, 2]}))
    print("Authorization: Bearer abcdefgh", flush=True)
    raise ValueError("no such column")
"""


@pytest.fixture
def load(shop):
    """`load(code)` defines the task load of the pipeline daily as pipeline_factory does; returns its state.

    A program instead of the code of an SDK task is passed as `program`.
    """

    def load(code=None, program=None, log_group=GROUP, **fields):
        if log_group == GROUP:
            shop.logs.create_log_group(logGroupName=GROUP)
        options = {"awslogs-group": log_group, "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "ecs"}
        shop.define_task(
            program or "",
            name="load",
            environment=task_variables("append"),
            logConfiguration={"logDriver": "awslogs", "options": options},
            **({} if program else {"command": COMMAND}),
        )
        (shop.folder / "code").mkdir(exist_ok=True)
        (shop.folder / "code" / "main.py").write_text(code or "")
        state = shop.run_task_state(".waitForTaskToken", environment=COMPUTED_VARIABLES, ResultPath=None, **fields)
        state["Parameters"]["Overrides"]["ContainerOverrides"][0]["Name"] = "load"
        return state

    return load


@pytest.fixture
def investigate(program):
    """`investigate(…)` returns the report."""

    def investigate(*arguments, **variables):
        ended = program.run("investigate", *arguments, "--json", **variables)
        assert ended.exit_code == 0, ended.stderr
        return json.loads(ended.stdout)

    return investigate


def test_a_task_that_raised_is_reported_with_its_log_and_its_commits(program, shop, publish, load, investigate):
    failed = shop.ended(shop.start(publish({"Load": load(WRITES_AND_RAISES)}), {"date": "2026-01-31"}))
    report = investigate()
    assert (report["pipeline"], report["execution"]) == ("daily", failed["name"])
    assert report["likely_cause"] == "The code of the task raised an exception."
    assert json.loads(report["given"]) == {"date": "2026-01-31"}
    (task,) = report["tasks"]
    assert (task["task"], task["state"], task["error"], task["attempts"]) == ("load", "Load", "TerminalError", 1)
    assert task["message"] == "ValueError: no such column"
    assert any("ValueError: no such column" in line for line in task["log_lines"])
    assert "Authorization: [redacted]" in task["log_lines"]
    assert "log-group/shop_sales_dev_daily$252Fload/log-events/ecs$252Fload$252F" in task["log_link"]
    (commit,) = report["commits"]
    assert (commit["table"], commit["added_rows"], commit["by_this_execution"]) == ("sales.orders", 2, True)

    shop.sfn.redrive_execution(executionArn=failed["executionArn"])
    shop.ended(failed["executionArn"])
    assert [(task["task"], task["message"]) for task in investigate()["tasks"]] == [("load", task["message"])]

    shown = program.run("investigate", failed["executionArn"]).stdout
    assert "  Error         TerminalError: load: ValueError: no such column" in shown
    assert f"redrive --pipeline-name daily --execution {failed['name']}" in shown


def test_attempts_are_counted_and_the_hint_of_the_failsafe_is_the_next_step(shop, publish, load, investigate):
    deploy_failsafe(shop)
    shop.ended(shop.start(publish({"Load": load(program="import os; os.kill(os.getpid(), 9)", Retry=RETRY)})))
    report = investigate()
    assert report["likely_cause"].startswith("The process of the task was killed by SIGKILL")
    assert report["next_steps"][0].startswith("SIGKILL ended the task.")
    (task,) = report["tasks"]
    assert (task["error"], task["attempts"]) == ("TransientError", 2)
    assert task["hint"].endswith("raise `memory` in its infra_config.")


@pytest.mark.parametrize(
    ("limits", "error", "cause"),
    [
        ({"HeartbeatSeconds": 1}, "States.HeartbeatTimeout", "The task stopped sending heartbeats"),
        ({"TimeoutSeconds": 1}, "States.Timeout", "The task ran longer than its `timeout_minutes`."),
    ],
)
def test_a_task_that_hangs_is_reported(shop, publish, load, investigate, limits, error, cause):
    shop.ended(shop.start(publish({"Load": load(program=HANGS, **limits)})))
    report = investigate()
    assert report["tasks"][0]["error"] == error
    assert report["likely_cause"].startswith(cause)


def test_an_execution_that_was_stopped_names_the_task_that_was_running(shop, publish, load, investigate):
    execution = shop.start(publish({"Load": load(program=HANGS, TimeoutSeconds=600)}))
    shop.aws.wait_for(running_task(shop), "RUNNING")
    shop.sfn.stop_execution(executionArn=execution)
    shop.ended(execution)
    report = investigate()
    assert report["likely_cause"] == "The execution was stopped by a user or by another service."
    (task,) = report["tasks"]
    assert (task["task"], task["error"], task["ended"]) == ("load", "", None)


def running_task(shop):
    while not (found := shop.ecs.list_tasks(cluster="cluster")["taskArns"]):
        pass
    return found[0]


def test_a_failure_that_is_caught_names_the_task(shop, publish, load, investigate):
    caught = load(WRITES_AND_RAISES, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Fails"}])
    shop.ended(shop.start(publish({"Load": caught, **FAILS})))
    report = investigate()
    assert (report["error"], report["message"]) == ("Broken", "no rows; password=[redacted]")
    assert [task["message"] for task in report["tasks"]] == ["ValueError: no such column"]


def test_parallel_branches_report_only_the_tasks_that_did_not_succeed(shop, publish, load, investigate):
    branches = [{"Load": load(WRITES_AND_RAISES)}, {"Passes": {"Type": "Pass", "End": True}}]
    branches = [{"StartAt": next(iter(states)), "States": states} for states in branches]
    shop.ended(shop.start(publish({"Both": {"Type": "Parallel", "Branches": branches, "End": True}})))
    assert [task["state"] for task in investigate()["tasks"]] == ["Load"]


def test_the_last_unsuccessful_execution_of_all_pipelines_is_the_default(shop, publish, investigate):
    first = shop.ended(shop.start(publish(FAILS, "daily")))
    second = shop.ended(shop.start(publish(FAILS, "hourly")))
    assert investigate()["execution"] == second["name"]
    assert investigate("--pipeline-name", "daily")["execution"] == first["name"]
    assert investigate(first["name"])["pipeline"] == "daily"


def test_a_log_that_does_not_exist_is_part_of_the_report(shop, publish, load, investigate):
    shop.ended(shop.start(publish({"Load": load(WRITES_AND_RAISES)})))
    shop.logs.delete_log_group(logGroupName=GROUP)
    (task,) = investigate()["tasks"]
    assert task["log_lines"] == []
    assert task["log_problem"].startswith("it does not exist: the task has written nothing, or the log has expired")


def test_missing_permissions_for_logs_and_tables_are_part_of_the_report(shop, publish, load, investigate, role):
    shop.ended(shop.start(publish({"Load": load(WRITES_AND_RAISES)})))
    may = ["ssm:GetParametersByPath", "states:ListExecutions", "states:DescribeExecution", "states:GetExecutionHistory"]
    report = investigate(**role(may))
    assert report["tasks"][0]["message"] == "ValueError: no such column"
    assert "access denied: logs:GetLogEvents" in report["tasks"][0]["log_problem"]
    assert "access denied: glue:" in report["commits_problem"]


def test_executions_that_cannot_be_investigated_are_errors(program, shop, publish):
    machine = publish({"Succeeds": {"Type": "Succeed"}})
    ended = program.run("investigate")
    assert ended.exit_code == 1
    assert "Error: environment 'shop_sales_dev' has no execution that failed, timed out or was stopped" in ended.stderr
    succeeded = shop.ended(shop.start(machine))
    ended = program.run("investigate", succeeded["name"])
    assert ended.exit_code == 2
    assert f"Error: execution '{succeeded['name']}' is SUCCEEDED; only one that failed" in ended.stderr
    failed = shop.ended(shop.start(publish(FAILS, "hourly")))
    ended = program.run("investigate", "monday")
    assert ended.exit_code == 2
    assert "Error: environment 'shop_sales_dev' has no execution 'monday'" in ended.stderr
    assert f"Hint: Its last unsuccessful executions are '{failed['name']}'." in ended.stderr
    ended = program.run("investigate", "arn:aws:states:eu-west-1:123456789012:execution:other:monday")
    assert "has no execution 'arn:aws:states:" in ended.stderr
    assert "Hint: Check the ARN, project, domain, stage and --region." in ended.stderr
    ended = program.run("investigate", "--pipeline-name", "dayly")
    assert ended.exit_code == 2
    assert "Error: pipeline 'dayly' has no published tasks" in ended.stderr
