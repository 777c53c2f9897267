"""Delivers events of rules and schedules: retries, and sends undeliverable events to the target's dead-letter queue."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping

from botocore.exceptions import ClientError

from test.emulator.access import AccessDeniedError, RoleNotAssumableError
from test.emulator.clients import client
from test.emulator.targets import Delivery, InvalidInputError, queue_url, require_as_service, role_of_source, send

_RETRIED = {"Throttling", "ThrottlingException", "TooManyRequestsException", "InternalError", "ServiceUnavailable"}
_MOST_RETRIES = 185


def deliver(delivery: Delivery) -> None:
    """Delivers an event; retries without waiting, and finally sends it to the target's dead-letter queue.

    Missing permissions and missing targets are not retried.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
    """
    retries = delivery.target.get("RetryPolicy", {}).get("MaximumRetryAttempts", _MOST_RETRIES)
    for attempt in range(retries + 1):
        try:
            send(delivery)
        except Exception as error:
            if _code(error) not in _RETRIED or attempt == retries:
                _give_up(delivery, error, attempt)
                return
        else:
            return


def _give_up(delivery: Delivery, error: Exception, attempts: int) -> None:
    sys.stdout.write(f"{delivery.source} could not deliver to {delivery.target['Arn']}: {error}\n")
    if not isinstance(error, AccessDeniedError | ClientError | InvalidInputError | RoleNotAssumableError):
        traceback.print_exc()
    queue = delivery.target.get("DeadLetterConfig", {}).get("Arn")
    if not queue:
        return
    try:
        _send(delivery, queue, _attributes(delivery, error, attempts))
    except (AccessDeniedError, ClientError, RoleNotAssumableError) as refused:
        sys.stdout.write(f"{delivery.source} could not send a dead letter to {queue}: {refused}\n")


def _send(delivery: Delivery, queue: str, attributes: Mapping[str, str]) -> None:
    """Sends a dead letter: a schedule with its role, a rule with the permission of the queue's policy.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    role = role_of_source(delivery.source, delivery.target["RoleArn"]) if _is_schedule(delivery) else None
    if role is None:
        require_as_service(delivery.source, "sqs:SendMessage", queue)
    client("sqs", queue.split(":")[3], role).send_message(
        QueueUrl=queue_url(queue),
        MessageBody=delivery.payload,
        MessageAttributes={name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()},
    )


def _attributes(delivery: Delivery, error: Exception, attempts: int) -> Mapping[str, str]:
    attributes = {
        **delivery.attributes,
        "TARGET_ARN": delivery.target["Arn"],
        "ERROR_CODE": _code(error) if _is_schedule(delivery) else _code_of_rule(error),
        "ERROR_MESSAGE": str(error)[:1024],
    }
    if _is_schedule(delivery):
        attributes["IS_PAYLOAD_TRUNCATED"] = "false"
    if attempts or _is_schedule(delivery):
        attributes |= {"RETRY_ATTEMPTS": str(attempts), "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts"}
    return attributes


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response["Error"]["Code"])
    return "AccessDeniedException" if isinstance(error, AccessDeniedError | RoleNotAssumableError) else "Unknown"


def _code_of_rule(error: Exception) -> str:
    """Returns the error code of a dead letter: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html."""
    if isinstance(error, RoleNotAssumableError):
        return "FAILED_TO_ASSUME_ROLE"
    if isinstance(error, InvalidInputError):
        return "INVALID_JSON"
    code = _code(error)
    if "AccessDenied" in code or code == "AuthorizationError":
        return "NO_PERMISSIONS"
    if any(part in code for part in ("DoesNotExist", "NonExistent", "NotFound")):
        return "NO_RESOURCE"
    return "THROTTLING" if code in _RETRIED else "SDK_CLIENT_ERROR"


def _is_schedule(delivery: Delivery) -> bool:
    return delivery.source_service == "scheduler"
