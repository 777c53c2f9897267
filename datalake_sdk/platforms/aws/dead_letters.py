"""Dead-letter queues of a pipeline, whose messages are sent to their destination again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from datalake_sdk.errors import AwsRequestError, ForeignDeadLetterError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.deployments import RedrivenMessage

_COUNT = "ApproximateNumberOfMessages"
_MAX_MESSAGES = 10
_VISIBILITY_SECONDS = 300
"""Long enough that a rejected message is not received again by the same redrive."""
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
        state_machine: ARN of the pipeline's state machine.
    """

    def __init__(self, session: AwsSession, url: str, state_machine: str) -> None:
        self._session = session
        self._url = url
        self._state_machine = state_machine
        self._sqs = session.client("sqs")

    def count(self) -> int:
        """Returns the approximate number of messages that can be received."""
        with aws_errors():
            response = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=[_COUNT])
        return int(response["Attributes"][_COUNT])

    def redrive(self) -> Iterator[RedrivenMessage]:
        """Sends each message to its destination, and deletes it from the queue if it was accepted."""
        while messages := self._receive():
            for message in messages:
                yield self._redrive_message(message)

    def _receive(self) -> list[dict[str, Any]]:
        # A long poll queries all servers of the queue, so an empty response means that the queue is empty.
        # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
        with aws_errors():
            response = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_MAX_MESSAGES,
                MessageAttributeNames=["All"],
                VisibilityTimeout=_VISIBILITY_SECONDS,
                WaitTimeSeconds=1,
            )
        return list(response.get("Messages", []))

    def _redrive_message(self, message: Mapping[str, Any]) -> RedrivenMessage:
        identifier = message["MessageId"]
        attributes = {name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()}
        try:
            destination = self._send(identifier, self._input(message["Body"], attributes), attributes)
        except (AwsRequestError, ForeignDeadLetterError) as error:
            return RedrivenMessage(identifier, attributes.get("TARGET_ARN", ""), error.message)
        with aws_errors():
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return RedrivenMessage(identifier, destination)

    def _input(self, body: str, attributes: Mapping[str, str]) -> str:
        """Returns the input of the target: the body, transformed as by the rule if it is a whole event."""
        event = event_of(body)
        if event is None or "RULE_ARN" not in attributes:
            return body
        rule = attributes["RULE_ARN"].split("/")[-1]
        with aws_errors():
            targets = self._session.client("events").list_targets_by_rule(Rule=rule)["Targets"]
        transformers = [each.get("InputTransformer") for each in targets if each["Arn"] == attributes["TARGET_ARN"]]
        return transformed(event, transformers[0]) if transformers and transformers[0] else body

    def _send(self, identifier: str, body: str, attributes: Mapping[str, str]) -> str:
        """Sends a message to the state machine of the pipeline or to its source queue; returns the destination."""
        target = attributes.get("TARGET_ARN", "")
        if target == self._state_machine:
            return self._start(identifier, body)
        with aws_errors():
            url = self._source_queue_url(target)
            self._sqs.send_message(QueueUrl=url, MessageBody=body)
        return _queue_name(url)

    def _start(self, identifier: str, body: str) -> str:
        """Starts an execution named after the message, so that a message received twice starts only one execution.

        https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
        """
        name = f"redrive-{identifier}"
        try:
            with aws_errors():
                self._session.client("stepfunctions").start_execution(
                    stateMachineArn=self._state_machine, name=name, input=body
                )
        except AwsRequestError as error:
            if error.code != _EXISTS:
                raise
        return name

    def _source_queue_url(self, target: str) -> str:
        """Returns the URL of the source queue.

        Args:
            target: ARN in the attributes of the message; empty if its source queue moved it.

        Raises:
            ForeignDeadLetterError: The ARN is not that of a source queue.
        """
        for url in self._sqs.list_dead_letter_source_queues(QueueUrl=self._url)["queueUrls"]:
            if target in ("", self._queue_arn(url)):
                return str(url)
        raise ForeignDeadLetterError(target)

    def _queue_arn(self, url: str) -> str:
        response = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(response["Attributes"]["QueueArn"])


def _queue_name(url: str) -> str:
    return url.split("/")[-1]


def event_of(body: str) -> dict[str, Any] | None:
    """Parses the body of a dead letter; None if it is not an event of EventBridge."""
    try:
        event = json.loads(body)
    except ValueError:
        return None
    return event if isinstance(event, dict) and event.keys() >= _EVENT_FIELDS else None


def transformed(event: Mapping[str, Any], transformer: Mapping[str, Any]) -> str:
    """Applies an input transformer whose variables are JSON values, like those of pipeline_factory.

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
