"""ECS task definitions and overrides: rules of ECS and Fargate that moto does not check."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.ecs.exceptions import EcsClientException, InvalidParameterException, TaskDefinitionNotFoundException
from moto.ecs.models import EC2ContainerServiceBackend, TaskDefinition
from moto.ecs.responses import EC2ContainerServiceResponse

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("ecs_definitions")

_NAME = re.compile(r"[\w-]{1,255}", re.ASCII)
_LARGEST_DEFINITION, _LARGEST_OVERRIDES = 65_536, 8_192
_ECR_IMAGE = re.compile(r"\d{12}\.dkr\.ecr\..+")

_FARGATE_MEMORY = {
    256: (512, 1024, 2048),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16_384 + 1, 1024),
    4096: range(8192, 30_720 + 1, 1024),
    8192: range(16_384, 61_440 + 1, 4096),
    16_384: range(32_768, 122_880 + 1, 8192),
}
"""Valid memory in MiB for each number of CPU units.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
"""


@PATCHES.replace(EC2ContainerServiceResponse, "register_task_definition", "87b3d185035e")
def _register(stock: Callable[..., ActionResult], self: EC2ContainerServiceResponse) -> ActionResult:
    given = json.loads(self.body)
    problem = next(_problems(given), None)
    if problem:
        raise EcsClientException(problem)
    return stock(self)


@PATCHES.replace(EC2ContainerServiceResponse, "run_task", "70b742428dea")
def _run_task(stock: Callable[..., ActionResult], self: EC2ContainerServiceResponse) -> ActionResult:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html."""
    _check_capacity_providers(self)
    definition = _definition_to_run(self.ecs_backend, self._get_param("taskDefinition"))
    overrides = self._get_param("overrides") or {}
    if len(json.dumps(overrides, separators=(",", ":"))) > _LARGEST_OVERRIDES:
        raise InvalidParameterException(f"Container Overrides length must be at most {_LARGEST_OVERRIDES}")
    known = {container["name"] for container in definition.container_definitions}
    for container in overrides.get("containerOverrides", []):
        if container.get("name") not in known:
            raise InvalidParameterException(
                f"Override for container named {container.get('name')} is not a container in the TaskDefinition."
            )
    return stock(self)


def _check_capacity_providers(response: EC2ContainerServiceResponse) -> None:
    """https://github.com/dask/dask-cloudprovider/issues/328 has the message."""
    cluster = response.ecs_backend._get_cluster(response._get_param("cluster", "default"))
    given = {each["capacityProvider"] for each in response._get_param("capacityProviderStrategy") or ()}
    if given - set(cluster.capacity_providers or ()):
        raise InvalidParameterException(
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated with "
            "the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and "
            "try again."
        )


@PATCHES.replace(EC2ContainerServiceBackend, "describe_task_definition", "58c05878698c")
def _describe(
    stock: Callable[..., TaskDefinition], self: EC2ContainerServiceBackend, task_definition_str: str
) -> TaskDefinition:
    """Resolves a family to its latest active revision.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html
    """
    name = task_definition_str.split("/")[-1]
    if ":" in name:
        return stock(self, task_definition_str)
    revisions = self.task_definitions.get(name, {}).values()
    active = [definition for definition in revisions if definition.status == "ACTIVE"]
    if not active:
        raise TaskDefinitionNotFoundException
    return max(active, key=lambda definition: definition.revision)


def _definition_to_run(backend: EC2ContainerServiceBackend, name: str) -> TaskDefinition:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html."""
    try:
        definition = backend.describe_task_definition(name)
    except TaskDefinitionNotFoundException as error:
        raise EcsClientException("TaskDefinition not found.") from error
    if definition.status == "INACTIVE":
        raise EcsClientException("TaskDefinition is inactive")
    return definition


def _problems(given: Mapping[str, Any]) -> Iterator[str]:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html."""
    size = len(json.dumps(given, separators=(",", ":")).encode())
    if size > _LARGEST_DEFINITION:
        yield f"Actual length: '{size}'. Max allowed length is '{_LARGEST_DEFINITION}' bytes."
    if not _NAME.fullmatch(given["family"]):
        yield "Family contains invalid characters."
    for container in given["containerDefinitions"]:
        if not _NAME.fullmatch(container.get("name", "")):
            yield "Container.name contains invalid characters."
    if "FARGATE" in (given.get("requiresCompatibilities") or []):
        yield from _fargate_problems(given)


def _fargate_problems(given: Mapping[str, Any]) -> Iterator[str]:
    if given.get("networkMode") != "awsvpc":
        yield "Fargate only supports network mode 'awsvpc'."
    for size in ("cpu", "memory"):
        if not given.get(size):
            yield f"Fargate requires that '{size}' be defined at the task level."
            return
    if _number(given["memory"]) not in _FARGATE_MEMORY.get(_number(given["cpu"]), ()):
        yield "No Fargate configuration exists for given values."
    if given.get("executionRoleArn"):
        return
    for container in given["containerDefinitions"]:
        if _ECR_IMAGE.fullmatch(container["image"]):
            yield "Fargate requires task definition to have execution role ARN to support ECR images."
        if (container.get("logConfiguration") or {}).get("logDriver") == "awslogs":
            yield "Fargate requires task definition to have execution role ARN to support log driver awslogs."


def _number(size: str) -> int:
    """Returns CPU units or MiB; a size may also be given as `1 vCPU` or `2 GB`."""
    number, unit = re.fullmatch(r"([\d.]+) *(\w*)", str(size)).groups()  # type: ignore[union-attr]
    return int(float(number) * (1024 if unit else 1))
