"""Targets of EventBridge rules and schedules: delivers events to state machines, topics, queues and functions."""

from __future__ import annotations

import json
import re
import sys
import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from test.emulator.access import ServiceRole
from test.emulator.clients import client


class UndeliverableError(Exception):
    """The target cannot accept the event; EventBridge drops it or sends it to the dead-letter queue."""


@dataclass(frozen=True)
class Delivery:
    """Delivery of an event to a target.

    Attributes:
        source: ARN of the rule or schedule.
        target: The target as configured: Arn, RoleArn, SqsParameters, DeadLetterConfig.
        payload: Input of the target.
        name: Prefix of the execution's name, if the target is a state machine.
        attributes: Message attributes of a dead letter that identify the rule or schedule.
    """

    source: str
    target: Mapping[str, Any]
    payload: str
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def service(self) -> str:
        return str(self.target["Arn"]).split(":")[2]

    @property
    def region(self) -> str:
        return str(self.target["Arn"]).split(":")[3]

    def client(self) -> Any:
        return client(self.service if self.service != "states" else "stepfunctions", self.region, self._role)

    @property
    def _role(self) -> ServiceRole | None:
        role = self.target.get("RoleArn")
        return role_of_source(self.source, role) if role else None


def role_of_source(source: str, role_arn: str) -> ServiceRole:
    """Returns the role of a target, which the service of a rule or schedule assumes.

    The source of a schedule is its group.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    group = re.sub(":schedule/([^/]+)/.*", r":schedule-group/\1", source)
    return ServiceRole(role_arn, f"{source.split(':')[2]}.amazonaws.com", group)


SERVICES = ("states", "sns", "sqs", "lambda")


def deliver(delivery: Delivery) -> None:
    """Delivers an event; on failure, prints the error and sends the event to the target's dead-letter queue."""
    try:
        send(delivery)
    except Exception as error:
        sys.stdout.write(f"{delivery.source} could not deliver to {delivery.target['Arn']}: {error}\n")
        if not isinstance(error, UndeliverableError):
            traceback.print_exc()
        _send_to_dead_letter_queue(delivery, error)


def send(delivery: Delivery) -> None:
    """Delivers an event.

    Raises:
        UndeliverableError: The target does not accept the event.
        ClientError: The target's service rejected the call.
    """
    _SENDERS[delivery.service](delivery)


def _start_execution(delivery: Delivery) -> None:
    if not delivery.target.get("RoleArn"):
        raise UndeliverableError("a state machine needs the target's RoleArn")
    try:
        json.loads(delivery.payload)
    except ValueError as error:
        raise UndeliverableError(f"the input of a state machine must be JSON: {delivery.payload}") from error
    delivery.client().start_execution(
        stateMachineArn=delivery.target["Arn"], input=delivery.payload, name=f"{delivery.name}_{uuid.uuid4()}"[:80]
    )


def _publish(delivery: Delivery) -> None:
    delivery.client().publish(TopicArn=delivery.target["Arn"], Message=delivery.payload)


def _send_message(delivery: Delivery) -> None:
    group = delivery.target.get("SqsParameters", {}).get("MessageGroupId")
    delivery.client().send_message(
        QueueUrl=queue_url(delivery.target["Arn"]),
        MessageBody=delivery.payload,
        **({"MessageGroupId": group} if group else {}),
    )


def _invoke(delivery: Delivery) -> None:
    delivery.client().invoke(FunctionName=delivery.target["Arn"], Payload=delivery.payload, InvocationType="Event")


_SENDERS = {"states": _start_execution, "sns": _publish, "sqs": _send_message, "lambda": _invoke}


def _send_to_dead_letter_queue(delivery: Delivery, error: Exception) -> None:
    queue = delivery.target.get("DeadLetterConfig", {}).get("Arn")
    if not queue:
        return
    attributes = {**delivery.attributes, "TARGET_ARN": delivery.target["Arn"], "ERROR_MESSAGE": str(error)}
    client("sqs", queue.split(":")[3]).send_message(
        QueueUrl=queue_url(queue),
        MessageBody=delivery.payload,
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    )


def queue_url(arn: str) -> str:
    """Returns the URL of a queue."""
    *_, region, account, name = arn.split(":")
    url: str = client("sqs", region).get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    return url
