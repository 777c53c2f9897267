"""backfill --pipeline-name starts an execution of a deployed pipeline for each logical date."""

from __future__ import annotations

import json
import signal

from test.aws.sdk_task import sdk_task

NAME = "shop_sales_dev_daily"
PERIOD = ("backfill", "--pipeline-name", "daily", "--from-date", "2026-01-01", "--to-date", "2026-01-03")
SUCCEEDS = {"Done": {"Type": "Succeed"}}
FAILS_ON_SECOND_DATE = {
    "Check": {
        "Type": "Choice",
        "Choices": [{"Variable": "$.logical_date", "StringEquals": "2026-01-02", "Next": "Fails"}],
        "Default": "Done",
    },
    "Fails": {"Type": "Fail", "Error": "Broken", "Cause": "no rows"},
    **SUCCEEDS,
}
CODE = """
import os
import pyarrow as pa
def main(job):
    status = "SUCCESS" if os.path.exists("repaired") else "FAILURE"
    return {"sales.orders": job.ProcessingResponse(dataframe=pa.table({"id": [1, 2]}), job_end_status=status)}
"""


def states(program, *options):
    """Returns the exit code and the state of each date."""
    ended = program.run(*PERIOD, "--parallel", "3", *options, "--json")
    assert ended.stdout, ended.stderr
    return ended.exit_code, [date["state"] for date in json.loads(ended.stdout)]


def inputs(shop, machine):
    """Returns the inputs of all executions by name."""
    found = shop.sfn.list_executions(stateMachineArn=machine)["executions"]
    described = (shop.ended(each["executionArn"]) for each in found)
    return {each["name"]: json.loads(each["input"]) for each in described}


def test_dates_that_are_done_are_skipped_and_failed_ones_repeated(program, shop, publish):
    machine = publish(FAILS_ON_SECOND_DATE)
    assert states(program, "--dry-run") == (0, ["not run", "not run", "not run"])
    ended = program.run(*PERIOD, "--parallel", "3")
    assert ended.exit_code == 1
    assert "2026-01-02: Broken: no rows\n  log: https://eu-west-1.console.aws.amazon.com/states" in ended.stderr
    assert "Error: failed: 1 of 3 dates: '2026-01-02'\n" in ended.stderr
    expected = {f"backfill-2026-01-0{day}": {"logical_date": f"2026-01-0{day}"} for day in (1, 2, 3)}
    assert inputs(shop, machine) == expected

    definition = json.dumps({"StartAt": "Done", "States": SUCCEEDS})
    shop.sfn.update_state_machine(stateMachineArn=machine, definition=definition)
    assert states(program, "--dry-run") == (0, ["done", "unfinished", "done"])
    assert states(program) == (0, ["done", "succeeded", "done"])
    assert states(program, "--force", "--to-date", "2026-01-01") == (0, ["succeeded"])
    assert sorted(set(inputs(shop, machine)) - set(expected)) == ["backfill-2026-01-01_2", "backfill-2026-01-02_2"]
    assert states(program, "--parameters", '{"full": true}', "--dry-run") == (0, ["not run", "not run", "not run"])


def test_a_failed_execution_is_redriven_and_writes_its_rows_once(program, shop, publish):
    machine = publish({"Load": sdk_task(shop, CODE)})
    day = ("--to-date", "2026-01-01")
    assert states(program, *day) == (1, ["failed"])
    (shop.folder / "repaired").touch()
    assert states(program, *day) == (0, ["succeeded"])
    (execution,) = shop.sfn.list_executions(stateMachineArn=machine)["executions"]
    assert shop.sfn.describe_execution(executionArn=execution["executionArn"])["redriveCount"] == 1
    (table,) = json.loads(program.run("list_tables", "--json").stdout)
    assert table["rows"] == 2


def test_an_interrupted_backfill_waits_for_the_executions_that_run(program, shop, publish):
    shop.queue()
    url = shop.sqs.get_queue_url(QueueName="queue")["QueueUrl"]
    shop.allow("machine", "sqs:*")
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    machine = publish({"Wait": send})
    with program.process(*PERIOD) as process:
        (message,) = shop.messages()
        process.send_signal(signal.SIGINT)
        _, shown = process.communicate(timeout=60)
    assert process.returncode == 130, shown
    assert "Started executions continue. To continue the backfill, run the same command again.\n" in shown
    assert states(program, "--dry-run") == (0, ["running", "not run", "not run"])
    with program.process(*PERIOD, "--to-date", "2026-01-01") as process:
        assert process.stderr.readline() == "1 date to run, 0 done\n"
        assert process.stderr.readline() == "2026-01-01: running\n"
        shop.sfn.send_task_success(taskToken=message["token"], output="{}")
        _, shown = process.communicate(timeout=60)
    assert process.returncode == 0, shown
    assert list(inputs(shop, machine)) == ["backfill-2026-01-01"]


def test_a_pipeline_file_excludes_a_deployed_pipeline(program):
    ended = program.run(*PERIOD, "pipeline.yaml")
    assert ended.exit_code == 2
    assert "PIPELINE_FILE is for runs on an embedded lake: pass it without --pipeline-name." in ended.stderr
