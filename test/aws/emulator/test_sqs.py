"""SQS returns redrive policies in the format of AWS."""

from __future__ import annotations

import json


def test_a_redrive_policy_has_no_spaces(aws):
    sqs = aws.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    policy = {"deadLetterTargetArn": f"arn:aws:sqs:{aws.region}:{aws.account}:dead", "maxReceiveCount": 5}
    queue = sqs.create_queue(QueueName="orders", Attributes={"RedrivePolicy": json.dumps(policy)})["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert attributes["RedrivePolicy"] == json.dumps(policy, separators=(",", ":"))
    assert "RedrivePolicy" not in sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"]
