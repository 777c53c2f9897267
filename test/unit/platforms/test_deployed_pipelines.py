from __future__ import annotations

import json

import pytest

from datalake_sdk.platforms.aws.dead_letters import event_of, transformed
from datalake_sdk.platforms.aws.deployed_pipelines import unsuccessful_states
from datalake_sdk.platforms.aws.executions import execution_arn


def entered(name):
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": name}}


def exited(name):
    return {"type": "TaskStateExited", "stateExitedEventDetails": {"name": name}}


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([entered("load"), exited("load")], ()),
        ([entered("load"), exited("load"), entered("clean"), {"type": "TaskFailed"}], ("clean",)),
        ([entered("load"), entered("fit"), exited("fit")], ("load",)),
        ([entered("each"), entered("each"), exited("each")], ("each",)),
        ([entered("load"), {"type": "ExecutionRedriven"}, entered("load"), exited("load"), entered("fit")], ("fit",)),
        ([{"type": "ParallelStateEntered", "stateEnteredEventDetails": {"name": "Level 1"}}], ()),
    ],
)
def test_the_tasks_that_did_not_succeed_were_entered_but_not_left(history, expected):
    assert unsuccessful_states(history) == expected


def test_executions_have_the_name_of_their_state_machine():
    machine = "arn:aws:states:eu-west-1:123456789012:stateMachine:shop_sales_dev_daily"
    assert execution_arn(machine, "x") == "arn:aws:states:eu-west-1:123456789012:execution:shop_sales_dev_daily:x"


@pytest.mark.parametrize("body", ["not JSON", "[]", '"id"', '{"time": "2026-01-02T00:00:00Z", "detail": {}}'])
def test_messages_with_an_input_are_not_events(body):
    assert event_of(body) is None


def test_an_event_is_transformed_to_the_input_of_its_target():
    event = {"time": "2026-01-02", "detail": {"object": {"key": 'a"b<c>.csv', "size": 3}}}
    paths = {"time": "$.time", "key": "$.detail.object.key", "size": "$.detail.object.size", "none": "$.detail.none.x"}
    template = '{"time": <time>, "key": <key>, "size": <size>, "none": <none>, "limit": "<unknown>"}'
    assert json.loads(transformed(event, {"InputPathsMap": paths, "InputTemplate": template})) == {
        "time": "2026-01-02",
        "key": 'a"b<c>.csv',
        "size": 3,
        "none": "",
        "limit": "<unknown>",
    }
