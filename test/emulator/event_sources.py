"""Lambda: event source mappings poll queues and invoke functions with batches of their messages."""

from __future__ import annotations

import datetime
import json
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from moto.awslambda.models import EventSourceMapping, LambdaBackend, lambda_backends
from moto.core.exceptions import ServiceException
from moto.sqs.models import Queue, sqs_backends

from test.emulator import clock
from test.emulator.access import Principal, ServiceRole, is_allowed
from test.emulator.clients import client
from test.emulator.patching import ServicePatches
from test.emulator.targets import queue_url

PATCHES = ServicePatches("event_sources")

_POLLING = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions"""
_MESSAGES_PER_CALL = 10
_LARGEST_BATCH_WITHOUT_WINDOW = 10
_PARTIAL = "ReportBatchItemFailures"
_changed = threading.Event()
_polling = threading.Lock()
_first_seen: dict[str, datetime.datetime] = {}


class InvalidParameterValue(ServiceException):
    code = "InvalidParameterValueException"


@PATCHES.on_start
def _start_polling() -> None:
    threading.Thread(target=_poll_forever, daemon=True).start()


@PATCHES.on_reset
def _clear() -> None:
    _first_seen.clear()


@PATCHES.replace(LambdaBackend, "create_event_source_mapping", "19f8125cabf7")
def _create(stock: Callable[..., EventSourceMapping], self: LambdaBackend, spec: dict[str, Any]) -> EventSourceMapping:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html."""
    mapping = stock(self, spec)
    queue = _queue(mapping)
    if queue is not None:
        # moto would invoke the function while a message is sent.
        queue.lambda_event_source_mappings.clear()
        problem = _problem(mapping, queue)
        if problem:
            self.delete_event_source_mapping(mapping.uuid)
            raise InvalidParameterValue(problem)
    _changed.set()
    return mapping


def _problem(mapping: Any, queue: Any) -> str:
    function = _function(mapping)
    if queue.visibility_timeout < function.timeout:
        return (
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than Function timeout: "
            f"{function.timeout} seconds"
        )
    if mapping.batch_size > _LARGEST_BATCH_WITHOUT_WINDOW and not mapping.max_batch_window:
        return "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
    for action in _POLLING:
        if not is_allowed(Principal.role(function.role), f"sqs:{action}", mapping.event_source_arn).is_allowed:
            return f"The provided execution role does not have permissions to call {action} on SQS"
    return ""


@PATCHES.replace(Queue, "add_message", "f27c9231c1f2")
def _poll_afterwards(stock: Callable[..., Any], self: Any, *arguments: Any, **named: Any) -> Any:
    result = stock(self, *arguments, **named)
    _changed.set()
    return result


@clock.on_advance
def poll() -> None:
    """Invokes functions with all batches that are complete or whose window has ended."""
    with _polling:
        for mapping in _enabled_mappings():
            while _is_due(mapping) and _delivered(mapping):
                pass


def _poll_forever() -> None:
    while True:
        _changed.wait(_seconds_until_next())
        _changed.clear()
        try:
            poll()
        except Exception:
            # A reset can delete the queue between two calls.
            traceback.print_exc()


def _enabled_mappings() -> list[Any]:
    backends = [backend for regions in list(lambda_backends.values()) for backend in list(regions.values())]
    mappings = [mapping for backend in backends for mapping in list(backend._event_source_mappings.values())]
    return [mapping for mapping in mappings if mapping.enabled and _queue(mapping) is not None]


def _seconds_until_next() -> float | None:
    ends = [seen + _window(mapping) for mapping in _enabled_mappings() if (seen := _first_seen.get(mapping.uuid))]
    return min(((end - clock.now()).total_seconds() for end in ends), default=None)


def _is_due(mapping: Any) -> bool:
    """Whether a batch is complete, or its window, which begins with the first message, has ended."""
    queue = _queue(mapping)
    now = clock.now().timestamp() * 1000
    visible = [each for each in list(queue._messages) if max(each.visible_at, each.delayed_until) <= now]
    if not visible:
        _first_seen.pop(mapping.uuid, None)
        return False
    seen = _first_seen.setdefault(mapping.uuid, clock.now())
    return len(visible) >= mapping.batch_size or clock.now() >= seen + _window(mapping)


def _delivered(mapping: Any) -> bool:
    """Invokes the function with a batch and deletes the messages that it has processed.

    The others return to the queue when their visibility timeout ends, and from there to its dead-letter queue.
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    _first_seen.pop(mapping.uuid, None)
    function = _function(mapping)
    role = ServiceRole(function.role, "lambda.amazonaws.com", function.function_arn)
    sqs, url = client("sqs", mapping.region, role), queue_url(mapping.event_source_arn)
    messages: list[dict[str, Any]] = []
    while len(messages) < mapping.batch_size and (found := _receive(sqs, url, mapping.batch_size - len(messages))):
        messages += found
    if not messages:
        return False
    event = {"Records": [_record(mapping, message) for message in messages]}
    answer = client("lambda", mapping.region).invoke(FunctionName=mapping.function_arn, Payload=json.dumps(event))
    result = json.loads(answer["Payload"].read())
    sent = {message["MessageId"] for message in messages}
    failed = sent if "FunctionError" in answer else _failed(mapping, sent, result)
    if failed:
        sys.stdout.write(f"{mapping.function_arn} did not process {len(failed)} messages: {result}\n")
    for message in messages:
        if message["MessageId"] not in failed:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return True


def _receive(sqs: Any, url: str, count: int) -> list[dict[str, Any]]:
    received = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=min(count, _MESSAGES_PER_CALL), AttributeNames=["All"], WaitTimeSeconds=0
    )
    return list(received.get("Messages", []))


def _failed(mapping: Any, sent: set[str], result: Any) -> set[str]:
    """Returns the ids of the messages that the function reports; all, if it reports others."""
    if _PARTIAL not in (mapping.function_response_types or []) or not result:
        return set()
    failures = {each.get("itemIdentifier") for each in result.get("batchItemFailures") or []}
    return failures if failures <= sent else sent


def _record(mapping: Any, message: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.event_source_arn,
        "awsRegion": mapping.region,
    }


def _window(mapping: Any) -> datetime.timedelta:
    return datetime.timedelta(seconds=mapping.max_batch_window or 0)


def _function(mapping: Any) -> Any:
    return lambda_backends[mapping.account_id][mapping.region].get_function(mapping.function_arn)


def _queue(mapping: Any) -> Any:
    *_, region, account, name = mapping.event_source_arn.split(":")
    return sqs_backends[account][region].queues.get(name)
