"""The environment variables in a StartJobRun request: read, and replaced."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from datalake_sdk.platforms.aws.computed_text import constant_parts
from datalake_sdk.platforms.aws.state_machines import Computed

_DRIVER = "spark.emr-serverless.driverEnv."
"""https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/jobs-spark.html"""
_EXECUTOR = "spark.executorEnv."
"""https://spark.apache.org/docs/4.0.2/configuration.html#runtime-environment"""
_OPTIONS = ("--conf", "-c")


def environment(request: Mapping[str, Any]) -> dict[str, Any]:
    """Variables that the request sets for the driver: of Spark's defaults, then of the job's parameters."""
    settings = [*_defaults(request), *_settings(_words(request))]
    return {name.removeprefix(_DRIVER): value for name, value in settings if name.startswith(_DRIVER)}


def with_environment(request: Mapping[str, Any], variables: Mapping[str, Any]) -> dict[str, Any]:
    """The same request with other variables, all of them in the job's parameters.

    Args:
        request: What StartJobRun takes.
        variables: All of the driver's; the executors get new values of those that they have.
    """
    changed = {**request, **_without_defaults(request)}
    if not isinstance(_submit(request), dict) or _parameters(request) is None:
        return changed
    executors = [name for name in variables if name in _executor_names(request)]
    settings = [
        *(f"{_DRIVER}{name}={value}" for name, value in variables.items()),
        *(f"{_EXECUTOR}{name}={variables[name]}" for name in executors),
    ]
    added = [word for setting in settings for word in ("--conf", setting)]
    parameters = shlex.join([*_without(_words(request), executors), *added])
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


def _executor_names(request: Mapping[str, Any]) -> set[str]:
    settings = [*_defaults(request), *_settings(_words(request))]
    return {name.removeprefix(_EXECUTOR) for name, _ in settings if name.startswith(_EXECUTOR)}


def _without(words: list[str], executors: list[str]) -> list[str]:
    replaced = (_DRIVER, *(f"{_EXECUTOR}{name}=" for name in executors))
    kept: list[str] = []
    for word in words:
        if kept and kept[-1] in _OPTIONS and word.startswith(replaced):
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
