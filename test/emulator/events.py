"""EventBridge: delivers events of other services to the rules of their bus, and from there to the targets."""

from __future__ import annotations

import copy
import datetime
import inspect
import json
import threading
import traceback
import uuid
from typing import Any

from moto.events.exceptions import ValidationException
from moto.events.models import Rule

from test.emulator.dead_letters import deliver
from test.emulator.input_templates import fill, value_at
from test.emulator.patching import ServicePatches
from test.emulator.targets import SERVICES, Delivery

PATCHES = ServicePatches("events")

_emitted: list[dict[str, Any]] = []
_new_event = threading.Condition()


def put(event: dict[str, Any]) -> None:
    """Sends an event of an AWS service to the rules of the default bus of the event's account and region.

    Args:
        event: The event as a target receives it: id, detail-type, source, account, time, region, resources, detail.
    """
    from moto.events.models import events_backends

    bus = events_backends[event["account"]][event["region"]].event_buses["default"]
    for rule in list(bus.rules.values()):
        rule.send_to_targets(event)


def emit(where: tuple[str, str], source: str, detail_type: str, resources: list[str], detail: dict[str, Any]) -> None:
    """Emits an event of an AWS service.

    Args:
        where: Account and region.
        source: For example `aws.ecs`.
        detail_type: For example `ECS Task State Change`.
        resources: ARNs of the resources that the event concerns.
        detail: Fields specific to the type of event; JSON.
    """
    emitted = event(where, source, detail_type, resources, detail)
    put(emitted)
    with _new_event:
        _emitted.append(emitted)
        _new_event.notify_all()


@PATCHES.command
def wait_for_event(resource: str, statuses: list[str], seconds: float = 50) -> Any:
    """Waits until a task, job run or execution has reached a status and its event has been delivered.

    Args:
        resource: ARN of the task, job run or execution.
        statuses: Statuses to wait for; any of them ends the wait.
        seconds: Maximum time to wait.

    Returns:
        The event's detail.

    Raises:
        TimeoutError: None of the statuses was reached; the message lists those that were.
    """

    def found() -> list[dict[str, Any]]:
        return [each["detail"] for each in of_resource() if _status(each["detail"]) in statuses]

    def of_resource() -> list[dict[str, Any]]:
        return [each for each in _emitted if resource in each["resources"]]

    with _new_event:
        if not _new_event.wait_for(found, seconds):
            reached = [_status(each["detail"]) for each in of_resource()]
            raise TimeoutError(f"{resource} reached {reached}, but none of {statuses}, within {seconds} seconds")
        return found()[0]


def forget(resource: str) -> None:
    """Makes `wait_for_event` ignore the events of a resource so far."""
    with _new_event:
        _emitted[:] = [each for each in _emitted if resource not in each["resources"]]


@PATCHES.on_reset
def _clear() -> None:
    with _new_event:
        _emitted.clear()


def _status(detail: dict[str, Any]) -> Any:
    return detail.get("status") or detail.get("lastStatus") or detail.get("state")


def iso(moment: datetime.datetime) -> str:
    """Formats a time like the events of AWS: in UTC, with a precision of seconds."""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_ROLE_REQUIRED = {"batch", "codebuild", "codepipeline", "ecs", "firehose", "kinesis", "ssm", "states"}
"""https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-identity-based.html"""


@PATCHES.replace(Rule, "put_targets", "63d3d79a08bc")
def _put_targets(stock: Any, self: Rule, targets: list[dict[str, Any]]) -> None:
    """https://github.com/awsdocs/aws-codepipeline-user-guide/pull/18 has the message."""
    for target in targets:
        if target["Arn"].split(":")[2] in _ROLE_REQUIRED and not target.get("RoleArn"):
            raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
    stock(self, targets)


@PATCHES.replace(Rule, "send_to_targets", "472e002e2dab")
def _send_to_targets(_: Any, self: Rule, original_event: Any, transform_input: bool = True) -> None:
    event = _normal(original_event)
    # moto matches every event against a rule without a pattern, that is, a rule with a schedule.
    if self.state == "ENABLED" and self.event_pattern.get_pattern() and self.event_pattern.matches_event(event):  # type: ignore[arg-type]
        _send(self, event)


def send_scheduled(rule: Rule, moment: datetime.datetime) -> None:
    """Fires a rule that has a schedule."""
    where = (rule.account_id, rule.region_name)
    _send(rule, event(where, "aws.events", "Scheduled Event", [rule.arn], {}) | {"time": iso(moment)})


def _send(rule: Rule, event: dict[str, Any]) -> None:
    ours = [target for target in rule.targets if target["Arn"].split(":")[2] in SERVICES]
    for target in ours:
        payload = _payload(rule, target, event)
        deliver(Delivery(rule.arn, target, payload, event["id"], {"RULE_ARN": rule.arn}))
    others = [target for target in rule.targets if target not in ours]
    if others:
        _send_by_moto(rule, others, event)


def _send_by_moto(rule: Rule, targets: list[Any], event: dict[str, Any]) -> None:
    rest = copy.copy(rule)
    rest.targets = targets
    now = datetime.datetime.now(datetime.UTC).timestamp()
    try:
        inspect.unwrap(Rule.send_to_targets)(rest, {**event, "time": now, "ingestion-time": now})
    except Exception:
        # The source of an event is not affected by a failing target.
        traceback.print_exc()


def event(
    where: tuple[str, str], source: str, detail_type: str, resources: list[str], detail: dict[str, Any]
) -> dict[str, Any]:
    """Builds an event of an AWS service; for the arguments, see `emit`."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": where[0],
        "time": iso(datetime.datetime.now(datetime.UTC)),
        "region": where[1],
        "resources": resources,
        "detail": detail,
    }


def _normal(event: dict[str, Any]) -> dict[str, Any]:
    time = event["time"]
    if isinstance(time, int | float):
        time = iso(datetime.datetime.fromtimestamp(time, datetime.UTC))
    return {name: value for name, value in event.items() if name != "ingestion-time"} | {"time": time}


def _payload(rule: Rule, target: dict[str, Any], event: dict[str, Any]) -> str:
    """Returns a target's input: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html."""
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return json.dumps(value_at(event, target["InputPath"]))
    if target.get("InputTransformer"):
        return transformed(target["InputTransformer"], event, rule)
    return json.dumps(event)


def transformed(transformer: dict[str, Any], event: dict[str, Any], rule: Rule) -> str:
    """Returns the input template of a target with the values of its variables."""
    now = iso(datetime.datetime.now(datetime.UTC))
    values = {name: value_at(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()} | {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.name,
        "aws.events.event.ingestion-time": now,
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    return fill(transformer["InputTemplate"], values)
