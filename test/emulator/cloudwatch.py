"""CloudWatch alarms: evaluated when a test advances the time, with actions that publish to topics."""

from __future__ import annotations

import datetime
import json
import operator
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError
from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse

from test.emulator import clock
from test.emulator.access import AccessDeniedError
from test.emulator.clients import client
from test.emulator.cloudwatch_metrics import datapoints
from test.emulator.patching import ServicePatches
from test.emulator.targets import require_as_service

PATCHES = ServicePatches("cloudwatch")

_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}
_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {"Maximum": max, "Minimum": min, "Sum": sum}
_ACTIONS = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}


@PATCHES.replace(CloudWatchBackend, "put_metric_alarm", "aff786ddccbc")
def _put_metric_alarm(stock: Callable[..., Alarm], self: CloudWatchBackend, **named: Any) -> Alarm:
    """A new alarm has no data; an update keeps the state.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """
    existing = self.alarms.get(named["name"])
    alarm = stock(self, **named)
    alarm.state_value = existing.state_value if existing else "INSUFFICIENT_DATA"
    return alarm


@PATCHES.replace(CloudWatchResponse, "describe_alarms", "f660829b233b")
def _describe_alarms(stock: Callable[..., Any], self: CloudWatchResponse) -> Any:
    """The state restricts the alarms that names, or a prefix of them, select.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
    """
    answer = stock(self)
    state = self._get_param("StateValue")
    if state:
        for kind, alarms in answer.result.items():
            answer.result[kind] = [alarm for alarm in alarms if alarm.state_value == state]
    return answer


@PATCHES.replace(Alarm, "update_state", "9308fec8c5cd")
def _update_state(stock: Callable[..., None], self: Alarm, reason: str, reason_data: str, state_value: str) -> None:
    """Runs the actions of a state when the alarm enters it, also by SetAlarmState."""
    previous = self.state_value
    stock(self, reason, reason_data, state_value)
    if state_value != previous and self.actions_enabled:
        for topic in getattr(self, _ACTIONS[state_value]):
            _publish(self, topic, previous)


@clock.on_advance
def _evaluate_all() -> None:
    for regions in cloudwatch_backends.values():
        for backend in regions.values():
            for alarm in list(backend.alarms.values()):
                _evaluate(alarm)


def _evaluate(alarm: Any) -> None:
    # Composite alarms and metric math are not evaluated.
    if alarm.rule is not None or alarm.metric_data_queries:
        return
    values = _values(alarm)
    state = _state(alarm, values)
    if state != alarm.state_value:
        alarm.update_state(f"Threshold Crossed: {values} compared to {alarm.threshold}", "{}", state)


def _values(alarm: Any) -> list[float | None]:
    """Returns the statistic of each evaluation period, latest first; None for a period without data."""
    statistic, period, now = _STATISTICS[alarm.statistic], datetime.timedelta(seconds=int(alarm.period)), clock.now()
    dimensions = {dimension.name: dimension.value for dimension in alarm.dimensions}
    where = tuple(alarm.alarm_arn.split(":")[3:5])
    periods = []
    for index in range(int(alarm.evaluation_periods)):
        end = now - index * period
        found = datapoints(where, alarm.namespace, alarm.metric_name, dimensions, end - period, end)
        periods.append(statistic(found) if found else None)
    return periods


def _state(alarm: Any, values: Sequence[float | None]) -> str:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html."""
    missing, present = values.count(None), [value for value in values if value is not None]
    treatment = alarm.treat_missing_data or "missing"
    if not present and treatment in ("ignore", "missing"):
        return str(alarm.state_value) if treatment == "ignore" else "INSUFFICIENT_DATA"
    exceeds = _COMPARISONS[alarm.comparison_operator]
    breaching = sum(exceeds(value, float(alarm.threshold)) for value in present)
    breaching += missing if treatment == "breaching" else 0
    return "ALARM" if breaching >= int(alarm.datapoints_to_alarm or alarm.evaluation_periods) else "OK"


def _publish(alarm: Any, topic: str, previous: str) -> None:
    """The policies of the topic and of its key must allow CloudWatch to publish for the alarm.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    """
    try:
        require_as_service(alarm.alarm_arn, "sns:Publish", topic)
        subject = f'{alarm.state_value}: "{alarm.name}" in {alarm.region_name}'
        client("sns", topic.split(":")[3]).publish(
            TopicArn=topic, Subject=subject[:100], Message=json.dumps(_message(alarm, previous))
        )
    except (AccessDeniedError, ClientError) as error:
        sys.stdout.write(f"{alarm.alarm_arn} could not publish to {topic}: {error}\n")


def _message(alarm: Any, previous: str) -> Mapping[str, Any]:
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": alarm.alarm_arn.split(":")[4],
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": alarm.state_updated_timestamp.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "Region": alarm.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": previous,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "Statistic": str(alarm.statistic).upper(),
            "Dimensions": [{"name": each.name, "value": each.value} for each in alarm.dimensions],
            "Period": int(alarm.period),
            "EvaluationPeriods": int(alarm.evaluation_periods),
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": float(alarm.threshold),
            "TreatMissingData": alarm.treat_missing_data or "missing",
        },
    }
