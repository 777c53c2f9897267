"""The permissions that a request requires: IAM actions and the resources they apply to.

See https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from moto.core.responses import BaseResponse

Resource = str | None
"""An ARN, `*` for an action without resources, or None if the emulator does not know it and accepts any resource."""


@dataclass(frozen=True)
class Permission:
    """A permission that a request requires.

    Attributes:
        action: IAM action with its service.
        resource: The resource it applies to.
        context: Condition keys of the service.
    """

    action: str
    resource: Resource
    context: Mapping[str, str | list[str]] = field(default_factory=dict)


def required_permissions(request: BaseResponse, given: str) -> Iterable[Permission]:
    """Returns the permissions that the caller's policies must allow.

    Args:
        request: moto's representation of the request.
        given: ARN that moto determined; for S3 requests only.
    """
    if request.service_name == "s3":
        return _s3(request, given)
    action = f"{_prefix(request)}:{_ACTIONS.get(request._get_action(), request._get_action())}"
    resources = _RESOURCES.get(_prefix(request))
    return [Permission(action, resource) for resource in (resources(request) if resources else [None])]


_ACTIONS = {"Invoke": "InvokeFunction"}

_SUBRESOURCES = {
    "encryption": "EncryptionConfiguration",
    "intelligent-tiering": "IntelligentTieringConfiguration",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
}
"""Bucket configurations whose requests moto mistakes for ListBucket, CreateBucket and DeleteBucket."""


def _s3(request: Any, given: str) -> Iterable[Permission]:
    action = {"HeadBucket": "ListBucket"}.get(request._get_action(), request._get_action())
    subresource = next((name for name in _SUBRESOURCES if name in request.querystring), None)
    if subresource:
        action = ("Get" if request.method == "GET" else "Put") + _SUBRESOURCES[subresource]
    if action == "DeleteObject" and request.method == "POST":
        return [Permission("s3:DeleteObject", f"{given}/{key}") for key in _keys_to_delete(request.body)]
    if action == "GetObject" and not _exists(request, given):
        # Without s3:ListBucket, S3 returns 403 instead of 404.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        return [Permission("s3:GetObject", given), Permission("s3:ListBucket", given.partition("/")[0])]
    source = request.headers.get("x-amz-copy-source")
    copied = [Permission("s3:GetObject", _copied_object(source))] if source else []
    return [Permission(f"s3:{action}", given if action != "ListAllMyBuckets" else "*"), *copied]


def _copied_object(source: str) -> str:
    return "arn:aws:s3:::" + unquote(source).lstrip("/").partition("?")[0]


def _exists(request: Any, arn: str) -> bool:
    bucket, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
    return bucket not in request.backend.buckets or request.backend.get_object(bucket, key) is not None


def _keys_to_delete(body: bytes) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(body).iter() if element.tag.endswith("Key")]


def _prefix(request: Any) -> str:
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", request.headers.get("Authorization", ""))
    signed = scope.group(1) if scope else request.service_name
    return {"monitoring": "cloudwatch"}.get(signed, signed)


def _arn(request: Any, service: str, rest: str) -> str:
    return f"arn:aws:{service}:{request.region}:{request.current_account}:{rest}"


def _body(request: Any) -> dict[str, Any]:
    try:
        parsed = json.loads(request.body or "{}")
    except (TypeError, ValueError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _glue(request: Any) -> list[Resource]:
    """Returns the resource and its ancestors: https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html."""
    action, body = request._get_action(), _body(request)
    if not re.search("Database|Table|Partition|UserDefinedFunction", action):
        return [None]
    about_database = re.fullmatch("(Get|Create|Update|Delete)Databases?", action)
    database = (body.get("DatabaseInput") or body).get("Name") if about_database else body.get("DatabaseName")
    table = None
    if not about_database:
        named = body.get("Name") if action in ("GetTable", "DeleteTable") else body.get("TableName")
        table = (body.get("TableInput") or {}).get("Name") or named
    paths = ["catalog", *([f"database/{database}"] if database else [])]
    return [_arn(request, "glue", path.lower()) for path in [*paths, *([f"table/{database}/{table}"] if table else [])]]


def _states(request: Any) -> list[Resource]:
    body = _body(request)
    named = next((body[key] for key in ("stateMachineArn", "executionArn", "activityArn") if key in body), None)
    if request._get_action() == "CreateStateMachine":
        return [_arn(request, "states", f"stateMachine:{body['name']}")]
    return [named or body.get("resourceArn") or "*"]


def _athena(request: Any) -> list[Resource]:
    body = _body(request)
    group = body.get("WorkGroup")
    if "QueryExecutionId" in body:
        from moto.athena.models import athena_backends

        execution = athena_backends[request.current_account][request.region].executions.get(body["QueryExecutionId"])
        group = getattr(execution, "workgroup", None)
        group = getattr(group, "name", group)
    if request._get_action().endswith("WorkGroup"):
        group = group or body.get("Name")
    if request._get_action().startswith("List") and "WorkGroup" not in body:
        return ["*"]
    return [_arn(request, "athena", f"workgroup/{group or 'primary'}")]


def _ecs(request: Any) -> list[Resource]:
    action, body = request._get_action(), _body(request)
    if action == "RunTask":
        definition = body["taskDefinition"]
        return [definition if definition.startswith("arn:") else _arn(request, "ecs", f"task-definition/{definition}")]
    tasks = body.get("tasks") or ([body["task"]] if "task" in body else [])
    cluster = body.get("cluster", "default").rsplit("/", 1)[-1]
    arns = [task if task.startswith("arn:") else _arn(request, "ecs", f"task/{cluster}/{task}") for task in tasks]
    return arns or [None]


def _emr_serverless(request: Any) -> list[Resource]:
    found = re.search(r"/applications/([^/]+)(/jobruns/[^/]+)?", request.path)
    return [_arn(request, "emr-serverless", f"/applications/{found[1]}{found[2] or ''}") if found else "*"]


def _ssm(request: Any) -> list[Resource]:
    body = _body(request)
    name = body.get("Name") or body.get("Path")
    return [_arn(request, "ssm", f"parameter/{name.lstrip('/')}") if name else None]


def _logs(request: Any) -> list[Resource]:
    body = _body(request)
    if "logGroupName" not in body:
        return [body.get("logGroupIdentifier")]
    return [_arn(request, "logs", f"log-group:{body['logGroupName']}:log-stream:{body.get('logStreamName', '')}")]


def _function(request: Any) -> list[Resource]:
    found = re.search(r"/functions/([^/]+)", unquote(request.path))
    return (
        [found[1] if found[1].startswith("arn:") else _arn(request, "lambda", f"function:{found[1]}")]
        if found
        else ["*"]
    )


def _role_to_assume(request: Any) -> list[Resource]:
    return [request._get_param("RoleArn") or "*"]


_RESOURCES: dict[str, Callable[[Any], list[Resource]]] = {
    "athena": _athena,
    "ecs": _ecs,
    "emr-serverless": _emr_serverless,
    "glue": _glue,
    "lakeformation": lambda request: ["*"],
    "lambda": _function,
    "logs": _logs,
    "sns": lambda request: [request._get_param("TopicArn") or "*"],
    "ssm": _ssm,
    "states": _states,
    "sts": _role_to_assume,
}
