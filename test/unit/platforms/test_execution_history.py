"""Task states of an execution, from its history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from datalake_sdk.platforms.aws.execution_history import execution_states
from datalake_sdk.platforms.deployments import LogStreams, Loop

MACHINE = "shop_sales_dev_orders"
PUBLISHED = json.loads((Path(__file__).parents[2] / "contract/published_requests.json").read_text(encoding="utf-8"))
JOB = "applications/00abcdef/jobs/1/SPARK_DRIVER"


def event(identifier, previous, kind, name="Load", length=None):
    details = {"stateEnteredEventDetails": {"name": name}} if kind.endswith("StateEntered") else {}
    if length is not None:
        details["mapStateStartedEventDetails"] = {"length": length}
    time = datetime(2026, 1, 31, 5, 0, identifier, tzinfo=UTC)
    return {"id": identifier, "previousEventId": previous, "type": kind, "timestamp": time, **details}


STARTED = [event(1, 0, "ExecutionStarted"), event(2, 1, "TaskStateEntered"), event(3, 2, "TaskScheduled")]
FAILED = [*STARTED, event(4, 3, "TaskFailed")]
RETRIED = [*FAILED, event(5, 4, "TaskScheduled")]


@pytest.mark.parametrize(
    ("history", "status"),
    [
        (STARTED, "running"),
        ([*STARTED, event(4, 3, "TaskSucceeded"), event(5, 4, "TaskStateExited")], "succeeded"),
        (FAILED, "failed"),
        ([*STARTED, event(4, 3, "TaskTimedOut")], "failed"),
        (RETRIED, "retrying"),
        ([*RETRIED, event(6, 5, "TaskSucceeded"), event(7, 6, "TaskStateExited")], "succeeded"),
        # The failure is caught.
        ([*FAILED, event(5, 4, "TaskStateExited"), event(6, 5, "PassStateEntered")], "failed"),
    ],
)
def test_the_status_of_a_state_follows_from_its_events(history, status):
    (state,) = execution_states(MACHINE, history)
    assert (state.name, state.status) == ("Load", status)


def test_events_belong_to_the_state_that_they_descend_from():
    history = [
        *STARTED,
        event(4, 1, "TaskStateEntered", "Count"),
        event(5, 4, "TaskScheduled"),
        event(6, 5, "TaskFailed"),
        event(7, 3, "TaskSucceeded"),
        event(8, 7, "TaskStateExited"),
    ]
    states = [(state.name, state.status, state.ended.second) for state in execution_states(MACHINE, history)]
    assert states == [("Load", "succeeded", 8), ("Count", "failed", 6)]


def submitted(service, request, *responses):
    """Returns the history of a state that submits a request and gets a response in each of its attempts."""
    history = STARTED[:2]
    for response in responses:
        scheduled = event(len(history) + 1, len(history), "TaskScheduled")
        details = {"resourceType": service, "parameters": json.dumps(request)}
        history = [*history, {**scheduled, "taskScheduledEventDetails": details}]
        ended = event(len(history) + 1, len(history), "TaskSubmitted")
        history = [*history, {**ended, "taskSubmittedEventDetails": {"output": json.dumps(response)}}]
    return history


def logs(*arguments):
    (state,) = execution_states(MACHINE, submitted(*arguments))
    return list(state.logs)


def test_each_attempt_on_ecs_has_the_log_stream_of_its_container():
    published = PUBLISHED["load"]
    request = {**published["request"], "Overrides": {"ContainerOverrides": [{"Name": published["container"]}]}}
    tasks = [{"Tasks": [{"TaskArn": f"arn:aws:ecs:eu-west-1:1:task/cluster/{attempt}"}]} for attempt in (1, 2)]
    log = published["log"]
    assert logs("ecs", request, *tasks) == [
        LogStreams(log["group"], (f"{log['stream_prefix']}/{attempt}",)) for attempt in (1, 2)
    ]


def test_a_job_on_emr_serverless_has_the_log_streams_of_its_driver():
    response = {"ApplicationId": "00abcdef", "JobRunId": "1"}
    assert logs("aws-sdk:emrserverless", PUBLISHED["enrich"]["request"], response) == [
        LogStreams("shop_sales_dev_orders/enrich", (f"{JOB}/stdout", f"{JOB}/stderr"))
    ]


@pytest.mark.parametrize(
    ("service", "request_", "response"),
    [
        ("lambda", {}, {"Payload": "1"}),
        ("ecs", {}, {"Tasks": [{"TaskArn": "arn:aws:ecs:eu-west-1:1:task/cluster/1"}]}),
        ("ecs", {"Overrides": {"ContainerOverrides": [{"Name": "load"}]}}, {"Tasks": [], "Failures": [{}]}),
        ("aws-sdk:emrserverless", {}, {"ApplicationId": "00abcdef", "JobRunId": "1"}),
    ],
)
def test_other_states_have_no_log(service, request_, response):
    assert logs(service, request_, response) == []


def test_data_that_is_too_long_for_the_history_has_no_log():
    history = [*STARTED, {**event(4, 3, "TaskSubmitted"), "taskSubmittedEventDetails": {}}]
    (state,) = execution_states(MACHINE, history)
    assert state.logs == ()


LOOP = [
    event(1, 0, "ExecutionStarted"),
    event(2, 1, "MapStateEntered", "Load for each"),
    event(3, 2, "MapStateStarted", length=2),
    event(4, 3, "MapIterationStarted"),
    event(5, 3, "MapIterationStarted"),
    event(6, 4, "TaskStateEntered"),
    event(7, 5, "TaskStateEntered"),
    event(8, 6, "TaskScheduled"),
    event(9, 8, "TaskSucceeded"),
    event(10, 9, "TaskStateExited"),
    event(11, 10, "MapIterationSucceeded"),
]


def test_iterations_belong_to_their_loop():
    history = [
        *LOOP,
        event(12, 11, "MapStateSucceeded"),
        event(13, 12, "MapStateExited"),
        event(14, 13, "TaskStateEntered", "Count"),
    ]
    states = [(state.name, state.status, state.loop) for state in execution_states(MACHINE, history)]
    loop = Loop(3, 2)
    assert states == [("Load", "succeeded", loop), ("Load", "running", loop), ("Count", "running", None)]


def test_a_skipped_task_is_named():
    (state,) = execution_states(MACHINE, [*STARTED[:1], event(2, 1, "PassStateEntered", "Load skipped")])
    assert (state.name, state.status, state.ended.second) == ("Load", "skipped", 2)
