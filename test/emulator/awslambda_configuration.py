"""Lambda: stores, updates and returns the dead-letter, logging and image configuration of functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.awslambda.models import ImageConfig, LambdaFunction

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("awslambda_configuration")

_UNSUPPORTED = {"DeadLetterConfig": {}, "LoggingConfig": {"LogFormat": "Text"}}
"""Parameters of CreateFunction and UpdateFunctionConfiguration that moto does not store, and their defaults."""

_FIXED = {"KMSKeyArn": "kms_key_arn", "TracingConfig": "tracing_config"}
"""Parameters that moto reads for a new function only, and the attributes that hold them."""


@PATCHES.replace(LambdaFunction, "__init__", "70a285222b4a")
def _init(stock: Callable[..., None], self: LambdaFunction, *arguments: Any, **named: Any) -> None:
    stock(self, *arguments, **named)
    _keep(self, named.get("spec") or arguments[1])


@PATCHES.replace(LambdaFunction, "update_configuration", "eca1cdec066f")
def _update_configuration(
    stock: Callable[..., Any], self: LambdaFunction, config_updates: dict[str, Any]
) -> dict[str, Any]:
    stock(self, config_updates)
    _keep(self, config_updates)
    for parameter, attribute in _FIXED.items():
        if parameter in config_updates:
            setattr(self, attribute, config_updates[parameter])
    if "ImageConfig" in config_updates:
        self.image_config = ImageConfig(config_updates["ImageConfig"])
    return self.get_configuration()


@PATCHES.replace(LambdaFunction, "get_configuration", "803fb04bffde")
def _get_configuration(
    stock: Callable[..., dict[str, Any]], self: LambdaFunction, *arguments: Any, **named: Any
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html."""
    configuration = {**stock(self, *arguments, **named), **_extra_settings(self)}
    configuration["LoggingConfig"] = {"LogGroup": self.logs_group_name, **configuration["LoggingConfig"]}
    if not (self.image_config.cmd or self.image_config.entry_point or self.image_config.working_directory):
        configuration.pop("ImageConfigResponse", None)
    return configuration


def _keep(function: LambdaFunction, given: Mapping[str, Any]) -> None:
    _extra_settings(function).update({name: given[name] for name in _UNSUPPORTED if given.get(name)})
    group = _extra_settings(function)["LoggingConfig"].get("LogGroup")
    function.logs_group_name = group or f"/aws/lambda/{function.function_name}"


def dead_letter_target(function: LambdaFunction) -> str | None:
    """Returns the ARN of the queue or topic for events that a function did not process."""
    target: str | None = _extra_settings(function)["DeadLetterConfig"].get("TargetArn")
    return target


def _extra_settings(function: LambdaFunction) -> dict[str, Any]:
    kept: dict[str, Any] = vars(function).setdefault("kept", dict(_UNSUPPORTED))
    return kept
