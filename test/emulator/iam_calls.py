"""API calls as IAM sees them: service, action and parameters, whatever the protocol of the request."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model

Parameters = Mapping[str, Any]

# IAM names some actions after older operations.
_ACTIONS = {"Invoke": "InvokeFunction", "Converse": "InvokeModel", "ConverseStream": "InvokeModelWithResponseStream"}


@dataclass(frozen=True)
class Call:
    """A request to a service.

    Attributes:
        service: Prefix of the service's IAM actions, for example `emr-serverless`.
        action: IAM action without the prefix.
        region: Region of the call.
        account: Account of the caller.
        parameters: Parameters with the names of the API.
    """

    service: str
    action: str
    region: str
    account: str
    parameters: Parameters

    def arn(self, rest: str) -> str:
        """Returns the ARN of one of the service's resources in the account and region of the call."""
        return f"arn:aws:{self.service}:{self.region}:{self.account}:{rest}"

    def get(self, *names: str) -> Any:
        """Returns the first of the parameters that the request has."""
        return next((self.parameters[name] for name in names if self.parameters.get(name)), None)

    @property
    def tags(self) -> Mapping[str, str]:
        """Tags that the request sets."""
        given = self.get("tags", "Tags", "TagList", "ResourceTags") or {}
        if isinstance(given, Mapping):
            return given
        return {str(_member(tag, "key")): str(_member(tag, "value")) for tag in given}


def call_of(request: Any) -> Call:
    """Returns the call that a request makes."""
    name = request._get_action()
    region, service = _scope(request)
    return Call(service, _action(service, name), region, request.current_account, _parameters(request, name))


def _action(service: str, operation: str) -> str:
    if service == "budgets" and "Resource" not in operation:
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsbudgetservice.html
        return "ViewBudget" if operation.startswith("Describe") else "ModifyBudget"
    return _ACTIONS.get(operation, operation)


def _scope(request: BaseResponse) -> tuple[str, str]:
    """Returns the region and the service for which the request is signed."""
    scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", request.headers.get("Authorization", ""))
    region, service = scope.groups() if scope else (request.region, str(request.service_name))
    return region, {"monitoring": "cloudwatch"}.get(service, service)


def _parameters(request: Any, operation: str) -> Parameters:
    """Parses the request with botocore's model of the operation, as moto does for some services only."""
    sent = request.normalized_request
    model = get_service_model(request.boto3_service_name)
    if operation not in model.operation_names:
        return {}
    protocol = determine_request_protocol(model, sent.content_type)
    parser = PROTOCOL_PARSERS[protocol](model.operation_model(operation))
    parsed: Parameters = parser.parse(
        {
            "method": sent.method,
            "values": sent.values,
            "headers": sent.headers,
            "body": sent.data,
            "url_path": sent.path,
            "url_params": request.uri_match,
        }
    )
    return parsed


def _member(tag: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in tag.items() if key.lower().endswith(name)), None)
