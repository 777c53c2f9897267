"""RedriveExecution continues an unsuccessful execution from the states that failed."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def sends(shop):
    """`sends(queue, …)` is a state that sends a message to a queue, and fails while the queue does not exist."""
    shop.allow("machine", "sqs:SendMessage")

    def sends(queue, message="1", **fields):
        url = f"{shop.aws.endpoint}/{shop.aws.account}/{queue}"
        return {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": url, "MessageBody": message},
            "ResultPath": "$.sent",
            **({"End": True} if "Next" not in fields else {}),
            **fields,
        }

    return sends


def create(shop, name):
    return shop.sqs.create_queue(QueueName=name)["QueueUrl"]


def count(shop, name):
    url = shop.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    attributes = shop.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def redriven(shop, execution):
    """Redrives an execution and waits until it has ended again; returns its description."""
    shop.sfn.redrive_execution(executionArn=execution)
    return shop.ended(execution)


def types(shop, execution):
    return [event["type"] for event in shop.sfn.get_execution_history(executionArn=execution)["events"]]


def test_only_the_failed_state_and_those_after_it_run(shop, sends):
    create(shop, "first")
    states = {
        "One": sends("first", Next="Two"),
        "Two": sends("second", Next="Three"),
        "Three": sends("first"),
    }
    execution = shop.start(shop.machine(states), {"day": "monday"})
    failed = shop.ended(execution)
    assert (failed["status"], failed["redriveCount"], failed["redriveStatus"]) == ("FAILED", 0, "REDRIVABLE")
    before = types(shop, execution)
    create(shop, "second")
    ended = redriven(shop, execution)
    assert (ended["status"], ended["executionArn"], ended["redriveCount"]) == ("SUCCEEDED", execution, 1)
    assert json.loads(ended["output"])["day"] == "monday"
    assert "error" not in ended
    assert (count(shop, "first"), count(shop, "second")) == (2, 1)
    history = types(shop, execution)
    assert history[: len(before)] == before
    assert history[len(before)] == "ExecutionRedriven"


def test_only_the_failed_branches_of_a_parallel_state_run(shop, sends):
    create(shop, "first")
    branches = [
        {"StartAt": "One", "States": {"One": sends("first")}},
        {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1, "Next": "Two"}, "Two": sends("second")}},
    ]
    execution = shop.start(shop.machine({"Both": {"Type": "Parallel", "Branches": branches, "End": True}}))
    assert shop.ended(execution)["status"] == "FAILED"
    create(shop, "second")
    assert redriven(shop, execution)["status"] == "SUCCEEDED"
    assert (count(shop, "first"), count(shop, "second")) == (1, 1)


def test_only_the_failed_iterations_of_a_map_state_run(shop, sends):
    create(shop, "first")
    sent = sends("any")
    sent["Parameters"] = {"QueueUrl.$": "$.url", "MessageBody": "1"}
    urls = [{"url": f"{shop.aws.endpoint}/{shop.aws.account}/{name}"} for name in ("first", "second")]
    iteration = {"StartAt": "Send", "States": {"Send": sent}}
    each = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 1, "ItemProcessor": iteration, "End": True}
    execution = shop.start(shop.machine({"Each": each}), {"items": urls})
    assert shop.ended(execution)["status"] == "FAILED"
    create(shop, "second")
    assert redriven(shop, execution)["status"] == "SUCCEEDED"
    assert (count(shop, "first"), count(shop, "second")) == (1, 1)


def test_a_state_of_a_loop_runs_from_the_iteration_that_failed(shop, sends):
    create(shop, "first")
    states = {
        "Send": sends("first", Next="Again?"),
        "Again?": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.again", "BooleanEquals": True, "Next": "Second"}],
            "Default": "Done",
        },
        "Second": sends("second", Next="Once"),
        "Once": {"Type": "Pass", "Parameters": {"again": False}, "Next": "Send"},
        "Done": {"Type": "Succeed"},
    }
    execution = shop.start(shop.machine(states), {"again": True})
    assert shop.ended(execution)["status"] == "FAILED"
    create(shop, "second")
    assert redriven(shop, execution)["status"] == "SUCCEEDED"
    assert (count(shop, "first"), count(shop, "second")) == (2, 1)


def test_an_execution_that_entered_a_fail_state_fails_again(shop, sends):
    states = {
        "Send": sends("first", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Failed"}]),
        "Failed": {"Type": "Fail", "Error": "Broken", "Cause": "no queue"},
    }
    execution = shop.start(shop.machine(states))
    assert shop.ended(execution)["error"] == "Broken"
    create(shop, "first")
    ended = redriven(shop, execution)
    assert (ended["status"], ended["error"], count(shop, "first")) == ("FAILED", "Broken", 0)


def test_the_context_and_the_events_contain_the_number_of_redrives(shop, sends):
    shop.rule({"source": ["aws.states"]}, Arn=shop.queue())
    count_of_redrives = {"Type": "Pass", "Parameters": {"count.$": "$$.Execution.RedriveCount"}, "End": True}
    execution = shop.start(shop.machine({"Send": sends("first", Next="Count"), "Count": count_of_redrives}))
    shop.ended(execution)
    create(shop, "first")
    assert json.loads(redriven(shop, execution)["output"]) == {"count": 1}
    events = [event["detail"] for event in shop.messages(count=4)]
    assert [(event["status"], event["redriveCount"]) for event in events] == [
        ("RUNNING", 0),
        ("FAILED", 0),
        ("RUNNING", 1),
        ("SUCCEEDED", 1),
    ]


def test_a_request_is_idempotent(shop, sends):
    execution = shop.start(shop.machine({"Send": sends("first")}))
    shop.ended(execution)
    first, second = (shop.sfn.redrive_execution(executionArn=execution, clientToken="a") for _ in range(2))
    assert first["redriveDate"] == second["redriveDate"]
    assert shop.ended(execution)["redriveCount"] == 1


def test_a_successful_execution_cannot_be_redriven(shop):
    execution = shop.start(shop.machine({"Done": {"Type": "Succeed"}}))
    ended = shop.ended(execution)
    assert ended["redriveStatus"] == "NOT_REDRIVABLE"
    with pytest.raises(shop.sfn.exceptions.ExecutionNotRedrivable, match="Execution is SUCCEEDED and cannot be"):
        shop.sfn.redrive_execution(executionArn=execution)


def test_a_running_execution_cannot_be_redriven(shop):
    execution = shop.start(shop.machine({"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}))
    with pytest.raises(shop.sfn.exceptions.ExecutionNotRedrivable, match="Execution is RUNNING and cannot be redriven"):
        shop.sfn.redrive_execution(executionArn=execution)
    shop.sfn.stop_execution(executionArn=execution)
    assert shop.ended(execution)["redriveStatus"] == "REDRIVABLE"


def test_an_execution_can_be_redriven_for_14_days(shop, sends):
    execution = shop.start(shop.machine({"Send": sends("first")}))
    shop.ended(execution)
    shop.aws.advance_time(14 * 86_400 + 60)
    with pytest.raises(shop.sfn.exceptions.ExecutionNotRedrivable, match="redrivable period exceeded"):
        shop.sfn.redrive_execution(executionArn=execution)


def test_an_unknown_execution_cannot_be_redriven(shop):
    execution = shop.machine({"Done": {"Type": "Succeed"}}).replace("stateMachine", "execution") + ":none"
    with pytest.raises(shop.sfn.exceptions.ExecutionDoesNotExist):
        shop.sfn.redrive_execution(executionArn=execution)
