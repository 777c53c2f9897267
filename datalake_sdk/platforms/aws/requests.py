"""Finds the request that caused an error of botocore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_CALL = "_make_api_call"


@dataclass(frozen=True)
class Request:
    """A request to AWS.

    Args:
        operation: Operation of the API, for example `HeadObject`.
        service: Prefix of the service's actions in IAM, for example `s3`; empty if unknown.
        parameters: Parameters by name.
    """

    operation: str
    service: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


def denied_request(error: ClientError) -> Request:
    """Returns the request that failed; only its operation if the error was raised elsewhere.

    The errors contain neither the service nor the parameters, and a task creates clients of its own, so they are read
    from the frame that raised the error: a private method of botocore's clients, which those of aiobotocore share.
    """
    frames = [frame for frame, _ in walk_tb(error.__traceback__) if frame.f_code.co_name == _CALL]
    if not frames:
        return Request(error.operation_name)
    client, parameters = frames[-1].f_locals.get("self"), frames[-1].f_locals.get("api_params")
    service = getattr(getattr(client, "meta", None), "service_model", None)
    return Request(error.operation_name, getattr(service, "signing_name", ""), parameters or {})
