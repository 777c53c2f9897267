"""ECS rejects invalid task definitions and overrides, and starts no task of an inactive definition."""

from __future__ import annotations

import pytest

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"


@pytest.fixture
def register(shop):
    """`register(…)` registers a Fargate task definition that is valid except for the given arguments."""

    def register(container=None, **given):
        return shop.ecs.register_task_definition(
            **{
                "family": "task",
                "networkMode": "awsvpc",
                "requiresCompatibilities": ["FARGATE"],
                "cpu": "256",
                "memory": "512",
                "executionRoleArn": "arn:aws:iam::123456789012:role/execution",
                "containerDefinitions": [{"name": "main", "image": IMAGE, **(container or {})}],
                **given,
            }
        )["taskDefinition"]

    return register


@pytest.mark.parametrize("name", ["task:1", "task:2"])
def test_an_inactive_task_definition_starts_no_task(shop, register, name):
    register()
    register()
    shop.ecs.deregister_task_definition(taskDefinition=name)
    with pytest.raises(shop.ecs.exceptions.ClientException, match="TaskDefinition is inactive"):
        shop.run_task(name)


def test_a_family_stands_for_its_latest_active_revision(shop, register):
    first, second = register(), register()
    shop.ecs.deregister_task_definition(taskDefinition="task:2")
    described = shop.ecs.describe_task_definition(taskDefinition="task")["taskDefinition"]
    assert described["taskDefinitionArn"] == first["taskDefinitionArn"]
    described = shop.ecs.describe_task_definition(taskDefinition=second["taskDefinitionArn"])["taskDefinition"]
    assert described["status"] == "INACTIVE"
    shop.ecs.deregister_task_definition(taskDefinition="task:1")
    with pytest.raises(shop.ecs.exceptions.ClientException, match="TaskDefinition not found"):
        shop.run_task()


@pytest.mark.parametrize(("cpu", "memory"), [("256", "512"), ("1024", "5120"), ("4 vCPU", "30 GB"), ("16384", "32768")])
def test_valid_sizes_are_accepted(register, cpu, memory):
    assert register(cpu=cpu, memory=memory)["status"] == "ACTIVE"


@pytest.mark.parametrize(("cpu", "memory"), [("256", "4096"), ("300", "1024"), ("8192", "17408"), ("512", "512")])
def test_invalid_sizes_are_rejected(shop, register, cpu, memory):
    with pytest.raises(shop.ecs.exceptions.ClientException, match="No Fargate configuration exists for given values"):
        register(cpu=cpu, memory=memory)


LOGS = {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "tasks"}}}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"family": "orders/load"}, "Family contains invalid characters"),
        ({"container": {"name": "main.load"}}, "Container.name contains invalid characters"),
        ({"networkMode": "bridge"}, "Fargate only supports network mode"),
        ({"cpu": ""}, "Fargate requires that 'cpu' be defined at the task level"),
        ({"executionRoleArn": ""}, "execution role ARN to support ECR images"),
        ({"executionRoleArn": "", "container": {"image": "public/image", **LOGS}}, "to support log driver awslogs"),
        ({"container": {"environment": [{"name": "A", "value": "x" * 66_000}]}}, "Max allowed length is '65536' bytes"),
    ],
)
def test_invalid_definitions_are_rejected(shop, register, given, message):
    with pytest.raises(shop.ecs.exceptions.ClientException, match=message):
        register(**given)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ({"environment": [{"name": "A", "value": "x" * 8_200}]}, "Container Overrides length must be at most 8192"),
        ({"name": "other"}, "Override for container named other is not a container in the TaskDefinition"),
    ],
)
def test_invalid_overrides_are_rejected(shop, register, override, message):
    register()
    with pytest.raises(shop.ecs.exceptions.InvalidParameterException, match=message):
        shop.run_task(**override)
