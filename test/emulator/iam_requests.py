"""The permissions that a request requires: of its action, and of actions that AWS checks in addition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from moto.core.responses import BaseResponse

from test.emulator.iam_calls import Call, call_of
from test.emulator.iam_ec2 import ec2_permissions
from test.emulator.iam_keys import request_keys, tag_keys
from test.emulator.iam_permission import Permission
from test.emulator.iam_resources import resources
from test.emulator.iam_s3 import s3_permissions

_TAGGING = {
    "athena": "TagResource",
    "bedrock": "TagResource",
    "budgets": "TagResource",
    "cloudwatch": "TagResource",
    "codeartifact": "TagResource",
    "ecr": "TagResource",
    "ecs": "TagResource",
    "elasticmapreduce": "AddTags",
    "emr-serverless": "TagResource",
    "events": "TagResource",
    "glue": "TagResource",
    "kms": "TagResource",
    "lambda": "TagResource",
    "logs": "TagResource",
    "pipes": "TagResource",
    "scheduler": "TagResource",
    "sns": "TagResource",
    "sqs": "TagQueue",
    "ssm": "AddTagsToResource",
    "states": "TagResource",
}
"""Actions that a caller also needs to create a resource with tags."""


def required_permissions(request: BaseResponse, given: str) -> Iterable[Permission]:
    """Returns the permissions that the caller's policies must allow.

    Args:
        request: moto's representation of the request.
        given: ARN that moto determined; for S3 requests only.
    """
    if request.service_name == "s3":
        return s3_permissions(request, given)
    call = call_of(request)
    if call.service == "ec2":
        return ec2_permissions(call)
    keys = request_keys(call)
    own = [Permission(f"{call.service}:{call.action}", resource, keys) for resource in resources(call)]
    return [*own, *_to_tag(call), *_to_get_a_token(call)]


def _to_tag(call: Call) -> Iterator[Permission]:
    """Creating a resource with tags also requires the permission to tag it.

    https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    if not _creates_with_tags(call):
        return
    if call.service == "iam":
        yield Permission(f"iam:Tag{call.action.removeprefix('Create')}", resources(call)[0], request_keys(call))
        return
    keys = {**tag_keys(call.tags), **({"ecs:CreateAction": call.action} if call.service == "ecs" else {})}
    for resource in _created(call):
        yield Permission(f"{call.service}:{_TAGGING[call.service]}", resource, keys)


def _creates_with_tags(call: Call) -> bool:
    if call.service == "ecs" and call.action == "RunTask":
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
        return bool(call.tags or call.get("propagateTags", "enableECSManagedTags"))
    creates = call.action.startswith(("Create", "Modify", "Put", "Register", "Start"))
    return creates and bool(call.tags) and (call.service == "iam" or call.service in _TAGGING)


def _created(call: Call) -> list[str | None]:
    """Returns what a call creates, if that is not the resource of its own action."""
    if call.service == "ecs" and call.action == "RunTask":
        return [call.arn(f"task/{(call.get('cluster') or 'default').rpartition('/')[2]}/*")]
    if call.service == "emr-serverless":
        application = call.get("applicationId")
        return [call.arn(f"/applications/{application}/jobruns/*" if application else "/applications/*")]
    if call.service == "bedrock":
        return [call.arn("application-inference-profile/*")]
    if call.service == "elasticmapreduce":
        return [call.arn("studio/*")]
    if call.service == "kms":
        return [call.arn("key/*")]
    if call.service == "codeartifact":
        domain, repository = call.get("domain"), call.get("repository")
        return [call.arn(f"repository/{domain}/{repository}" if repository else f"domain/{domain}")]
    return list(resources(call))


def _to_get_a_token(call: Call) -> Iterator[Permission]:
    """https://docs.aws.amazon.com/codeartifact/latest/ug/auth-and-access-control-permissions-reference.html."""
    if call.service == "codeartifact" and call.action == "GetAuthorizationToken":
        yield Permission("sts:GetServiceBearerToken", "*", {"sts:AWSServiceName": "codeartifact.amazonaws.com"})
