"""A state machine waits for its tasks as on AWS: task tokens, heartbeats, timeouts and retries."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

TOKEN = {"Name": "step_function_task_token", "Value.$": "$$.Task.Token"}
PREPARE = (
    "import boto3, os, time; sfn = boto3.client('stepfunctions'); token = os.environ['step_function_task_token']\n"
)
SUCCEED = f"{PREPARE}sfn.send_task_success(taskToken=token, output='{{\"rows\": 5}}')"
FAIL = f"{PREPARE}sfn.send_task_failure(taskToken=token, error='Broken', cause='disk')"
CRASH = "raise SystemExit(9)"
ONCE = {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 1}


@pytest.fixture
def waiting(shop):
    """`waiting(…)` returns a state that runs a task and waits for its token."""

    def state(**fields):
        return shop.run_task_state(".waitForTaskToken", environment=[TOKEN], **fields)

    return state


@pytest.fixture
def token_of(shop):
    """Starts an execution that waits for a token, which no task returns; returns its ARN and the token."""

    def start(**fields):
        shop.queue()
        body = {"token.$": "$$.Task.Token"}
        url = shop.sqs.get_queue_url(QueueName="queue")["QueueUrl"]
        state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": url, "MessageBody": body},
            "End": True,
            **fields,
        }
        execution = shop.start(shop.machine({"Wait": state}))
        return execution, shop.messages()[0]["token"]

    return start


def test_a_task_succeeds_with_its_token(shop, waiting):
    shop.define_task(SUCCEED)
    assert shop.output({"Run": waiting(HeartbeatSeconds=50)}) == {"rows": 5}


def test_a_task_fails_with_its_error_and_cause(shop, waiting):
    shop.define_task(FAIL)
    execution = shop.execute({"Run": waiting()})
    assert (execution["status"], execution["error"], execution["cause"]) == ("FAILED", "Broken", "disk")


def test_a_crashed_task_is_detected_by_its_missing_heartbeat(shop, waiting):
    shop.define_task(CRASH)
    assert shop.execute({"Run": waiting(HeartbeatSeconds=1)})["error"] == "States.HeartbeatTimeout"


def test_a_crashed_task_is_detected_by_its_timeout(shop, waiting):
    shop.define_task(CRASH)
    assert shop.execute({"Run": waiting(TimeoutSeconds=1)})["error"] == "States.Timeout"


def test_a_crashed_task_is_detected_by_a_rule_for_stopped_tasks(shop, waiting):
    """Like the failsafe: ECS emits an event, and a function finds the token in the overrides of the task."""
    code = f"""
import boto3
def main(event, context):
    variables = event["detail"]["overrides"]["containerOverrides"][0]["environment"]
    token = next(each["value"] for each in variables if each["name"] == "{TOKEN["Name"]}")
    cause = str(event["detail"]["containers"][0]["exitCode"])
    boto3.client("stepfunctions").send_task_failure(taskToken=token, error="TaskCrashed", cause=cause)
"""
    function = shop.function("failsafe", code, shop.role("failsafe"))
    shop.rule({"source": ["aws.ecs"], "detail": {"lastStatus": ["STOPPED"]}}, Arn=function)
    shop.define_task(CRASH)
    execution = shop.execute({"Run": waiting()})
    assert (execution["error"], execution["cause"]) == ("TaskCrashed", "9")


def test_heartbeats_keep_a_task_alive(shop, waiting):
    beats = "for _ in range(5):\n    time.sleep(0.6); sfn.send_task_heartbeat(taskToken=token)\n"
    shop.define_task(PREPARE + beats + SUCCEED.removeprefix(PREPARE))
    assert shop.output({"Run": waiting(HeartbeatSeconds=2)}) == {"rows": 5}


def test_a_heartbeat_is_accepted_by_a_state_without_a_heartbeat_timeout(shop, token_of):
    execution, token = token_of()
    shop.sfn.send_task_heartbeat(taskToken=token)
    shop.sfn.send_task_success(taskToken=token, output="1")
    assert shop.ended(execution)["output"] == "1"


# Runs in a separate process, as importing moto's modules changes botocore's handlers.
PARSE = """
import sys
from test.emulator.states_callbacks import PATCHES
PATCHES.install()
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
print(AmazonStateLanguageParser.parse(sys.argv[1])[0].states.states["Wait"].timeout.timeout_seconds)
"""


def test_a_heartbeat_alone_sets_no_timeout():
    state = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish.waitForTaskToken", "HeartbeatSeconds": 30}
    definition = json.dumps({"StartAt": "Wait", "States": {"Wait": {**state, "End": True}}})
    command = [sys.executable, "-c", PARSE, definition]
    ran = subprocess.run(command, env=os.environ | {"MOTO_PORT": "1"}, capture_output=True, text=True)
    assert ran.stdout.split()[-1:] == ["99999999"], ran.stderr


def test_a_retry_has_a_new_token(shop, waiting):
    program = "import os; print(os.environ['step_function_task_token'], flush=True)\n"
    shop.define_task(program + FAIL)
    assert shop.execute({"Run": waiting(Retry=[ONCE])})["error"] == "Broken"
    streams = shop.logs.describe_log_streams(logGroupName="tasks")["logStreams"]
    tokens = [shop.log_lines("tasks", stream["logStreamName"])[0] for stream in streams]
    assert len(tokens) == len(set(tokens)) == 2


def test_a_retry_succeeds_after_a_failed_attempt(shop, waiting):
    marker = shop.folder / "tried"
    shop.define_task(
        f"{PREPARE}from pathlib import Path\ntried = Path('{marker}')\n"
        "if tried.exists(): sfn.send_task_success(taskToken=token, output='\"second\"')\n"
        "else: tried.touch(); sfn.send_task_failure(taskToken=token, error='Transient', cause='again')"
    )
    retry = {"ErrorEquals": ["Transient"], "MaxAttempts": 2, "IntervalSeconds": 1, "BackoffRate": 1}
    assert shop.output({"Run": waiting(Retry=[retry])}) == "second"


@pytest.mark.parametrize(
    ("names", "caught"),
    [
        (["States.HeartbeatTimeout"], True),
        (["States.Timeout"], True),
        (["States.TaskFailed"], True),
        (["States.ALL"], True),
        (["Other"], False),
    ],
)
def test_error_names_that_catch_a_missing_heartbeat(shop, token_of, names, caught):
    catch = [{"ErrorEquals": names, "Next": "Caught", "ResultPath": "$"}]
    states = {
        "Wait": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": "unused", "MessageBody": "x"},
            "HeartbeatSeconds": 1,
            "Catch": catch,
            "End": True,
        },
        "Caught": {"Type": "Pass", "End": True},
    }
    shop.queue()
    url = shop.sqs.get_queue_url(QueueName="queue")["QueueUrl"]
    states["Wait"]["Parameters"]["QueueUrl"] = url
    execution = shop.execute(states)
    assert execution["status"] == ("SUCCEEDED" if caught else "FAILED")
    if caught:
        assert json.loads(execution["output"])["Error"] == "States.HeartbeatTimeout"


def test_task_failed_does_not_catch_a_timeout(shop, waiting):
    shop.define_task(CRASH)
    catch = [{"ErrorEquals": ["States.TaskFailed"], "Next": "Caught"}]
    states = {"Run": waiting(TimeoutSeconds=1, Catch=catch), "Caught": {"Type": "Pass", "End": True}}
    assert shop.execute(states)["error"] == "States.Timeout"


@pytest.mark.parametrize("call", ["send_task_success", "send_task_failure", "send_task_heartbeat"])
def test_a_token_cannot_be_used_twice(shop, token_of, call):
    execution, token = token_of()
    shop.sfn.send_task_success(taskToken=token, output="{}")
    shop.ended(execution)
    more = {"output": "{}"} if call == "send_task_success" else {}
    with pytest.raises(shop.sfn.exceptions.TaskTimedOut, match="does not exist anymore"):
        getattr(shop.sfn, call)(taskToken=token, **more)


def test_a_token_cannot_be_used_after_its_state_timed_out(shop, token_of):
    execution, token = token_of(TimeoutSeconds=1)
    assert shop.ended(execution)["error"] == "States.Timeout"
    with pytest.raises(shop.sfn.exceptions.TaskTimedOut):
        shop.sfn.send_task_success(taskToken=token, output="{}")


def test_an_unknown_token_is_invalid(shop):
    with pytest.raises(shop.sfn.exceptions.InvalidToken):
        shop.sfn.send_task_success(taskToken="unknown", output="{}")


@pytest.mark.parametrize(("field", "longest"), [("error", 256), ("cause", 32_768)])
def test_the_length_of_error_and_cause_is_limited(shop, token_of, field, longest):
    execution, token = token_of()
    with pytest.raises(shop.sfn.exceptions.ClientError, match=f"'{field}' failed .* less than or equal to {longest}"):
        shop.sfn.send_task_failure(taskToken=token, **{field: "x" * (longest + 1)})
    shop.sfn.send_task_failure(taskToken=token, **{field: "x" * longest})
    assert shop.ended(execution)[field] == "x" * longest


def test_an_output_must_be_json_of_at_most_256_kib(shop, token_of):
    execution, token = token_of()
    with pytest.raises(shop.sfn.exceptions.InvalidOutput):
        shop.sfn.send_task_success(taskToken=token, output="{")
    with pytest.raises(shop.sfn.exceptions.ClientError, match="less than or equal to 262144"):
        shop.sfn.send_task_success(taskToken=token, output='"' + "x" * 262_144 + '"')
    shop.sfn.send_task_success(taskToken=token, output="[]")
    assert shop.ended(execution)["status"] == "SUCCEEDED"
