"""Tasks run on the capacity that their request names, and Fargate Spot can be interrupted."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

SLEEP = "import time; print('started', flush=True); time.sleep(600)"
SLEEP_ONCE = "import os, time; time.sleep(600 if os.environ['RETRIES'] == '0' else 0)"
SPOT = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]}


@pytest.fixture
def start(shop):
    """`start(**capacity)` starts a task; returns its description."""

    def start(**capacity):
        request = {"cluster": "cluster", "taskDefinition": "task", "networkConfiguration": shop.network, **capacity}
        return shop.ecs.run_task(**request)["tasks"][0]

    return start


@pytest.fixture
def associated(shop):
    """Associates the capacity providers of Fargate with the cluster."""
    providers = ["FARGATE", "FARGATE_SPOT"]
    shop.ecs.put_cluster_capacity_providers(
        cluster="cluster", capacityProviders=providers, defaultCapacityProviderStrategy=[]
    )


def test_a_capacity_provider_must_be_associated_with_the_cluster(shop, start):
    shop.define_task("")
    with pytest.raises(ClientError, match="not associated with the cluster"):
        start(**SPOT)


def test_launch_type_and_capacity_providers_exclude_each_other(shop, start, associated):
    shop.define_task("")
    with pytest.raises(ClientError, match="but not both"):
        start(launchType="FARGATE", **SPOT)


def test_a_task_on_spot_has_a_capacity_provider_and_ends_as_any_other(shop, start, associated):
    shop.define_task("")
    task = shop.stopped(start(**SPOT)["taskArn"])
    assert (task["launchType"], task["capacityProviderName"]) == ("FARGATE", "FARGATE_SPOT")
    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("EssentialContainerExited", 0)


def test_only_the_next_task_on_spot_is_interrupted(shop, start, associated):
    shop.define_task(SLEEP)
    shop.aws.control("interrupt_next_spot_task")
    on_demand, interrupted = start(launchType="FARGATE")["taskArn"], start(**SPOT)["taskArn"]
    detail = shop.aws.wait_for(interrupted, "STOPPED")
    assert (detail["stopCode"], detail["capacityProviderName"]) == ("SpotInterruption", "FARGATE_SPOT")
    later = start(**SPOT)["taskArn"]
    for arn in (on_demand, later):
        shop.aws.wait_for(arn, "RUNNING")
        assert shop.task(arn)["desiredStatus"] == "RUNNING"


def test_a_state_runs_a_task_on_spot_again_after_an_interruption(shop, associated):
    retries = [{"Name": "RETRIES", "Value.$": "States.Format('{}', $$.State.RetryCount)"}]
    retry = {"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 1}
    state = shop.run_task_state(".sync", environment=retries, Retry=[retry])
    del state["Parameters"]["LaunchType"]
    state["Parameters"]["CapacityProviderStrategy"] = [{"CapacityProvider": "FARGATE_SPOT", "Weight": 1}]
    shop.define_task(SLEEP_ONCE)
    shop.aws.control("interrupt_next_spot_task")
    assert shop.execute({"load": state})["status"] == "SUCCEEDED"
    tasks = shop.ecs.list_tasks(cluster="cluster", desiredStatus="STOPPED")["taskArns"]
    assert sorted(shop.task(arn)["stopCode"] for arn in tasks) == ["EssentialContainerExited", "SpotInterruption"]
