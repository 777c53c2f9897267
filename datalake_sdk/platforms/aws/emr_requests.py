"""The driver's environment variables in a StartJobRun request: read, and replaced."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from datalake_sdk.platforms.aws.computed_text import constant_parts
from datalake_sdk.platforms.aws.state_machines import Computed

_DRIVER = "spark.emr-serverless.driverEnv."
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html"""
_OPTIONS = ("--conf", "-c")


def environment(request: Mapping[str, Any]) -> dict[str, Any]:
    """Variables that the request sets for the driver: of Spark's defaults, then of the job's parameters."""
    settings = [*_defaults(request), *_settings(_words(request))]
    return {name.removeprefix(_DRIVER): value for name, value in settings if name.startswith(_DRIVER)}


def with_environment(request: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The same request with other variables for the driver, all of them in the job's parameters."""
    changed = {**request, **_without_defaults(request)}
    if not isinstance(_submit(request), dict) or _parameters(request) is None:
        return changed
    added = [word for name, value in variables.items() for word in ("--conf", f"{_DRIVER}{name}={value}")]
    parameters = shlex.join([*_without_variables(_words(request)), *added])
    submit = {**_submit(request), "sparkSubmitParameters": parameters}
    return {**changed, "jobDriver": {**request["jobDriver"], "sparkSubmit": submit}}


def _submit(request: Mapping[str, Any]) -> Any:
    driver = request.get("jobDriver")
    return driver.get("sparkSubmit") if isinstance(driver, dict) else None


def _parameters(request: Mapping[str, Any]) -> str | None:
    """The job's parameters, with marks for computed pieces; None where nothing of them is known."""
    submit = _submit(request)
    given = submit.get("sparkSubmitParameters", "") if isinstance(submit, dict) else ""
    return constant_parts(given) if isinstance(given, Computed) else str(given)


def _words(request: Mapping[str, Any]) -> list[str]:
    return shlex.split(_parameters(request) or "")


def _settings(words: list[str]) -> Iterator[tuple[str, str]]:
    for option, word in zip(["", *words], words, strict=False):
        name, equals, value = word.partition("=")
        if option in _OPTIONS and equals:
            yield name, value


def _without_variables(words: list[str]) -> list[str]:
    kept: list[str] = []
    for word in words:
        if kept and kept[-1] in _OPTIONS and word.startswith(_DRIVER):
            kept.pop()
        else:
            kept.append(word)
    return kept


def _defaults(request: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for configuration in _configurations(request):
        yield from configuration.get("properties", {}).items()


def _without_defaults(request: Mapping[str, Any]) -> dict[str, Any]:
    changed = [
        {**each, "properties": {n: value for n, value in each["properties"].items() if not n.startswith(_DRIVER)}}
        if isinstance(each.get("properties"), dict)
        else each
        for each in _configurations(request)
    ]
    overrides = request.get("configurationOverrides") or {}
    return {"configurationOverrides": {**overrides, "applicationConfiguration": changed}} if changed else {}


def _configurations(request: Mapping[str, Any]) -> list[dict[str, Any]]:
    overrides = request.get("configurationOverrides")
    configured = overrides.get("applicationConfiguration") if isinstance(overrides, dict) else None
    return configured if isinstance(configured, list) else []
