"""The outcome of a task on ECS, as DescribeTasks reports it."""

from __future__ import annotations

import pytest

from datalake_sdk.platforms.aws.ecs_runs import EcsRun
from datalake_sdk.platforms.aws.published_tasks import ECS, PublishedTask

NOT_FOUND: list[dict[str, object]] = []
RUNNING = [{"lastStatus": "RUNNING"}]
STOPPED = [{"lastStatus": "STOPPED", "containers": [{"name": "main", "exitCode": 0}]}]


class Session:
    """A session whose ECS client returns the next response at each poll and repeats the last one."""

    region = "eu-west-1"

    def __init__(self, responses):
        self._responses = list(responses)

    def client(self, service):
        assert service == "ecs"
        return self

    def describe_tasks(self, cluster, tasks):
        return {"tasks": self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]}


def run(*responses):
    task = {"taskArn": "arn:aws:ecs:eu-west-1:1:task/cluster/1", "clusterArn": "cluster"}
    log = {"group": "tasks", "stream_prefix": "ecs/main"}
    return EcsRun(Session(responses), task, PublishedTask("load", ECS, {}, "main", log))


def test_a_new_task_that_ecs_does_not_return_yet_is_polled_again():
    started = run(NOT_FOUND, NOT_FOUND, RUNNING, STOPPED)
    assert [started.outcome() for _ in range(3)] == [None, None, None]
    assert started.outcome().succeeded


@pytest.mark.parametrize(("responses", "polls"), [([NOT_FOUND], 60), ([RUNNING, NOT_FOUND], 2)])
def test_a_task_that_ecs_no_longer_returns_has_failed(responses, polls):
    started = run(*responses)
    assert {started.outcome() for _ in range(polls - 1)} == {None}
    ended = started.outcome()
    assert (ended.succeeded, ended.reason) == (False, "ECS no longer returns the task")


def test_the_log_is_the_stream_of_the_tasks_container():
    assert str(run(RUNNING).log) == "log group 'tasks', stream 'ecs/main/1'"
