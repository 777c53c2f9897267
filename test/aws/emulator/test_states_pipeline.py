"""A state machine like those of pipelines: levels of parallel tasks, retries, a notification, a failure."""

from __future__ import annotations

import pytest

PROGRAM = """
import boto3, os, pathlib
sfn, token, name = boto3.client("stepfunctions"), os.environ["TOKEN"], os.environ["NAME"]
tries = pathlib.Path(name)
tries.open("a").write(token + "\\n")
if name == os.environ["BROKEN"]:
    sfn.send_task_failure(taskToken=token, error="Terminal", cause="no such column")
elif len(tries.read_text().splitlines()) < 2:
    sfn.send_task_failure(taskToken=token, error="Transient", cause="throttled")
else:
    sfn.send_task_success(taskToken=token, output='{"task": "' + name + '"}')
"""


@pytest.fixture
def pipeline(shop):
    sns = shop.client("sns")
    topic = sns.create_topic(Name="failures")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=shop.queue(), Attributes={"RawMessageDelivery": "true"})
    shop.define_task(PROGRAM)

    def branch(name):
        variables = [
            {"Name": "TOKEN", "Value.$": "$$.Task.Token"},
            {"Name": "NAME", "Value": name},
            {"Name": "BROKEN", "Value.$": "$$.Execution.Input.broken"},
        ]
        retry = {"ErrorEquals": ["Transient"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1.5}
        more = {"MaxDelaySeconds": 2, "JitterStrategy": "FULL"}
        state = shop.run_task_state(
            ".waitForTaskToken",
            environment=variables,
            HeartbeatSeconds=30,
            TimeoutSeconds=50,
            Retry=[{**retry, **more}],
        )
        return {"StartAt": name, "States": {name: state}}

    def level(*names, **then):
        catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Notify"}]
        return {"Type": "Parallel", "Branches": [branch(name) for name in names], "Catch": catch, **then}

    message = {"TopicArn": topic, "Message.$": "States.Format('{}: {}', $.error.Error, $.error.Cause)"}
    publish = {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": message, "ResultPath": None}
    return {
        "Level 1": level("orders", "customers", ResultPath=None, Next="Level 2"),
        "Level 2": level("report", End=True),
        "Notify": {**publish, "Next": "Failed"},
        "Failed": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
    }


def test_each_task_is_retried_until_it_succeeds(shop, pipeline):
    assert shop.output(pipeline, {"broken": ""}) == [{"task": "report"}]
    for name in ("orders", "customers", "report"):
        tokens = (shop.folder / name).read_text().splitlines()
        assert len(tokens) == len(set(tokens)) == 2


def test_a_failure_sends_a_notification_and_ends_the_pipeline(shop, pipeline):
    execution = shop.execute(pipeline, {"broken": "customers"})
    assert (execution["status"], execution["error"], execution["cause"]) == ("FAILED", "Terminal", "no such column")
    assert shop.messages() == ["Terminal: no such column"]
    assert not (shop.folder / "report").exists()
