"""Size of the machine that runs a task."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_ECS_METADATA = "ECS_CONTAINER_METADATA_URI_V4"
"""https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html"""
_LAMBDA_MEMORY = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
_LAMBDA_MIB_PER_VCPU = 1769
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
_TIMEOUT_SECONDS = 0.5


@dataclass(frozen=True)
class TaskSize:
    """Size and image of a task.

    Args:
        vcpu: Number of virtual CPUs; None if unknown.
        memory_mib: Memory; None if unknown.
        image: URI of its image; empty without one.
        digest: Digest of its image; empty without one.
        log: Its log, as in `Run`; empty if unknown.
    """

    vcpu: float | None = None
    memory_mib: int | None = None
    image: str = ""
    digest: str = ""
    log: str = ""


def task_size(variables: Mapping[str, str]) -> TaskSize:
    """Returns the size of this task on ECS or Lambda; nothing is known elsewhere.

    Args:
        variables: Environment variables.
    """
    if memory := variables.get(_LAMBDA_MEMORY):
        return TaskSize(round(int(memory) / _LAMBDA_MIB_PER_VCPU, 3), int(memory))
    if endpoint := variables.get(_ECS_METADATA):
        return _ecs_size(endpoint)
    return TaskSize()


def _ecs_size(endpoint: str) -> TaskSize:
    try:
        task, container = _fetched(f"{endpoint}/task"), _fetched(endpoint)
        limits = task.get("Limits", {})
        image, digest = container.get("Image", ""), container.get("ImageID", "")
        return TaskSize(limits.get("CPU"), limits.get("Memory"), image, digest, _log(container))
    except (OSError, ValueError):
        return TaskSize()


def _log(container: Mapping[str, Any]) -> str:
    options = container.get("LogOptions", {})
    group, stream = options.get("awslogs-group"), options.get("awslogs-stream")
    return f"cloudwatch:{group}:{stream}" if group and stream else ""


def _fetched(url: str) -> dict[str, Any]:
    from urllib.request import urlopen

    with urlopen(url, timeout=_TIMEOUT_SECONDS) as response:
        found = json.load(response)
    return found if isinstance(found, dict) else {}
