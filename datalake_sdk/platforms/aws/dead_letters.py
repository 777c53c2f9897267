"""Dead-letter queues of a pipeline: events that started no execution, sent to their destination again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from datalake_sdk.errors import AwsRequestError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.base import RedrivenMessage

_COUNT = "ApproximateNumberOfMessages"
_MAX_MESSAGES = 10
_VISIBILITY_SECONDS = 300
"""A message that is rejected is not received again by the same redrive."""
_EVENT_FIELDS = {"id", "source", "detail-type", "detail"}
"""https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html"""
_VARIABLE = re.compile(r"<([\w.-]+)>")
_EXISTS = "ExecutionAlreadyExists"


class DeadLetterQueue:
    """A queue of events that started no execution.

    StartMessageMoveTask only moves messages of queues, but EventBridge sends those of rules and schedules as well.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html

    Args:
        session: Account and region.
        url: URL of the queue.
    """

    def __init__(self, session: AwsSession, url: str) -> None:
        self._session = session
        self._url = url
        self._sqs = session.client("sqs")

    def count(self) -> int:
        """Returns the approximate number of messages that can be received."""
        with aws_errors():
            answer = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=[_COUNT])
        return int(answer["Attributes"][_COUNT])

    def redrive(self) -> Iterator[RedrivenMessage]:
        """Sends each message to its destination, and deletes it there once it is accepted."""
        while messages := self._received():
            for message in messages:
                yield self._redriven(message)

    def _received(self) -> list[dict[str, Any]]:
        # A long poll asks all servers of the queue, so an empty response means that it is empty.
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
        with aws_errors():
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_MAX_MESSAGES,
                MessageAttributeNames=["All"],
                VisibilityTimeout=_VISIBILITY_SECONDS,
                WaitTimeSeconds=1,
            )
        return list(answer.get("Messages", []))

    def _redriven(self, message: Mapping[str, Any]) -> RedrivenMessage:
        identifier = message["MessageId"]
        attributes = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
        try:
            destination = self._send(identifier, self._input(message["Body"], attributes), attributes)
        except AwsRequestError as error:
            return RedrivenMessage(identifier, attributes.get("TARGET_ARN", ""), error.message)
        with aws_errors():
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return RedrivenMessage(identifier, destination)

    def _input(self, body: str, attributes: Mapping[str, str]) -> str:
        """Returns the input of the target: the body, or the rule's transformation of it if it is the whole event."""
        event = event_of(body)
        if event is None or "RULE_ARN" not in attributes:
            return body
        rule = attributes["RULE_ARN"].split("/")[-1]
        with aws_errors():
            targets = self._session.client("events").list_targets_by_rule(Rule=rule)["Targets"]
        transformers = [each.get("InputTransformer") for each in targets if each["Arn"] == attributes["TARGET_ARN"]]
        return transformed(event, transformers[0]) if transformers and transformers[0] else body

    def _send(self, identifier: str, body: str, attributes: Mapping[str, str]) -> str:
        """Sends a message to the target of its rule or schedule, or to the queue that it comes from."""
        target = attributes.get("TARGET_ARN", "")
        if ":states:" in target:
            return self._start(target, identifier, body)
        with aws_errors():
            url = self._queue(target) if target else self._source()
            self._sqs.send_message(QueueUrl=url, MessageBody=body)
        return str(url.split("/")[-1])

    def _start(self, state_machine: str, identifier: str, body: str) -> str:
        """Starts an execution named after the message, so that a message that is received twice starts only one.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
        """
        name = f"redrive-{identifier}"
        try:
            with aws_errors():
                self._session.client("stepfunctions").start_execution(
                    stateMachineArn=state_machine, name=name, input=body
                )
        except AwsRequestError as error:
            if error.code != _EXISTS:
                raise
        return name

    def _queue(self, arn: str) -> str:
        *_, account, name = arn.split(":")
        return str(self._sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"])

    def _source(self) -> str:
        return str(self._sqs.list_dead_letter_source_queues(QueueUrl=self._url)["queueUrls"][0])


def event_of(body: str) -> dict[str, Any] | None:
    """Parses the body of a dead letter; None if it is not an event of EventBridge."""
    try:
        event = json.loads(body)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.keys() >= _EVENT_FIELDS else None


def transformed(event: Mapping[str, Any], transformer: Mapping[str, Any]) -> str:
    """Applies an input transformer whose variables are JSON values, as those of pipeline_factory.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    paths = transformer.get("InputPathsMap", {})
    values = {name: json.dumps(_value_at(event, path)) for name, path in paths.items()}
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), transformer["InputTemplate"])


def _value_at(event: Any, path: str) -> Any:
    """Returns the value at a path such as `$.detail.object.key`; an empty string if there is none."""
    for name in path.split(".")[1:]:
        event = event.get(name, "") if isinstance(event, dict) else ""
    return event
