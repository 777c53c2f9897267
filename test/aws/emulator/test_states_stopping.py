"""Executions and states that end early stop the jobs they started."""

from __future__ import annotations

import pytest

SLEEP = "import time; time.sleep(600)"


def running_task(shop):
    """Waits until a single task is running; returns its ARN."""
    while not (tasks := shop.ecs.list_tasks(cluster="cluster")["taskArns"]):
        pass
    shop.aws.wait_for(tasks[0], "RUNNING")
    return tasks[0]


def types(shop, execution):
    """Returns the types of the events in an execution's history, in order."""
    return [event["type"] for event in shop.sfn.get_execution_history(executionArn=execution)["events"]]


def test_stop_execution_stops_the_task_that_it_waits_for(shop):
    shop.define_task(SLEEP)
    execution = shop.start(shop.machine({"Run": shop.run_task_state(".sync")}))
    task = running_task(shop)
    shop.sfn.stop_execution(executionArn=execution, error="Enough", cause="tired")
    ended = shop.ended(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Enough", "tired")
    assert "stopDate" in ended
    assert shop.stopped(task)["stopCode"] == "UserInitiated"


def test_stop_execution_does_not_stop_a_task_that_calls_back(shop):
    shop.define_task(SLEEP)
    token = {"Name": "TOKEN", "Value.$": "$$.Task.Token"}
    execution = shop.start(shop.machine({"Run": shop.run_task_state(".waitForTaskToken", environment=[token])}))
    task = running_task(shop)
    shop.sfn.stop_execution(executionArn=execution)
    assert shop.ended(execution)["status"] == "ABORTED"
    assert shop.task(task)["desiredStatus"] == "RUNNING"
    (override,) = shop.task(task)["overrides"]["containerOverrides"]
    with pytest.raises(shop.sfn.exceptions.TaskTimedOut):
        shop.sfn.send_task_success(taskToken=override["environment"][0]["value"], output="{}")


def test_stop_execution_stops_an_execution_that_has_just_started(shop):
    execution = shop.start(shop.machine({"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}))
    shop.sfn.stop_execution(executionArn=execution)
    assert shop.ended(execution)["status"] == "ABORTED"


def test_a_timed_out_execution_stops_the_task_that_it_waits_for(shop):
    shop.define_task(SLEEP)
    execution = shop.start(shop.machine({"Run": shop.run_task_state(".sync")}, TimeoutSeconds=2))
    task = running_task(shop)
    ended = shop.ended(execution)
    assert ended["status"] == "TIMED_OUT"
    assert "stopDate" in ended
    assert shop.stopped(task)["stopCode"] == "UserInitiated"


def test_a_timed_out_state_stops_its_task(shop):
    shop.define_task(SLEEP)
    execution = shop.start(shop.machine({"Run": shop.run_task_state(".sync", TimeoutSeconds=2)}))
    task = running_task(shop)
    assert shop.ended(execution)["error"] == "States.Timeout"
    assert shop.stopped(task)["stopCode"] == "UserInitiated"


def test_a_failed_branch_stops_the_tasks_of_the_others(shop):
    shop.define_task(SLEEP)
    fail = {
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Fail"},
        "Fail": {"Type": "Fail", "Error": "Broken", "Cause": "disk"},
    }
    branches = [
        {"StartAt": "Run", "States": {"Run": shop.run_task_state(".sync")}},
        {"StartAt": "Wait", "States": fail},
    ]
    execution = shop.start(shop.machine({"Both": {"Type": "Parallel", "Branches": branches, "End": True}}))
    task = running_task(shop)
    ended = shop.ended(execution)
    assert (ended["status"], ended["error"]) == ("FAILED", "Broken")
    assert shop.stopped(task)["stopCode"] == "UserInitiated"


def test_stop_execution_stops_the_inner_execution(shop):
    inner = shop.machine({"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}, name="inner")
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync",
        "Parameters": {"StateMachineArn": inner, "Name": "only"},
        "End": True,
    }
    outer = shop.start(shop.machine({"Outer": state}))
    execution = inner.replace(":stateMachine:", ":execution:") + ":only"
    shop.aws.wait_for(execution, "RUNNING")
    shop.sfn.stop_execution(executionArn=outer)
    assert shop.ended(execution)["status"] == "ABORTED"


SEND = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}
RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 600}]


@pytest.mark.parametrize(
    ("state", "last"),
    [
        ({"Type": "Wait", "Seconds": 600, "End": True}, "WaitStateEntered"),
        ({**SEND, "Resource": f"{SEND['Resource']}.waitForTaskToken"}, "TaskSubmitted"),
        ({**SEND, "Retry": RETRY}, "TaskFailed"),
    ],
    ids=["a wait", "a callback", "a retry"],
)
def test_stop_execution_ends(shop, state, last):
    shop.queue()
    url = shop.sqs.get_queue_url(QueueName="queue")["QueueUrl"] if last == "TaskSubmitted" else "http://nowhere"
    if state["Type"] == "Task":
        state = {**state, "Parameters": {"QueueUrl": url, "MessageBody": "x"}}
    execution = shop.start(shop.machine({"S": state}))
    while last not in types(shop, execution):
        pass
    shop.sfn.stop_execution(executionArn=execution)
    assert shop.ended(execution)["status"] == "ABORTED"
    assert types(shop, execution)[-1] == "ExecutionAborted"
    assert "TaskSucceeded" not in types(shop, execution)
