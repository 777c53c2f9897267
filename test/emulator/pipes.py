"""EventBridge Pipes: moves messages from queues to state machines, topics and queues, with the role of the pipe."""

from __future__ import annotations

import datetime
import json
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from moto.events.models import EventPattern
from moto.pipes.models import EventBridgePipesBackend, Pipe, pipes_backends
from moto.sqs.models import Queue, sqs_backends

from test.emulator import clock
from test.emulator.access import Principal, is_allowed
from test.emulator.clients import client
from test.emulator.input_templates import fill, paths_in, value_at
from test.emulator.patching import ServicePatches
from test.emulator.targets import Delivery, queue_url, role_of_source, send

PATCHES = ServicePatches("pipes")

_SOURCES, _TARGETS = {"sqs"}, {"states", "sns", "sqs"}
_POLLING = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
_NO_PERMISSION = (
    "Input parameter is invalid from the request due to : The provided customer role does not have permissions to "
    "call {action} on SQS"
)
"""https://github.com/terraform-aws-modules/terraform-aws-eventbridge/pull/133"""

_MESSAGES_PER_CALL = 10
_LONGEST_SLEEP = 3600.0
_changed = threading.Event()
_polling = threading.Lock()


@dataclass
class _Batch:
    """Messages that a pipe has received and not yet delivered."""

    ends: datetime.datetime
    messages: list[dict[str, Any]] = field(default_factory=list)


_batches: dict[str, _Batch] = {}


@PATCHES.on_start
def _start_polling() -> None:
    threading.Thread(target=_poll_forever, daemon=True).start()


@PATCHES.on_reset
def _clear() -> None:
    _batches.clear()


@PATCHES.replace(EventBridgePipesBackend, "create_pipe", "7c571ac36a9f")
def _create_pipe(stock: Callable[..., Pipe], self: EventBridgePipesBackend, **named: Any) -> Pipe:
    if _service(named["source"]) not in _SOURCES or _service(named["target"]) not in _TARGETS or named["enrichment"]:
        raise NotImplementedError(f"The emulator has no pipe from {named['source']} to {named['target']}")
    pipe: Any = stock(self, **named)
    refused = next((action for action in _POLLING if not _may_poll(pipe, action)), None)
    if refused:
        pipe.status, pipe.state_reason = "CREATE_FAILED", _NO_PERMISSION.format(action=refused)
    _changed.set()
    return pipe


def _may_poll(pipe: Any, action: str) -> bool:
    return is_allowed(Principal.role(pipe.role_arn), f"sqs:{action}", pipe.source).is_allowed


@PATCHES.replace(EventBridgePipesBackend, "update_pipe", "e3fb7e9f03f5")
@PATCHES.replace(EventBridgePipesBackend, "start_pipe", "92042f2b62ef")
@PATCHES.replace(Queue, "add_message", "f27c9231c1f2")
def _poll_afterwards(stock: Callable[..., Any], self: Any, *arguments: Any, **named: Any) -> Any:
    result = stock(self, *arguments, **named)
    _changed.set()
    return result


@clock.on_advance
def _poll_and_wait_anew() -> None:
    _poll()
    _changed.set()


def _poll() -> None:
    """Delivers all batches that are complete or whose window has ended."""
    with _polling:
        for pipe in _running_pipes():
            while _received(pipe) or _delivered(pipe):
                pass


def _poll_forever() -> None:
    polled = clock.now()
    while True:
        _changed.wait(_seconds_until_next(polled))
        _changed.clear()
        polled = clock.now()
        try:
            _poll()
        except Exception:
            # A reset can delete the queue between two calls.
            traceback.print_exc()


def _running_pipes() -> list[Any]:
    backends = [backend for regions in list(pipes_backends.values()) for backend in list(regions.values())]
    pipes: list[Any] = [pipe for backend in backends for pipe in list(backend.pipes.values())]
    return [pipe for pipe in pipes if pipe.desired_state == "RUNNING" and pipe.status != "CREATE_FAILED"]


def _seconds_until_next(polled: datetime.datetime) -> float:
    """Returns how long to wait for what was not due yet at the start of the last poll."""
    ends = [batch.ends for batch in list(_batches.values())]
    ends += [due for pipe in _running_pipes() for due in _due_times(pipe)]
    soonest = min((end for end in ends if end >= polled), default=None)
    return max(0.0, (soonest - clock.now()).total_seconds()) if soonest else _LONGEST_SLEEP


def _due_times(pipe: Any) -> list[datetime.datetime]:
    """Returns when the messages of a pipe can be received; reads moto's queue, so that an empty one costs no call."""
    *_, region, account, name = pipe.source.split(":")
    queue = sqs_backends[account][region].queues.get(name)
    messages = list(queue._messages) if queue else []
    return [_time(max(message.visible_at, message.delayed_until)) for message in messages]


def _received(pipe: Any) -> bool:
    """Adds messages to the batch of a pipe; returns whether there were any."""
    size, window = _batching(pipe)
    batch = _batches.get(pipe.arn)
    capacity = min(_MESSAGES_PER_CALL, size - len(batch.messages) if batch else size)
    if capacity == 0 or all(due >= clock.now() for due in _due_times(pipe)):
        return False
    try:
        messages = _receive(pipe, capacity)
    except Exception as error:
        sys.stdout.write(f"{pipe.arn} could not poll {pipe.source}: {error}\n")
        return False
    if messages:
        _batches.setdefault(pipe.arn, _Batch(clock.now() + window)).messages.extend(messages)
    return bool(messages)


def _receive(pipe: Any, count: int) -> list[dict[str, Any]]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html lists the required permissions."""
    sqs, url = _client(pipe, "sqs"), queue_url(pipe.source)
    sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    received = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=count, AttributeNames=["All"], MessageAttributeNames=["All"]
    )
    return list(received.get("Messages", []))


def _batching(pipe: Any) -> tuple[int, datetime.timedelta]:
    parameters = (pipe.source_parameters or {}).get("SqsQueueParameters", {})
    window = parameters.get("MaximumBatchingWindowInSeconds", 0)
    return parameters.get("BatchSize", 10), datetime.timedelta(seconds=window)


def _delivered(pipe: Any) -> bool:
    """Delivers the batch of a pipe if it is complete; returns whether it did.

    The messages of a failed delivery return to the queue when their visibility timeout ends, and from there to the
    queue's own dead-letter queue. Messages that no filter matches are deleted.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-event-filtering.html
    """
    size, _ = _batching(pipe)
    batch = _batches.get(pipe.arn)
    if batch is None or (len(batch.messages) < size and clock.now() < batch.ends):
        return False
    del _batches[pipe.arn]
    events = [_event(pipe, message) for message in batch.messages]
    matching = [event for event in events if _matches(pipe, event)]
    try:
        for payload in _payloads(pipe, matching):
            send(Delivery(pipe.arn, {"Arn": pipe.target, "RoleArn": pipe.role_arn}, payload, pipe.name))
    except Exception as error:
        sys.stdout.write(f"{pipe.arn} could not deliver to {pipe.target}: {error}\n")
        _delete(pipe, [event for event in events if event not in matching])
    else:
        _delete(pipe, events)
    return True


def _event(pipe: Any, message: dict[str, Any]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html#eb-pipes-sqs-sample-event."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": message.get("MessageAttributes", {}),
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": pipe.source,
        "awsRegion": pipe.region_name,
    }


def _matches(pipe: Any, event: dict[str, Any]) -> bool:
    filters = (pipe.source_parameters or {}).get("FilterCriteria", {}).get("Filters", [])
    patterns = [EventPattern.load(each["Pattern"]) for each in filters]
    return not patterns or any(pattern.matches_event(_with_parsed_body(event)) for pattern in patterns)  # type: ignore[arg-type]


def _payloads(pipe: Any, events: list[dict[str, Any]]) -> Iterator[str]:
    """A state machine receives a batch as an array; other targets receive one call for each event.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-batching-concurrency.html
    """
    inputs = [_input(pipe, event) for event in events]
    if _service(pipe.target) != "states":
        yield from inputs
    elif inputs:
        yield json.dumps([_parsed(each) for each in inputs])


def _input(pipe: Any, event: dict[str, Any]) -> str:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-input-transformation.html."""
    template = (pipe.target_parameters or {}).get("InputTemplate")
    if not template:
        return json.dumps(event)
    parsed = _with_parsed_body(event)
    values = {path: value_at(parsed, path) for path in paths_in(template)} | {
        "aws.pipes.pipe-arn": pipe.arn,
        "aws.pipes.pipe-name": pipe.name,
        "aws.pipes.source-arn": pipe.source,
        "aws.pipes.target-arn": pipe.target,
        "aws.pipes.event": event,
        "aws.pipes.event.json": event,
    }
    return fill(template, values)


def _with_parsed_body(event: dict[str, Any]) -> dict[str, Any]:
    return event | {"body": _parsed(event["body"])}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _delete(pipe: Any, events: list[dict[str, Any]]) -> None:
    delete = partial(_client(pipe, "sqs").delete_message, QueueUrl=queue_url(pipe.source))
    for event in events:
        delete(ReceiptHandle=event["receiptHandle"])


def _client(pipe: Any, service: str) -> Any:
    return client(service, pipe.region_name, role_of_source(pipe.arn, pipe.role_arn))


def _service(arn: str) -> str:
    return arn.split(":")[2]


def _time(milliseconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
