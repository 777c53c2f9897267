"""A pipe moves messages from a queue to its target."""

from __future__ import annotations

import json

import pytest

from test.aws.emulator.execution import ROLE

PASS = {"P": {"Type": "Pass", "End": True}}
SOURCE = "arn:aws:sqs:eu-west-1:123456789012:source"
MINUTE = 60


@pytest.fixture
def pipe(shop):
    """`pipe(target)` creates a pipe from the queue `source`."""
    visible_after = {"VisibilityTimeout": str(6 * MINUTE)}  # longer than the window of a batch
    shop.sqs.create_queue(QueueName="source", Attributes=visible_after)

    def pipe(target, target_parameters=None, queue_parameters=None, filters=(), **more):
        filtered = {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(each)} for each in filters]}}
        shop.client("pipes").create_pipe(
            Name="pipe",
            RoleArn=f"{ROLE}pipe",
            Source=SOURCE,
            SourceParameters={"SqsQueueParameters": queue_parameters or {}, **(filtered if filters else {})},
            Target=target,
            TargetParameters=target_parameters or {},
            **more,
        )

    return pipe


def put(shop, *bodies, name="source"):
    url = shop.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    for body in bodies:
        shop.sqs.send_message(QueueUrl=url, MessageBody=body if isinstance(body, str) else json.dumps(body))


def left(shop, name="source"):
    """Returns the number of messages in a queue, including those that a consumer has received."""
    url = shop.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, shop.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))


def inputs(shop, machine):
    executions = shop.sfn.list_executions(stateMachineArn=machine)["executions"]
    arns = [each["executionArn"] for each in executions]
    return [json.loads(shop.sfn.describe_execution(executionArn=arn)["input"]) for arn in arns]


def start(machine, template="<$.body>"):
    return machine, {
        "InputTemplate": template,
        "StepFunctionStateMachineParameters": {"InvocationType": "FIRE_AND_FORGET"},
    }


def test_a_message_reaches_the_target_and_leaves_the_queue(shop, pipe):
    pipe(shop.queue("target"))
    put(shop, {"order": 1})
    (event,) = shop.messages("target")
    assert json.loads(event["body"]) == {"order": 1}
    assert (event["eventSource"], event["eventSourceARN"]) == ("aws:sqs", SOURCE)
    shop.aws.advance_time(0)
    assert left(shop) == 0


def test_a_state_machine_receives_an_array_of_the_transformed_messages(shop, pipe):
    machine = shop.machine(PASS)
    pipe(*start(machine), {"BatchSize": 2, "MaximumBatchingWindowInSeconds": 300})
    put(shop, {"key": "a"}, {"key": "b"})
    shop.aws.advance_time(0)
    assert inputs(shop, machine) == [[{"key": "a"}, {"key": "b"}]]


def test_an_incomplete_batch_is_delivered_when_its_window_ends(shop, pipe):
    machine = shop.machine(PASS)
    pipe(*start(machine), {"BatchSize": 10, "MaximumBatchingWindowInSeconds": 300})
    put(shop, {"key": "a"}, {"key": "b"})
    shop.aws.advance_time(4 * MINUTE)
    assert inputs(shop, machine) == []
    shop.aws.advance_time(MINUTE)
    assert inputs(shop, machine) == [[{"key": "a"}, {"key": "b"}]]


def test_what_is_left_of_a_window_after_the_clock_was_advanced_passes_by_itself(shop, pipe):
    pipe(shop.queue("target"), queue_parameters={"BatchSize": 10, "MaximumBatchingWindowInSeconds": 300})
    put(shop, {"key": "a"})
    shop.aws.advance_time(5 * MINUTE - 2)
    assert len(shop.messages("target")) == 1


@pytest.mark.parametrize(
    ("template", "received"),
    [
        ("<$.body.order.id>", 7),
        ('{"id": <$.body.order.id>, "text": "order <$.body.order.id>"}', {"id": 7, "text": "order 7"}),
        ('{"pipe": <aws.pipes.pipe-name>, "none": <$.body.nothing>}', {"pipe": "pipe", "none": ""}),
    ],
)
def test_an_input_template_selects_parts_of_the_message(shop, pipe, template, received):
    pipe(shop.queue("target"), {"InputTemplate": template})
    put(shop, {"order": {"id": 7}})
    assert shop.messages("target") == [received]


def test_messages_that_no_filter_matches_are_deleted(shop, pipe):
    pipe(shop.queue("target"), filters=[{"body": {"kind": ["order"]}}])
    put(shop, {"kind": "refund"}, {"kind": "order"})
    (event,) = shop.messages("target")
    shop.aws.advance_time(0)
    assert json.loads(event["body"]) == {"kind": "order"}
    assert left(shop) == 0


def test_messages_of_a_failed_delivery_return_and_then_go_to_the_dead_letter_queue_of_the_source(shop, pipe):
    redrive = {"deadLetterTargetArn": shop.queue("dead-letters"), "maxReceiveCount": 2}
    attributes = {"RedrivePolicy": json.dumps(redrive), "VisibilityTimeout": "60"}
    url = shop.sqs.get_queue_url(QueueName="source")["QueueUrl"]
    shop.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
    pipe("arn:aws:sqs:eu-west-1:123456789012:missing")
    put(shop, {"order": 1})
    shop.aws.advance_time(2 * MINUTE)
    assert left(shop) == 1
    shop.aws.advance_time(2 * MINUTE)
    assert shop.messages("dead-letters") == [{"order": 1}]


def test_a_stopped_pipe_delivers_nothing_until_it_is_started(shop, pipe):
    machine = shop.machine(PASS)
    pipe(*start(machine), DesiredState="STOPPED")
    put(shop, {"order": 1})
    shop.aws.advance_time(MINUTE)
    assert inputs(shop, machine) == []
    shop.client("pipes").start_pipe(Name="pipe")
    shop.aws.advance_time(0)
    assert inputs(shop, machine) == [[{"order": 1}]]


def test_the_emulator_rejects_pipes_that_it_cannot_run(shop, pipe):
    with pytest.raises(shop.client("pipes").exceptions.ClientError, match="NotImplemented"):
        pipe("arn:aws:lambda:eu-west-1:123456789012:function:f")
