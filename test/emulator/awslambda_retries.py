"""Lambda: asynchronous invocations are repeated after an error; events that still fail become dead letters."""

from __future__ import annotations

import sys
from typing import Any, Protocol

from botocore.exceptions import ClientError
from moto.awslambda.models import LambdaFunction

from test.emulator.access import AccessDeniedError, RoleNotAssumableError, ServiceRole
from test.emulator.awslambda_configuration import dead_letter_target
from test.emulator.clients import client
from test.emulator.targets import queue_url

_ATTEMPTS = 3
_FUNCTION_ERROR = "200"


class Invocation(Protocol):
    """An invocation that can be repeated; it keeps its request id.

    https://repost.aws/knowledge-center/lambda-function-idempotent
    """

    request: str
    answer: dict[str, Any]

    def run(self) -> None:
        """Runs the handler."""


def invoke_asynchronously(function: LambdaFunction, event: str, invocation: Invocation) -> None:
    """Invokes a function up to three times, without waiting in between.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    """
    for _ in range(_ATTEMPTS):
        invocation.run()
        if "error" not in invocation.answer:
            return
    target = dead_letter_target(function)
    if target:
        try:
            _send(function, target, event, invocation)
        except (AccessDeniedError, ClientError, RoleNotAssumableError) as refused:
            sys.stdout.write(f"{function.function_arn} could not send a dead letter to {target}: {refused}\n")


def _send(function: LambdaFunction, target: str, event: str, invocation: Invocation) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq."""
    role = ServiceRole(function.role, "lambda.amazonaws.com", function.function_arn)
    service, region = target.split(":")[2:4]
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": invocation.request},
        "ErrorCode": {"DataType": "Number", "StringValue": _FUNCTION_ERROR},
        "ErrorMessage": {"DataType": "String", "StringValue": invocation.answer["error"]["errorMessage"][:1024]},
    }
    sender = client(service, region, role)
    if service == "sqs":
        sender.send_message(QueueUrl=queue_url(target), MessageBody=event, MessageAttributes=attributes)
    else:
        sender.publish(TopicArn=target, Message=event, MessageAttributes=attributes)
