"""Schedules fire when they are due; the tests advance their clock."""

from __future__ import annotations

import datetime
import itertools
import json

import pytest

from test.aws.emulator.execution import ROLE

DAY = 86_400
PASS = {"P": {"Type": "Pass", "End": True}}
SCHEDULED = '{"time": "<aws.scheduler.scheduled-time>"}'


@pytest.fixture
def scheduler(shop):
    return shop.client("scheduler")


def create(shop, expression, name="schedule", target=None, **more):
    target = {"Arn": shop.queue(), "RoleArn": f"{ROLE}scheduler", "Input": SCHEDULED, **(target or {})}
    shop.client("scheduler").create_schedule(
        Name=name, ScheduleExpression=expression, FlexibleTimeWindow={"Mode": "OFF"}, Target=target, **more
    )


def times(shop, count):
    return sorted(message["time"] for message in shop.messages(count=count))


def test_a_cron_schedule_fires_in_its_time_zone(shop):
    create(shop, "cron(30 2 * * ? *)", ScheduleExpressionTimezone="Asia/Tokyo")
    shop.aws.advance_time(3 * DAY)
    fired = times(shop, 3)
    assert {time[10:] for time in fired} == {"T17:30:00Z"}
    assert len(set(fired)) == 3


def test_a_rate_schedule_fires_immediately_and_then_at_its_rate(shop):
    create(shop, "rate(6 hours)")
    assert len(times(shop, 1)) == 1
    shop.aws.advance_time(DAY)
    fired = [datetime.datetime.fromisoformat(time) for time in times(shop, 4)]
    assert {later - sooner for sooner, later in itertools.pairwise(fired)} == {datetime.timedelta(hours=6)}


def test_a_one_time_schedule_fires_once(shop):
    moment = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)).replace(microsecond=0)
    create(shop, f"at({moment:%Y-%m-%dT%H:%M:%S})", ActionAfterCompletion="DELETE")
    shop.aws.advance_time(DAY)
    assert shop.client("scheduler").list_schedules()["Schedules"]
    shop.aws.advance_time(5 * DAY)
    assert times(shop, 1) == [f"{moment:%Y-%m-%dT%H:%M:%SZ}"]
    assert shop.client("scheduler").list_schedules()["Schedules"] == []


def test_schedules_fire_in_the_order_of_their_times(shop):
    create(shop, "cron(0 12 * * ? *)", name="noon", target={"Input": '"noon"'})
    create(shop, "cron(0 1 * * ? *)", name="night", target={"Arn": shop.queue(), "Input": '"night"'})
    shop.aws.advance_time(2 * DAY)
    received = shop.messages(count=4)
    assert received in (["noon", "night"] * 2, ["night", "noon"] * 2)


def test_a_schedule_that_is_disabled_does_not_fire(shop, scheduler):
    create(shop, "rate(1 day)", State="DISABLED")
    shop.aws.advance_time(2 * DAY)
    create(shop, "rate(1 day)", name="enabled", target={"Input": '"enabled"'})
    assert shop.messages() == ["enabled"]


def test_a_schedule_ends_at_its_end_date(shop):
    start = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)).replace(microsecond=0)
    create(shop, "rate(1 day)", StartDate=start, EndDate=start + datetime.timedelta(days=1, hours=1))
    shop.aws.advance_time(10 * DAY)
    days = [start, start + datetime.timedelta(days=1)]
    assert times(shop, 2) == [f"{day:%Y-%m-%dT%H:%M:%SZ}" for day in days]


def test_a_changed_schedule_fires_at_its_new_times_only(shop, scheduler):
    create(shop, "cron(0 1 * * ? *)")
    target = {"Arn": shop.queue(), "RoleArn": f"{ROLE}scheduler", "Input": SCHEDULED}
    scheduler.update_schedule(
        Name="schedule", ScheduleExpression="cron(0 5 * * ? *)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
    )
    shop.aws.advance_time(2 * DAY)
    assert {time[10:] for time in times(shop, 2)} == {"T05:00:00Z"}


def test_a_schedule_starts_a_state_machine_with_its_input(shop):
    machine = shop.machine(PASS)
    create(shop, "rate(1 day)", target={"Arn": machine, "Input": '{"a": 1}'})
    shop.aws.advance_time(1)
    (execution,) = shop.sfn.list_executions(stateMachineArn=machine)["executions"]
    assert json.loads(shop.ended(execution["executionArn"])["input"]) == {"a": 1}


def test_a_schedule_calls_an_api_operation(shop):
    machine = shop.machine(PASS)
    given = json.dumps({"StateMachineArn": machine, "Name": "nightly", "Input": "{}"})
    create(shop, "rate(1 day)", target={"Arn": "arn:aws:scheduler:::aws-sdk:sfn:startExecution", "Input": given})
    shop.aws.advance_time(1)
    assert [run["name"] for run in shop.sfn.list_executions(stateMachineArn=machine)["executions"]] == ["nightly"]


@pytest.mark.parametrize(
    "given", [{"ScheduleExpression": "cron(0 0 * * * *)"}, {"ScheduleExpressionTimezone": "Europe/Atlantis"}]
)
def test_an_invalid_schedule_is_rejected(shop, scheduler, given):
    arguments = {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}, **given}
    with pytest.raises(scheduler.exceptions.ValidationException):
        scheduler.create_schedule(
            Name="schedule", Target={"Arn": shop.queue(), "RoleArn": f"{ROLE}scheduler"}, **arguments
        )


def test_a_scheduled_rule_first_fires_after_one_interval(shop):
    events = shop.client("events")
    events.put_rule(Name="rule", ScheduleExpression="rate(1 day)")
    events.put_targets(Rule="rule", Targets=[{"Id": "target", "Arn": shop.queue()}])
    shop.aws.advance_time(DAY / 2)
    shop.aws.advance_time(2 * DAY)
    received = shop.messages(count=2)
    assert [event["detail-type"] for event in received] == ["Scheduled Event"] * 2
    assert {event["resources"][0].split("/")[-1] for event in received} == {"rule"}


def test_a_scheduled_rule_without_further_times_does_not_stop_other_schedules(shop):
    shop.client("events").put_rule(Name="ended", ScheduleExpression="cron(0 0 1 1 ? 2020)")
    create(shop, "rate(1 day)")
    shop.aws.advance_time(DAY)
    assert len(times(shop, 2)) == 2


def test_an_invalid_expression_of_a_rule_is_rejected(shop):
    events = shop.client("events")
    with pytest.raises(events.exceptions.ClientError, match="Parameter ScheduleExpression is not valid"):
        events.put_rule(Name="rule", ScheduleExpression="cron(61 * * * ? *)")
    assert events.list_rules()["Rules"] == []
