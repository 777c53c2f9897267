"""Letter case in service integrations: converts parameters from Step Functions to boto3, and responses back."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cache
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("states_casing")

# Step Functions uses the service names of the AWS SDK for Java; these differ from boto3's not only by hyphens.
_NAMES = {
    "sfn": "stepfunctions",
    "states": "stepfunctions",
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "elasticloadbalancingv2": "elbv2",
}


@dataclass(frozen=True)
class Operation:
    """An API operation: its boto3 method, and botocore's shapes of the request and the response."""

    method: str
    request: Any
    response: Any


def boto_service(name: str) -> str:
    """Returns boto3's name of a service that Step Functions or Scheduler spell differently, such as `emrserverless`."""
    known = _services()
    return name if name in known.values() else _NAMES.get(name.lower()) or known.get(name.lower(), name)


def operation(service: str, action: str) -> Operation:
    """Returns the operation of an action; the action's letter case is ignored.

    Raises:
        KeyError: The service does not have this action.
    """
    return _operations(service)[action.replace("_", "").lower()]


def cased_request(given: Any, shape: Any) -> Any:
    """Converts parameter names to the letter case of the API; unknown names stay unchanged."""
    if shape is None:
        return given
    if shape.type_name == "structure" and isinstance(given, dict):
        names = {name.lower(): name for name in shape.members}
        return {
            names.get(name.lower(), name): cased_request(value, shape.members.get(names.get(name.lower())))
            for name, value in given.items()
        }
    if shape.type_name == "list" and isinstance(given, list):
        return [cased_request(value, shape.member) for value in given]
    if shape.type_name == "map" and isinstance(given, dict):
        return {name: cased_request(value, shape.value) for name, value in given.items()}
    return given


@PATCHES.replace(StateTaskService, "_get_boto_service_name", "89e578864a3d")
def _get_boto_service_name(_: Any, self: StateTaskService, boto_service_name: str | None = None) -> str:
    return boto_service(boto_service_name or self.resource.api_name)


@PATCHES.replace(StateTaskService, "_normalise_parameters", "dece59e76fd5")
def _normalise_parameters(
    _: Any, self: Any, parameters: Any, boto_service_name: str | None = None, service_action_name: str | None = None
) -> None:
    shape = _operation_of(self, boto_service_name, service_action_name).request
    if shape is not None:
        self._to_boto_request(parameters, shape)


@PATCHES.replace(StateTaskService, "_normalise_response", "00e0b0a50b1d")
def _normalise_response(
    _: Any, self: Any, response: Any, boto_service_name: str | None = None, service_action_name: str | None = None
) -> None:
    shape = _operation_of(self, boto_service_name, service_action_name).response
    if shape is not None:
        self._from_boto_response(response, shape)
    _make_json(response)


def _operation_of(state: Any, service: str | None, action: str | None) -> Operation:
    return operation(state._get_boto_service_name(service), state._get_boto_service_action(action))


def _make_json(value: Any) -> Any:
    if isinstance(value, dict):
        value.update({name: _make_json(member) for name, member in value.items()})
    elif isinstance(value, list):
        value[:] = [_make_json(member) for member in value]
    elif isinstance(value, datetime.datetime):
        return value.isoformat()
    return value


@cache
def _services() -> dict[str, str]:
    import botocore.session

    return {name.replace("-", ""): name for name in botocore.session.get_session().get_available_services()}


@cache
def _operations(service: str) -> dict[str, Operation]:
    import botocore.session
    from botocore import xform_name

    model = botocore.session.get_session().get_service_model(service)
    return {
        name.lower(): Operation(
            xform_name(name), model.operation_model(name).input_shape, model.operation_model(name).output_shape
        )
        for name in model.operation_names
    }
