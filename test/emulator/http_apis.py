"""API Gateway: HTTP APIs answer requests at `{endpoint}/execute-api/{api id}`, with authorizers and functions."""

from __future__ import annotations

import base64
import json
import os
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from moto.apigatewayv2.models import Api, apigatewayv2_backends
from werkzeug.wrappers import Request, Response

from test.emulator import access
from test.emulator.access import AccessDeniedError, Principal
from test.emulator.clients import client
from test.emulator.iam_principals import UnknownCredentialsError
from test.emulator.patching import ServicePatches
from test.emulator.process import ACCOUNT

PATCHES = ServicePatches("http_apis")

_PATH = "/execute-api/"
_MAX_BODY_BYTES = 10 * 1024 * 1024
"""https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html"""
_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/[^/]+/execute-api/")
_FUNCTION = re.compile(r"/functions/(arn:.+)/invocations$")
_DEFAULT_STAGE = "$default"


class RefusedError(Exception):
    """A request that API Gateway answers itself."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@PATCHES.replace(Api, "to_json", "b5acd65996ee")
def _to_json(stock: Callable[[Api], dict[str, Any]], self: Api) -> dict[str, Any]:
    """On AWS, the host of the endpoint contains the id of the API."""
    return {**stock(self), "apiEndpoint": f"{os.environ['AWS_ENDPOINT_URL']}{_PATH}{self.api_id}"}


@PATCHES.application(_PATH)
def serve(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
    """Serves the requests of clients to HTTP APIs with a stage `$default`."""
    request = Request(environ)
    try:
        answer = _answer(request)
    except RefusedError as refused:
        answer = Response(json.dumps({"message": str(refused)}), refused.status, content_type="application/json")
    return answer(environ, start)


def _answer(request: Request) -> Response:
    identifier, _, path = request.path.removeprefix(_PATH).partition("/")
    region, api = _api(identifier)
    path = f"/{path}"
    route, parameters = _route(api, request.method, path)
    if (request.content_length or 0) > _MAX_BODY_BYTES:
        raise RefusedError(413, "Request Entity Too Large")
    arn = f"arn:aws:execute-api:{region}:{ACCOUNT}:{identifier}/{_DEFAULT_STAGE}/{request.method}{path}"
    authorizer = _authorized(api, route, request, arn)
    integration = api.get_integration(route.target.removeprefix("integrations/"))
    return _invoked(region, integration, arn, _event(request, path, route.route_key, parameters, authorizer))


def _api(identifier: str) -> tuple[str, Any]:
    for region, backend in list(apigatewayv2_backends[ACCOUNT].items()):
        if identifier in backend.apis and _DEFAULT_STAGE in backend.apis[identifier].stages:
            return region, backend.apis[identifier]
    raise RefusedError(404, "Not Found")


def _route(api: Any, method: str, path: str) -> tuple[Any, dict[str, str]]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html."""
    for route in api.routes.values():
        wanted, _, pattern = route.route_key.partition(" ")
        found = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern), path)
        if found and wanted in (method, "ANY"):
            return route, found.groupdict()
    raise RefusedError(404, "Not Found")


def _authorized(api: Any, route: Any, request: Request, arn: str) -> Mapping[str, Any]:
    """Returns the context of the authorizer."""
    if route.authorization_type == "JWT":
        configuration = api.get_authorizer(route.authorizer_id).jwt_config
        return {"jwt": {"claims": _claims(configuration, route.authorization_scopes or [], request), "scopes": None}}
    if route.authorization_type == "AWS_IAM":
        principal = _principal(request)
        try:
            access.require(principal, "execute-api:Invoke", arn)
        except AccessDeniedError:
            raise RefusedError(403, "Forbidden") from None
        return {"iam": {"userArn": principal.arn, "accountId": ACCOUNT}}
    return {}


def _principal(request: Request) -> Principal:
    """The caller; signatures are not verified.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control-iam.html
    """
    found = _CREDENTIAL.match(request.headers.get("Authorization", ""))
    if not found:
        raise RefusedError(403, "Forbidden")
    try:
        return Principal.from_credentials(ACCOUNT, found[1], request.headers.get("X-Amz-Security-Token"))
    except UnknownCredentialsError:
        raise RefusedError(403, "Forbidden") from None


def _claims(configuration: Mapping[str, Any], scopes: Iterable[str], request: Request) -> dict[str, Any]:
    """Validates a token, except for its signature.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
    """
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        payload = token.split(".")[1]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        raise RefusedError(401, "Unauthorized") from None
    given = claims.get("aud", claims.get("client_id"))
    audiences = given if isinstance(given, list) else [given]
    valid = claims.get("iss") == configuration["issuer"] and set(audiences) & set(configuration["audience"])
    if not valid or claims.get("exp", 0) < time.time():
        raise RefusedError(401, "Unauthorized")
    wanted = set(scopes)
    if wanted and not wanted & set(str(claims.get("scope", "")).split()):
        raise RefusedError(403, "Forbidden")
    return claims


def _event(
    request: Request, path: str, route_key: str, parameters: dict[str, str], authorizer: Mapping[str, Any]
) -> dict[str, Any]:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html."""
    body = request.get_data()
    is_text = body.isascii()
    return {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": request.query_string.decode(),
        "headers": {name.lower(): value for name, value in request.headers.items()},
        "requestContext": {
            "accountId": ACCOUNT,
            "authorizer": authorizer,
            "http": {"method": request.method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "requestId": str(uuid.uuid4()),
            "routeKey": route_key,
            "stage": _DEFAULT_STAGE,
        },
        "pathParameters": parameters,
        **({"body": body.decode() if is_text else base64.b64encode(body).decode()} if body else {}),
        "isBase64Encoded": bool(body) and not is_text,
    }


def _invoked(region: str, integration: Any, arn: str, event: dict[str, Any]) -> Response:
    """Invokes the function of a route, whose policy must allow it.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    found = _FUNCTION.search(integration.integration_uri)
    if integration.integration_type != "AWS_PROXY" or integration.payload_format_version != "2.0" or not found:
        raise NotImplementedError("The emulator has only integrations of functions with payload format 2.0")
    try:
        access.require(Principal.service("apigateway.amazonaws.com", arn), "lambda:InvokeFunction", found[1])
        answer = client("lambda", region).invoke(FunctionName=found[1], Payload=json.dumps(event))
    except AccessDeniedError:
        raise RefusedError(500, "Internal Server Error") from None
    result = json.loads(answer["Payload"].read())
    if "FunctionError" in answer or "statusCode" not in result:
        raise RefusedError(500, "Internal Server Error")
    return Response(result.get("body", ""), result["statusCode"], headers=result.get("headers", {}))
