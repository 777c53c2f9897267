"""Targets of rules, schedules and pipes: state machines, topics, queues, functions and API operations."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from test.emulator import access
from test.emulator.access import Principal, ServiceRole
from test.emulator.clients import client
from test.emulator.iam_encryption import encryption_permissions
from test.emulator.iam_permission import Permission


class InvalidInputError(Exception):
    """The input of a target is not JSON."""


@dataclass(frozen=True)
class Delivery:
    """Delivery of an event to a target.

    Attributes:
        source: ARN of the rule, schedule or pipe.
        target: The target as configured: Arn, RoleArn, SqsParameters, DeadLetterConfig, RetryPolicy.
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
        """Service of the target; `scheduler` for an API operation."""
        return str(self.target["Arn"]).split(":")[2]

    @property
    def source_service(self) -> str:
        return self.source.split(":")[2]

    def client(self, service: str) -> Any:
        """Returns a client with the role of the target, in the region of the rule, schedule or pipe."""
        role = self.target.get("RoleArn")
        return client(service, self.source.split(":")[3], role_of_source(self.source, role) if role else None)


def role_of_source(source: str, role_arn: str) -> ServiceRole:
    """Returns the role of a target, which the service of a rule or schedule assumes.

    The source of a schedule is its group.
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    """
    group = re.sub(":schedule/([^/]+)/.*", r":schedule-group/\1", source)
    return ServiceRole(role_arn, f"{source.split(':')[2]}.amazonaws.com", group)


SERVICES = ("states", "sns", "sqs", "lambda")
"""Services of the targets that a rule delivers events to."""

_PERMISSIONS = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}


def send(delivery: Delivery) -> None:
    """Delivers an event with the role of the target; without a role, the policy of the target must allow the service.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html

    Raises:
        InvalidInputError: The target requires JSON.
        RoleNotAssumableError: The service cannot assume the role of the target.
        AccessDeniedError: The policy of the target does not allow the service to deliver the event.
        ClientError: The target's service rejected the call.
    """
    if not delivery.target.get("RoleArn"):
        require_as_service(delivery.source, _PERMISSIONS[delivery.service], delivery.target["Arn"])
    _SENDERS[delivery.service](delivery)


def require_as_service(source: str, action: str, resource: str) -> None:
    """Requires the policies of a resource and of its key to allow the service of a rule, while IAM is enforced.

    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services

    Raises:
        AccessDeniedError: They do not.
    """
    principal = Principal.service(f"{source.split(':')[2]}.amazonaws.com", source)
    permission = Permission(action, resource)
    for needed in (permission, *encryption_permissions("", permission)):
        access.require(principal, needed.action, needed.resource, needed.keys)


def queue_url(arn: str) -> str:
    """Returns the URL of a queue."""
    *_, region, account, name = arn.split(":")
    url: str = client("sqs", region).get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    return url


def _start_execution(delivery: Delivery) -> None:
    _parsed(delivery.payload)
    delivery.client("stepfunctions").start_execution(
        stateMachineArn=delivery.target["Arn"], input=delivery.payload, name=f"{delivery.name}_{uuid.uuid4()}"[:80]
    )


def _publish(delivery: Delivery) -> None:
    delivery.client("sns").publish(TopicArn=delivery.target["Arn"], Message=delivery.payload)


def _send_message(delivery: Delivery) -> None:
    group = delivery.target.get("SqsParameters", {}).get("MessageGroupId")
    delivery.client("sqs").send_message(
        QueueUrl=queue_url(delivery.target["Arn"]),
        MessageBody=delivery.payload,
        **({"MessageGroupId": group} if group else {}),
    )


def _invoke(delivery: Delivery) -> None:
    arn = delivery.target["Arn"]
    delivery.client("lambda").invoke(FunctionName=arn, Payload=delivery.payload, InvocationType="Event")


def _call_operation(delivery: Delivery) -> None:
    """Calls an API operation: https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html."""
    from test.emulator.states_casing import boto_service, cased_request, operation

    *_, name, action = delivery.target["Arn"].split(":")
    model = operation(boto_service(name), action)
    call = getattr(delivery.client(boto_service(name)), model.method)
    call(**cased_request(_parsed(delivery.payload), model.request))


def _parsed(payload: str) -> Any:
    try:
        return json.loads(payload)
    except ValueError as error:
        raise InvalidInputError(f"The input of the target is not valid JSON: {payload}") from error


_SENDERS = {
    "lambda": _invoke,
    "scheduler": _call_operation,
    "sns": _publish,
    "sqs": _send_message,
    "states": _start_execution,
}
