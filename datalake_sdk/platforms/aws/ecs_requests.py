"""The environment variables in a RunTask request: read, and replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def environment(request: Mapping[str, Any]) -> dict[str, Any]:
    """Variables that the request sets for the task's container, which is the first one that it overrides."""
    return {variable["name"]: variable.get("value") for variable in _first_override(request).get("environment", ())}


def container_name(request: Mapping[str, Any], definition: Mapping[str, Any]) -> str:
    """The container that runs the task's code.

    Args:
        request: For RunTask.
        definition: The task's definition, as DescribeTaskDefinition gives it.
    """
    return str(_first_override(request).get("name") or definition["containerDefinitions"][0]["name"])


def with_environment(request: Mapping[str, Any], variables: Mapping[str, Any], container: str) -> dict[str, Any]:
    """The same request with other variables for the task's container."""
    overrides = request.get("overrides") or {}
    if not isinstance(overrides, dict) or not isinstance(overrides.get("containerOverrides", []), list):
        return dict(request)
    others = overrides.get("containerOverrides", [])[1:]
    listed = [{"name": name, "value": value} for name, value in variables.items()]
    first = {**_first_override(request), "name": container, "environment": listed}
    return {**request, "overrides": {**overrides, "containerOverrides": [first, *others]}}


def _first_override(request: Mapping[str, Any]) -> Mapping[str, Any]:
    overrides = request.get("overrides")
    containers = overrides.get("containerOverrides") if isinstance(overrides, dict) else None
    first = containers[0] if isinstance(containers, list) and containers else {}
    return first if isinstance(first.get("environment", []), list) else {**first, "environment": []}
