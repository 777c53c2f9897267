"""EventBridge Scheduler and scheduled rules, which fire when the emulator's clock reaches their time."""

from __future__ import annotations

import datetime
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from moto.events import exceptions as events_exceptions
from moto.events.models import Rule, events_backends
from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import Schedule, ScheduleGroup, scheduler_backends

from test.emulator import clock, events
from test.emulator.dead_letters import deliver
from test.emulator.patching import ServicePatches
from test.emulator.schedule_expressions import InvalidExpressionError, occurrences
from test.emulator.targets import Delivery

PATCHES = ServicePatches("scheduler")

_UTC = datetime.UTC
_LONGEST_SLEEP = 3600.0
_MOMENT = datetime.timedelta(microseconds=1)
_changed = threading.Condition()
_fired: dict[str, datetime.datetime] = {}
_firing = threading.Lock()


@clock.on_advance
def _fire_and_wait_anew() -> None:
    _fire_due()
    with _changed:
        _changed.notify_all()


@PATCHES.on_start
def _start_clock() -> None:
    threading.Thread(target=_run_clock, daemon=True).start()


@PATCHES.on_reset
def _clear() -> None:
    with _changed:
        _fired.clear()


@PATCHES.replace(Schedule, "__init__", "f2a7a7e228fe")
def _create(stock: Callable[..., None], self: Schedule, *arguments: Any, **named: Any) -> None:
    _validate(named["schedule_expression"], named["schedule_expression_timezone"])
    stock(self, *arguments, **named)
    # The test may have advanced the clock.
    self.creation_date = self.last_modified_date = clock.now().timestamp()


@PATCHES.replace(Schedule, "update", "f67172d2d5ef")
def _update(stock: Callable[..., None], self: Schedule, **named: Any) -> None:
    _validate(named["schedule_expression"], named["schedule_expression_timezone"])
    # An update resets omitted parameters to their defaults.
    stock(self, **{**named, "state": named["state"] or "ENABLED"})
    self.last_modified_date = clock.now().timestamp()
    with _changed:
        _fired[self.arn] = clock.now()
        _changed.notify_all()


@PATCHES.replace(ScheduleGroup, "add_schedule", "9ebeb9bed6f2")
def _add_schedule(stock: Callable[..., None], self: ScheduleGroup, schedule: Schedule) -> None:
    stock(self, schedule)
    with _changed:
        _fired.pop(schedule.arn, None)
        _changed.notify_all()


@PATCHES.replace(Rule, "__init__", "3cc076697d15")
def _create_rule(stock: Callable[..., None], self: Any, *arguments: Any, **named: Any) -> None:
    stock(self, *arguments, **named)
    if self.scheduled_expression:
        _validate_rule(self.scheduled_expression)
    with _changed:
        _fired[self.arn] = clock.now()
        _changed.notify_all()


@dataclass(frozen=True)
class _Due:
    """One occurrence of a schedule or a scheduled rule."""

    moment: datetime.datetime
    arn: str
    fire: Callable[[datetime.datetime], None]


def _run_clock() -> None:
    while True:
        _fire_due()
        with _changed:
            due = _soonest()
            seconds = max(0.0, (due.moment - clock.now()).total_seconds()) if due else _LONGEST_SLEEP
            if seconds > 0:
                _changed.wait(min(seconds, _LONGEST_SLEEP))


def _fire_due() -> None:
    with _firing:
        while due := _soonest(clock.now()):
            _fired[due.arn] = due.moment
            due.fire(due.moment)


def _soonest(until: datetime.datetime | None = None) -> _Due | None:
    due = (each for each in _all_next() if until is None or each.moment <= until)
    return min(due, key=lambda each: each.moment, default=None)


def _all_next() -> Iterator[_Due]:
    for backend in _backends(scheduler_backends):
        for group in list(backend.schedule_groups.values()):
            for schedule in list(group.schedules.values()):
                yield from _next_of_schedule(group, schedule)
    for backend in _backends(events_backends):
        for bus in list(backend.event_buses.values()):
            for rule in list(bus.rules.values()):
                yield from _next_of_rule(rule)


def _backends(accounts: Any) -> list[Any]:
    return [backend for regions in list(accounts.values()) for backend in list(regions.values())]


def _next_of_schedule(group: ScheduleGroup, schedule: Schedule) -> Iterator[_Due]:
    if schedule.state != "ENABLED":
        return
    start = _utc_time(schedule.start_date) or _utc_time(schedule.creation_date)
    after = _fired[schedule.arn] + _MOMENT if schedule.arn in _fired else start
    zone = ZoneInfo(schedule.schedule_expression_timezone)
    end = _utc_time(schedule.end_date)
    moments = occurrences(schedule.schedule_expression, zone, start or clock.now())
    moment = next((moment for moment in moments if after is None or moment >= after), None)
    if moment and (end is None or moment <= end):
        yield _Due(moment, schedule.arn, lambda due: _fire_schedule(group, schedule, due))


def _next_of_rule(rule: Any) -> Iterator[_Due]:
    if not rule.scheduled_expression or rule.state != "ENABLED" or rule.arn not in _fired:
        return
    # Unlike a schedule, a rule with a rate fires for the first time one interval after its creation.
    last = _fired[rule.arn]
    moments = occurrences(rule.scheduled_expression, ZoneInfo("UTC"), last)
    moment = next((due for due in moments if due > last), None)
    if moment:
        yield _Due(moment, rule.arn, lambda due: _fire_rule(rule, due))


def _fire_schedule(group: ScheduleGroup, schedule: Schedule, moment: datetime.datetime) -> None:
    execution = str(uuid.uuid4())
    payload = _payload(schedule, moment, execution)
    attributes = {
        "SCHEDULE_ARN": schedule.arn,
        "SCHEDULED_TIME": events.iso(moment),
        "EXECUTION_ID": execution,
    }
    deliver(Delivery(schedule.arn, schedule.target, payload, execution, attributes))
    if schedule.action_after_completion == "DELETE" and not any(_next_of_schedule(group, schedule)):
        group.schedules.pop(schedule.name, None)


def _payload(schedule: Schedule, moment: datetime.datetime, execution: str) -> str:
    """Returns the target's input.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """
    payload = schedule.target.get("Input")
    if payload is None:
        where = (schedule.arn.split(":")[4], schedule.arn.split(":")[3])
        event = events.event(where, "aws.scheduler", "Scheduled Event", [schedule.arn], {})
        return json.dumps(event | {"detail": "{}"})
    attributes = {
        "schedule-arn": schedule.arn,
        "scheduled-time": events.iso(moment),
        "execution-id": execution,
        "attempt-number": "1",
    }
    for name, value in attributes.items():
        payload = payload.replace(f"<aws.scheduler.{name}>", value)
    return str(payload)


def _fire_rule(rule: Any, moment: datetime.datetime) -> None:
    events.send_scheduled(rule, moment)


def _validate(expression: str, zone: str | None) -> None:
    try:
        occurrences(expression, ZoneInfo(zone or "UTC"), clock.now())
    except InvalidExpressionError as error:
        raise ValidationException(str(error)) from error
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValidationException(f"Provided timezone {zone} is invalid.") from error


def _validate_rule(expression: str) -> None:
    try:
        occurrences(expression, ZoneInfo("UTC"), clock.now())
    except InvalidExpressionError as error:
        raise events_exceptions.ValidationException("Parameter ScheduleExpression is not valid.") from error


def _utc_time(value: Any) -> datetime.datetime | None:
    if not value:
        return None
    if isinstance(value, int | float):
        return datetime.datetime.fromtimestamp(value, _UTC)
    moment = value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=_UTC)
