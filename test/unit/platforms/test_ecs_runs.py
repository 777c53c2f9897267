"""A task on ECS, as its looks at ECS tell of it."""

from __future__ import annotations

import pytest

from datalake_sdk.platforms.aws.ecs_runs import EcsRun

UNKNOWN: list[dict[str, object]] = []
RUNNING = [{"lastStatus": "RUNNING"}]
STOPPED = [{"lastStatus": "STOPPED", "containers": [{"name": "main", "exitCode": 0}]}]


class Session:
    """A session whose ECS answers each look with the next state, and the last one from then on."""

    region = "eu-west-1"

    def __init__(self, states):
        self._states = list(states)

    def client(self, service):
        assert service == "ecs"
        return self

    def describe_tasks(self, cluster, tasks):
        return {"tasks": self._states.pop(0) if len(self._states) > 1 else self._states[0]}


def run(*states):
    task = {"taskArn": "arn:aws:ecs:eu-west-1:1:task/cluster/1", "clusterArn": "cluster"}
    return EcsRun(Session(states), task, "main", {"containerDefinitions": [{"name": "main"}]})


def test_a_task_that_ecs_does_not_know_yet_is_waited_for():
    started = run(UNKNOWN, UNKNOWN, RUNNING, STOPPED)
    assert [started.outcome() for _ in range(3)] == [None, None, None]
    assert started.outcome().succeeded


@pytest.mark.parametrize(("states", "looks"), [([UNKNOWN], 60), ([RUNNING, UNKNOWN], 2)])
def test_a_task_that_ecs_does_not_know_any_more_has_failed(states, looks):
    started = run(*states)
    assert {started.outcome() for _ in range(looks - 1)} == {None}
    ended = started.outcome()
    assert (ended.succeeded, ended.reason) == (False, "ECS does not know the task any more")
