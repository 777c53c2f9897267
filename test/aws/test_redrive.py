"""redrive continues a failed execution from its failed tasks, and sends dead letters to the pipeline again."""

from __future__ import annotations

import json

import pytest

from test.aws.emulator.execution import ROLE
from test.aws.sdk_task import sdk_task

NAME = "shop_sales_dev_daily"
RUN = ("redrive", "--pipeline-name", "daily")
CODE = """
import os
import pyarrow as pa
def main(job):
    status = "SUCCESS" if os.path.exists("repaired") else "FAILURE"
    return {"sales.orders": job.ProcessingResponse(dataframe=pa.table({"id": [1, 2]}), job_end_status=status)}
"""
FAILS = {"Fails": {"Type": "Fail", "Error": "Broken", "Cause": "no rows"}}
SUCCEEDS = {"Succeeds": {"Type": "Succeed"}}


@pytest.fixture
def publish(shop, publish):
    """`publish(states)` publishes the pipeline with a dead-letter queue."""

    def publish_with_queue(states, **more):
        url = shop.sqs.create_queue(QueueName=f"{NAME}-dead-letters")["QueueUrl"]
        return publish(states, dead_letter_queue_urls=[url], **more)

    return publish_with_queue


def rows(program):
    (table,) = json.loads(program.run("list_tables", "--json").stdout)
    return table["rows"]


def test_a_failed_task_runs_again_and_writes_its_rows_once(program, shop, publish):
    load = sdk_task(shop, CODE)
    count = shop.run_task_state(".sync", ResultPath=None, Next="Load")
    shop.define_task("open('counted', 'a').write('once')", family="count")
    count["Parameters"]["TaskDefinition"] = "count"
    execution = shop.start(publish({"Count": count, "Load": load}))
    failed = shop.ended(execution)
    assert (failed["status"], failed["error"]) == ("FAILED", "TerminalError")
    assert "load: " in failed["cause"]
    assert "job_end_status FAILURE for 'sales.orders'" in failed["cause"]
    assert rows(program) == 2

    (shop.folder / "repaired").touch()
    ended = program.run(*RUN, "--yes")
    assert ended.exit_code == 0, ended.stderr
    assert "unsuccessful tasks: Load" in ended.stderr
    assert f"#/v2/executions/details/{execution}" in ended.stdout
    assert shop.ended(execution)["status"] == "SUCCEEDED"
    assert rows(program) == 2
    assert (shop.folder / "counted").read_text() == "once"


def test_the_last_unsuccessful_execution_is_redriven_by_default(program, shop, publish):
    machine = publish(FAILS)
    first, last = (shop.ended(shop.start(machine)) for _ in range(2))
    assert f"execution {last['name']}: FAILED at " in program.run(*RUN, "--yes").stderr
    assert f"execution {first['name']}: FAILED at " in program.run(*RUN, "--execution", first["name"], "--yes").stderr


def test_the_error_and_its_cause_are_shown_before_the_question(program, shop, publish):
    shop.ended(shop.start(publish(FAILS)))
    ended = program.run(*RUN)
    assert ended.exit_code == 2
    assert "Broken: no rows" in ended.stderr
    assert "Pass --yes to continue" in ended.stderr


def test_the_traceback_of_the_cause_is_not_shown(program, shop, publish):
    cause = "load: ValueError: no rows\nHint: Load them.\n\nTraceback (most recent call last):\n  File …"
    shop.ended(shop.start(publish({"Fails": {"Type": "Fail", "Error": "Broken", "Cause": cause}})))
    shown = program.run(*RUN, "--yes").stderr
    assert "Hint: Load them." in shown
    assert "Traceback" not in shown


def test_secrets_and_control_characters_of_the_cause_are_not_shown(program, shop, publish):
    cause = "password=hunter2 \x1b[2Jis wrong"
    shop.ended(shop.start(publish({"Fails": {"Type": "Fail", "Error": "Denied", "Cause": cause}})))
    assert "Denied: password=[redacted] is wrong\n" in program.run(*RUN).stderr


def test_a_pipeline_that_has_changed_since_is_a_warning(program, shop, publish):
    machine = publish(FAILS)
    execution = shop.start(machine)
    shop.ended(execution)
    assert "has changed" not in program.run(*RUN, "--yes").stderr
    shop.ended(execution)
    definition = json.dumps({"StartAt": "Succeeds", "States": SUCCEEDS})
    shop.sfn.update_state_machine(stateMachineArn=machine, definition=definition)
    ended = program.run(*RUN, "--yes")
    assert ended.exit_code == 0
    assert "Warning: the pipeline has changed since this execution was started" in ended.stderr
    assert shop.ended(execution)["status"] == "FAILED"


def test_a_successful_execution_is_not_redriven(program, shop, publish):
    succeeded = shop.ended(shop.start(publish(SUCCEEDS)))
    ended = program.run(*RUN, "--execution", succeeded["name"], "--yes")
    assert ended.exit_code == 1
    reason = "Execution is SUCCEEDED and cannot be redriven"
    assert f"Error: execution '{succeeded['name']}' cannot be redriven: {reason}" in ended.stderr
    assert "Hint: Unsuccessful executions can be redriven for 14 days." in ended.stderr
    ended = program.run(*RUN, "--yes")
    assert ended.exit_code == 1
    assert "Error: pipeline 'daily' has no execution that failed, timed out or was stopped" in ended.stderr


def test_an_unknown_execution_is_reported_with_the_last_unsuccessful_ones(program, shop, publish):
    failed = shop.ended(shop.start(publish(FAILS)))
    ended = program.run(*RUN, "--execution", "monday", "--yes")
    assert ended.exit_code == 2
    assert "Error: pipeline 'daily' has no execution 'monday'" in ended.stderr
    assert f"Hint: Its last unsuccessful executions are '{failed['name']}'." in ended.stderr


def test_an_unknown_pipeline_is_reported(program):
    ended = program.run(*RUN, "--yes")
    assert ended.exit_code == 2
    assert "Error: pipeline 'daily' has no published tasks in environment 'shop_sales_dev', eu-west-1" in ended.stderr


def test_a_pipeline_that_does_not_publish_its_state_machine_has_to_be_applied_again(program, shop):
    name = "/datalake/shop_sales_dev/daily/tasks/load"
    shop.client("ssm").put_parameter(Name=name, Value="{}", Type="String")
    ended = program.run(*RUN, "--yes")
    assert ended.exit_code == 2
    assert "Hint: Apply the pipeline with the current version of pipeline_factory." in ended.stderr


def test_a_missing_permission_is_reported(program, shop, publish, role):
    shop.ended(shop.start(publish(FAILS)))
    reads = ["ssm:GetParameter", "states:List*", "states:Describe*", "states:GetExecutionHistory"]
    ended = program.run(*RUN, "--yes", **role(reads))
    assert ended.exit_code == 1
    assert f"access denied: states:RedriveExecution on 'arn:aws:states:eu-west-1:123456789012:execution:{NAME}:" in (
        ended.stderr
    )


def test_an_embedded_lake_has_no_pipelines(program, tmp_path):
    ended = program.run(*RUN, DATALAKE_LOCAL_ROOT=str(tmp_path))
    assert ended.exit_code == 2
    assert "redrive needs deployed pipelines" in ended.stderr


TRANSFORMER = {
    "InputPathsMap": {"time": "$.time", "key": "$.detail.object.key"},
    "InputTemplate": '{"time": <time>, "detail": {"object": {"key": <key>}}}',
}
EVENT = {
    "id": "7bf73129",
    "source": "shop",
    "detail-type": "Object Created",
    "time": "2026-01-02T00:00:00Z",
    "detail": {"object": {"key": "a.csv", "etag": "x"}},
}


@pytest.fixture
def trigger(shop):
    """`trigger(machine)`: a rule that starts executions, with the pipeline's dead-letter queue; returns its ARN."""

    def trigger(target):
        queue = f"arn:aws:sqs:eu-west-1:123456789012:{NAME}-dead-letters"
        role = {"RoleArn": f"{ROLE}events"} if ":states:" in target else {}
        dead_letters = {"DeadLetterConfig": {"Arn": queue}, "InputTransformer": TRANSFORMER}
        shop.rule({"source": ["shop"]}, Arn=target, **role, **dead_letters)
        return shop.client("events").describe_rule(Name="rule")["Arn"]

    return trigger


def put_event(shop):
    entry = {"Source": "shop", "DetailType": EVENT["detail-type"], "Detail": json.dumps(EVENT["detail"])}
    shop.client("events").put_events(Entries=[{**entry, "Time": EVENT["time"]}])


def executions(shop, machine):
    found = shop.sfn.list_executions(stateMachineArn=machine)["executions"]
    return [shop.ended(execution["executionArn"]) for execution in found]


def test_an_event_that_started_no_execution_starts_one(program, shop, publish, trigger):
    machine = publish(SUCCEEDS)
    trigger(machine)
    shop.aws.fail_next("states:StartExecution", "StateMachineDoesNotExist")
    put_event(shop)
    assert executions(shop, machine) == []

    ended = program.run(*RUN, "--dead-letters", "--yes")
    assert ended.exit_code == 0, ended.stderr
    (execution,) = executions(shop, machine)
    assert json.loads(execution["input"]) == {"time": EVENT["time"], "detail": {"object": {"key": "a.csv"}}}
    assert f"sent to {execution['name']}" in ended.stdout
    assert "no dead letters" in program.run(*RUN, "--dead-letters", "--yes").stderr


def test_a_dead_letter_with_the_whole_event_is_transformed_as_its_rule_does(program, shop, publish, trigger):
    machine = publish(SUCCEEDS)
    send_dead_letter(shop, json.dumps(EVENT), RULE_ARN=trigger(machine), TARGET_ARN=machine)
    assert program.run(*RUN, "--dead-letters", "--yes").exit_code == 0
    (execution,) = executions(shop, machine)
    assert json.loads(execution["input"]) == {"time": EVENT["time"], "detail": {"object": {"key": "a.csv"}}}


def test_batched_events_return_to_their_queue(program, shop, publish, trigger):
    machine = publish(SUCCEEDS)
    queue = shop.queue("batch")
    dead_letters = f"arn:aws:sqs:eu-west-1:123456789012:{NAME}-dead-letters"
    policy = json.dumps({"deadLetterTargetArn": dead_letters, "maxReceiveCount": 1})
    url = shop.sqs.get_queue_url(QueueName="batch")["QueueUrl"]
    shop.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
    send_dead_letter(shop, '{"n": 1}')
    send_dead_letter(shop, '{"n": 2}', RULE_ARN=trigger(queue), TARGET_ARN=queue)
    ended = program.run(*RUN, "--dead-letters", "--yes")
    assert ended.exit_code == 0, ended.stderr
    assert sorted(message["n"] for message in shop.messages("batch", count=2)) == [1, 2]
    assert executions(shop, machine) == []


def test_a_rejected_dead_letter_stays_in_the_queue(program, shop, publish):
    machine = publish(SUCCEEDS)
    send_dead_letter(shop, "not JSON", TARGET_ARN=machine)
    send_dead_letter(shop, "{}", TARGET_ARN=machine)
    ended = program.run(*RUN, "--dead-letters", "--yes")
    assert ended.exit_code == 1
    assert (
        "stays in the queue: AWS rejected StartExecution (InvalidExecutionInput): Invalid State Machine Execution Input"
        in ended.stderr
    )
    assert len(executions(shop, machine)) == 1
    shop.aws.advance_time(300)
    assert shop.messages(f"{NAME}-dead-letters") == ["not JSON"]


def test_a_dead_letter_starts_only_the_pipeline(program, shop, publish):
    machine = publish(SUCCEEDS)
    send_dead_letter(shop, "{}", TARGET_ARN=machine + "_other")
    ended = program.run(*RUN, "--dead-letters", "--yes")
    assert ended.exit_code == 1
    assert f"its TARGET_ARN is '{machine}_other', which is neither the state machine" in ended.stderr
    assert executions(shop, machine) == []


def test_a_message_that_could_not_be_deleted_starts_one_execution(program, shop, publish):
    machine = publish(SUCCEEDS)
    send_dead_letter(shop, "{}", TARGET_ARN=machine)
    shop.aws.fail_next("sqs:DeleteMessage", "InternalError", status=400)
    assert program.run(*RUN, "--dead-letters", "--yes").exit_code == 1
    shop.aws.advance_time(300)
    assert program.run(*RUN, "--dead-letters", "--yes").exit_code == 0
    assert len(executions(shop, machine)) == 1


def test_dead_letters_and_an_execution_exclude_each_other(program):
    ended = program.run(*RUN, "--dead-letters", "--execution", "monday")
    assert ended.exit_code == 2
    assert "pass it without --execution" in ended.stderr


def send_dead_letter(shop, body, **attributes):
    given = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    url = shop.sqs.get_queue_url(QueueName=f"{NAME}-dead-letters")["QueueUrl"]
    shop.sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=given)
