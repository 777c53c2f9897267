"""An event source mapping invokes a function with the messages of a queue."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError

from test.aws.emulator.execution import ROLE

CODE = """
def main(event, context):
    bodies = [record["body"] for record in event["Records"]]
    if "raise" in bodies:
        raise ValueError("raise")
    failed = [record["messageId"] for record in event["Records"] if record["body"] == "poison"]
    return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}
"""
POLLING = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


class Mapped:
    """A queue with dead letters, and a function that receives its messages."""

    def __init__(self, shop):
        self.shop, self.sqs, self.client = shop, shop.client("sqs"), shop.client("lambda")
        self.dead_letters = self.sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
        redrive = {"deadLetterTargetArn": self.arn("dead-letters"), "maxReceiveCount": 1}
        attributes = {"VisibilityTimeout": "60", "RedrivePolicy": json.dumps(redrive)}
        self.queue = self.sqs.create_queue(QueueName="rows", Attributes=attributes)["QueueUrl"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("code.py", CODE)
        shop.role("function")
        self.client.create_function(
            FunctionName="function",
            Role=f"{ROLE}function",
            Runtime="python3.13",
            Handler="code.main",
            Code={"ZipFile": archive.getvalue()},
            Timeout=30,
        )

    def arn(self, name):
        return f"arn:aws:sqs:{self.shop.aws.region}:{self.shop.aws.account}:{name}"

    def map(self, **settings):
        given = {"EventSourceArn": self.arn("rows"), "FunctionName": "function", **settings}
        return self.client.create_event_source_mapping(**given)

    def messages(self, url):
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return int(found["ApproximateNumberOfMessages"]) + int(found["ApproximateNumberOfMessagesNotVisible"])


@pytest.fixture
def mapped(shop):
    return Mapped(shop)


def test_a_batch_waits_for_its_window_and_only_failed_messages_return_to_the_queue(mapped):
    mapped.map(BatchSize=100, MaximumBatchingWindowInSeconds=60, FunctionResponseTypes=["ReportBatchItemFailures"])
    for body in ("a", "poison", "b"):
        mapped.sqs.send_message(QueueUrl=mapped.queue, MessageBody=body)
    assert mapped.messages(mapped.queue) == 3
    mapped.shop.aws.advance_time(60)
    assert mapped.messages(mapped.queue) == 1
    mapped.shop.aws.advance_time(60)
    mapped.shop.aws.advance_time(60)
    assert (mapped.messages(mapped.queue), mapped.messages(mapped.dead_letters)) == (0, 1)


def test_all_messages_of_a_failed_invocation_return_to_the_queue(mapped):
    mapped.map(BatchSize=2, MaximumBatchingWindowInSeconds=60)
    for body in ("a", "raise"):
        mapped.sqs.send_message(QueueUrl=mapped.queue, MessageBody=body)
    mapped.shop.aws.advance_time(0)
    assert mapped.messages(mapped.queue) == 2


def test_invalid_mappings_are_rejected(mapped):
    def rejected(**settings):
        with pytest.raises(ClientError) as raised:
            mapped.map(**settings)
        return raised.value.response["Error"]["Message"]

    assert "must be greater than 0 if maximum batch size is greater than 10" in rejected(BatchSize=11)
    mapped.sqs.set_queue_attributes(QueueUrl=mapped.queue, Attributes={"VisibilityTimeout": "29"})
    assert "visibility timeout: 29 seconds is less than Function timeout: 30 seconds" in rejected()
    mapped.sqs.set_queue_attributes(QueueUrl=mapped.queue, Attributes={"VisibilityTimeout": "60"})
    mapped.shop.aws.enforce_iam()
    assert "does not have permissions to call ReceiveMessage on SQS" in rejected()
