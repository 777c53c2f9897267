"""Errors with which services refuse a request, in their own words and format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from moto.core.responses import BaseResponse

from test.emulator.iam import service_error
from test.emulator.validation_constraints import Violation


def violated_constraints(request: BaseResponse, operation: Any, violations: Sequence[Violation]) -> Exception:
    """Returns the error for values that the model does not allow.

    Args:
        request: The refused request.
        operation: Its operation in botocore's model.
        violations: At least one violation.
    """
    service, first = request.boto3_service_name, violations[0]
    if service == "ec2":
        return _of_ec2(request, first)
    if service == "s3":
        return _of_s3(request, first)
    if service == "ecr":
        words = f"m{first.constraint.removeprefix('Member m').replace('pattern: ', chr(39), 1)}"
        constraint = words + ("'" if "regular expression" in words else "")
        message = f"Invalid parameter at '{first.path}' failed to satisfy constraint: '{constraint}'"
        return refusal(request, _CODES[service], message)
    errors = "; ".join(_sentence(violation) for violation in violations)
    count = f"{len(violations)} validation error{'s' if len(violations) > 1 else ''} detected"
    code = _CODES.get(service, "ValidationException")
    return refusal(request, code, f"{count}: {errors}", "ValidationError")


def malformed_request(request: BaseResponse, message: str) -> Exception:
    """Returns the error for a request that cannot be deserialized."""
    if request.boto3_service_name == "s3":
        text = "The XML you provided was not well-formed or did not validate against our published schema"
        return refusal(request, "MalformedXML", text)
    return refusal(request, "SerializationException", message, "MalformedInput")


def unknown_parameter(request: BaseResponse, operation: Any) -> Exception | None:
    """Returns EC2's error for a parameter that the operation does not have; other services ignore these.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
    """
    if request.boto3_service_name != "ec2":
        return None
    known = _parameters(operation)
    for name in request.normalized_request.values:
        if re.sub(r"\.\d+", "", name) not in known and name not in ("Action", "Version"):
            return refusal(request, "UnknownParameter", f"The parameter {name} is not recognized")
    return None


def refusal(
    request: BaseResponse, code: str, message: str, xml_code: str | None = None, status: int = 400
) -> Exception:
    """Returns an error in the format of the request's service.

    Args:
        request: The refused request.
        code: Error code.
        message: Error message.
        xml_code: Error code of services with an XML protocol, if it differs.
        status: HTTP status.
    """
    return service_error(request, message, {"s3": code, "json": code, "xml": xml_code or code}, status)


_CODES = {
    # https://github.com/jenkins-x/jx/issues/1344
    "ecr": "InvalidParameterException",
    # https://github.com/awslabs/aws-embedded-metrics-java/issues/65
    "logs": "InvalidParameterException",
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
    "athena": "InvalidRequestException",
    # https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html
    "ecs": "InvalidParameterException",
}
"""Error codes of JSON services other than ValidationException."""


def _of_ec2(request: BaseResponse, violation: Violation) -> Exception:
    name = ".".join(part[:1].upper() + part[1:] for part in violation.path.replace(".member", "").split("."))
    if violation.kind == "required":
        return refusal(request, "MissingParameter", f"The request must contain the parameter {name}")
    return refusal(
        request,
        "InvalidParameterValue",
        f"Value ({violation.value}) for parameter {name} is invalid. {violation.constraint}",
    )


def _of_s3(request: BaseResponse, violation: Violation) -> Exception:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""
    if request.normalized_request.data and "." in violation.path:
        return malformed_request(request, "")
    return refusal(request, "InvalidArgument", f"Invalid argument {violation.path}: {violation.constraint}")


def _sentence(violation: Violation) -> str:
    value = "" if violation.sensitive else f" {_shown(violation.value)}"
    return f"Value{value} at '{violation.path}' failed to satisfy constraint: {violation.constraint}"


def _shown(value: Any) -> str:
    return "null" if value is None else f"'{_java_text(value)}'"


def _java_text(value: Any) -> str:
    """Returns a value as Java prints it."""
    if isinstance(value, list):
        return f"[{', '.join(map(_java_text, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={_java_text(member)}' for key, member in value.items())}}}"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)


@cache
def _parameters(operation: Any) -> frozenset[str]:
    """Returns the names of all parameters of an operation with EC2's protocol, without the positions in lists."""
    return frozenset(_names(operation.input_shape, "", ()))


def _names(shape: Any, prefix: str, outer: tuple[str, ...]) -> Iterator[str]:
    yield prefix
    if shape.type_name == "list":
        yield from _names(shape.member, prefix, outer)
    elif shape.type_name == "structure" and shape.name not in outer:
        for name, member in shape.members.items():
            yield from _names(member, f"{prefix}.{_name(name, member)}".lstrip("."), (*outer, shape.name))


def _name(name: str, member: Any) -> str:
    """https://smithy.io/2.0/aws/protocols/aws-ec2-query-protocol.html."""
    given = member.serialization
    capitalized = given.get("name", name)
    return given.get("queryName") or capitalized[:1].upper() + capitalized[1:]
