"""CloudWatch metrics of the emulator: those of queues and executions, and those of PutMetricData."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend
from moto.sqs.models import sqs_backends
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from test.emulator import clock
from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("cloudwatch_metrics")

Where = tuple[str, ...]
Dimensions = Mapping[str, str]


@dataclass(frozen=True)
class _Datapoint:
    where: Where
    namespace: str
    metric: str
    dimensions: Dimensions
    time: datetime.datetime
    value: float


_custom: list[_Datapoint] = []


def datapoints(
    where: Where, namespace: str, metric: str, dimensions: Dimensions, start: datetime.datetime, end: datetime.datetime
) -> list[float]:
    """Returns the values of a metric after `start` and until `end`.

    Args:
        where: Region and account.
        namespace: Namespace of the metric.
        metric: Name of the metric; one that the emulator does not know has no values.
        dimensions: All dimensions of the metric, by name.
        start: Beginning of the period, exclusive.
        end: End of the period, inclusive.
    """
    find = _SOURCES.get((namespace, metric), _published)
    return [
        point.value
        for point in find(_Datapoint(where, namespace, metric, dimensions, end, 0))
        if start < point.time <= end
    ]


@PATCHES.replace(CloudWatchBackend, "put_metric_data", "300dda002442")
def _put_metric_data(
    stock: Callable[..., None], self: CloudWatchBackend, namespace: str, metric_data: list[dict[str, Any]]
) -> None:
    """Also stores single values with the emulator's time, as AWS stores values without a timestamp."""
    stock(self, namespace, metric_data)
    where = (self.region_name, self.account_id)
    for datum in metric_data:
        if datum.get("Value") is not None:
            dimensions = {each["Name"]: each["Value"] for each in datum.get("Dimensions") or ()}
            value = float(datum["Value"])
            _custom.append(_Datapoint(where, namespace, datum["MetricName"], dimensions, clock.now(), value))


@PATCHES.on_reset
def _clear() -> None:
    _custom.clear()


def _published(sought: _Datapoint) -> Iterator[_Datapoint]:
    yield from (point for point in _custom if _key(point) == _key(sought))


def _visible_messages(sought: _Datapoint) -> Iterator[_Datapoint]:
    """The current number, in every period.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    if queue := _queue(sought):
        yield _current(sought, queue.approximate_number_of_messages)


def _age_of_oldest_message(sought: _Datapoint) -> Iterator[_Datapoint]:
    queue = _queue(sought)
    sent = [message.sent_timestamp / 1000 for message in queue._messages] if queue else []
    if sent:
        yield _current(sought, clock.now().timestamp() - min(sent))


def _queue(sought: _Datapoint) -> Any:
    region, account = sought.where
    return sqs_backends[account][region].queues.get(sought.dimensions["QueueName"])


def _current(sought: _Datapoint, value: float) -> _Datapoint:
    return _Datapoint(*_key(sought), sought.time, value)


def _failed_executions(sought: _Datapoint) -> Iterator[_Datapoint]:
    """https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html."""
    region, account = sought.where
    for execution in stepfunctions_parser_backends[account][region]._get_executions(ExecutionStatus.FAILED):
        if execution.state_machine.arn == sought.dimensions["StateMachineArn"] and execution.stop_date:
            yield _Datapoint(*_key(sought), execution.stop_date, 1)


def _key(point: _Datapoint) -> tuple[Where, str, str, Dimensions]:
    return point.where, point.namespace, point.metric, point.dimensions


_SOURCES: Mapping[tuple[str, str], Callable[[_Datapoint], Iterator[_Datapoint]]] = {
    ("AWS/SQS", "ApproximateAgeOfOldestMessage"): _age_of_oldest_message,
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): _visible_messages,
    ("AWS/States", "ExecutionsFailed"): _failed_executions,
}
