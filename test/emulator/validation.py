"""Validation: every request is checked against its operation in botocore's service model, and against documented rules.

Services validate before they do anything else; botocore and other clients check almost none of these constraints.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.parse import PROTOCOL_PARSERS, JSONParser, RestJSONParser
from moto.core.request import determine_request_protocol
from moto.core.responses import BaseResponse
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound

from test.emulator.patching import ServicePatches
from test.emulator.request_trace import name_request
from test.emulator.validation_constraints import Checks, MalformedRequestError
from test.emulator.validation_documented import first_refusal
from test.emulator.validation_errors import malformed_request, refusal, unknown_parameter, violated_constraints
from test.emulator.validation_skipped import is_skipped

PATCHES = ServicePatches("validation")

_counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
_counting = threading.Lock()


@PATCHES.replace(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", "f8cfc0296ca0")
def _validate(stock: Any, self: BaseResponse, iam_request_cls: type, resource: str = "*") -> None:
    """Runs for every request, before its caller's permissions are checked."""
    if not vars(self).setdefault("emulated_validated", False):
        vars(self)["emulated_validated"] = True
        _validate_request(self)
    stock(self, iam_request_cls, resource)


@PATCHES.replace(BaseResponse, "parse_parameters", "fd3d04c91948")
def _parse_parameters(stock: Any, self: BaseResponse, request: Any) -> None:
    """Leaves a malformed request to the validation, which follows."""
    try:
        stock(self, request)
    except (TypeError, ValueError, AttributeError):
        self.params: Any = self.PROTOCOL_PARSER_MAP_TYPE()


@PATCHES.command
def validated_requests() -> dict[str, dict[str, dict[str, int]]]:
    """Returns the number of requests since the last reset, by service, operation and outcome.

    Outcomes are `accepted`, `refused`, and `unmodelled` for operations that botocore's model does not have.
    """
    with _counting:
        return {service: {name: dict(counts) for name, counts in found.items()} for service, found in _counts.items()}


@PATCHES.on_reset
def _clear() -> None:
    with _counting:
        _counts.clear()


def _validate_request(request: BaseResponse) -> None:
    service = request.boto3_service_name
    try:
        operation, path_parameters = get_service_router(service).match(request.normalized_request)
    except NotFound:
        _count(service, request._get_action(), "unmodelled")
        return
    try:
        error = _error(request, operation, path_parameters)
    except (MalformedRequestError, TypeError, ValueError, AttributeError) as cause:
        error = malformed_request(request, str(cause))
    name_request(service, operation.name)
    _count(service, operation.name, "refused" if error else "accepted")
    if error:
        raise error


def _error(request: BaseResponse, operation: Any, path_parameters: Mapping[str, Any]) -> Exception | None:
    if operation.input_shape is None:
        return None
    service = request.boto3_service_name
    unknown = unknown_parameter(request, operation)
    if unknown:
        return unknown
    parameters = _parsed(request, operation, path_parameters)
    violations = [
        violation
        for violation in _checks(service).of(operation.input_shape)(parameters, "")
        if not is_skipped(service, operation.name, violation)
    ]
    if violations:
        return violated_constraints(request, operation, violations)
    refused = first_refusal(service, operation.name, request, parameters)
    return refusal(request, refused.code, refused.message, status=refused.status) if refused else None


def _parsed(request: BaseResponse, operation: Any, path_parameters: Mapping[str, Any]) -> dict[str, Any]:
    given = request.normalized_request
    protocol = determine_request_protocol(operation.service_model, given.content_type)
    parser = _PARSERS.get(protocol, PROTOCOL_PARSERS[protocol])(operation)
    parsed: dict[str, Any] = parser.parse(
        {
            "method": given.method,
            "values": given.values,
            "headers": _Headers({name.lower(): value for name, value in given.headers.items()}),
            "body": given.data,
            "url_path": given.path,
            "url_params": path_parameters,
        }
    )
    return parsed


class _Headers(dict[str, str]):
    """Headers by name in any letter case; their lookup is faster than that of werkzeug."""

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())


class _KeepsTypes:
    """Keeps the types of a JSON body, which moto converts or assumes; services reject a value of another type."""

    def _parse_integer(self, shape: Any, value: Any) -> Any:
        return int(value) if "location" in shape.serialization else value

    def _parse_float(self, shape: Any, value: Any) -> Any:
        return float(value) if "location" in shape.serialization else value

    _parse_long = _parse_integer
    _parse_double = _parse_float

    def _parse_shape(self, shape: Any, value: Any) -> Any:
        expected = {"list": list, "map": dict, "structure": dict}.get(shape.type_name)
        if expected and "location" not in shape.serialization and not isinstance(value, expected):
            return value
        return super()._parse_shape(shape, value)  # type: ignore[misc]


class _JSONParser(_KeepsTypes, JSONParser):
    pass


class _RestJSONParser(_KeepsTypes, RestJSONParser):
    pass


_PARSERS = {"json": _JSONParser, "rest-json": _RestJSONParser}


@cache
def _checks(service: str) -> Checks:
    return Checks()


def _count(service: str, operation: str, outcome: str) -> None:
    with _counting:
        _counts[service][operation][outcome] += 1
