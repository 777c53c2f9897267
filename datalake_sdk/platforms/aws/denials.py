"""Parses access denials: the action, the resource, the caller and the reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from datalake_sdk.errors import LAKE_FORMATION, AccessDeniedError, DatalakeError
from datalake_sdk.platforms.aws.declarations import declaration, lake_formation_declaration
from datalake_sdk.platforms.aws.requests import Request

_UNKNOWN: Mapping[str, Any] = MappingProxyType({})
_DENIAL = re.compile(
    r"not authorized to perform:?\s+(?P<action>[\w-]+:\w+)"
    r"(?:\s+on\s+(?:resource:\s+|(?=\"?arn:))[\"']?(?P<resource>[^\s\"'<]+)[\"']?)?"
    r"(?:[^\n]*?\s(?P<reason>(?:because|with an explicit deny)\s[^\n<]*?)"
    r"(?=\s*\((?:Service|Request ID|SDK Attempt Count):?|\.?\s*(?:$|\n|<|\(path|Encoded authorization))|)"
)
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html"""
_CALLER = re.compile(r"User:? (?P<arn>arn:\S+) is not authorized")
_LAKE_FORMATION = re.compile(
    r"Insufficient Lake Formation permission\(s\)(?:: Required (?P<permission>[A-Za-z][\w ]*))? on "
    r"(?:\(Database name: (?P<database>[\w-]+), Table Name: (?P<table>[\w-]+)\)|(?P<resource>[\w.:/*-]+))"
)
"""https://docs.aws.amazon.com/lake-formation/latest/dg/troubleshooting.html"""
_ATHENA_READ = re.compile(r"Access Denied \(Service: (?:Amazon )?S3;.*\(Path: s3://(?P<path>[^)]+)\)", re.DOTALL)
_ATHENA_WRITE = re.compile(
    r"Access denied when writing (?:output )?to (?:url|location): s3://(?P<path>\S+?)\.?(?:\s|$)"
)
"""https://repost.aws/knowledge-center/access-denied-athena"""
_S3_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
}
"""Operations whose IAM action has another name.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""
_UNEXPLAINED = "S3 returns no reason; without s3:ListBucket it also denies access to objects that do not exist"
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""


def access_denied(message: str, parameters: Mapping[str, Any] = _UNKNOWN) -> AccessDeniedError | None:
    """Returns the error for a message in which a service denies access; None for other messages.

    Args:
        message: Error message of IAM, S3, KMS, Lake Formation or Athena.
        parameters: Parameters of the request.
    """
    if denial := _DENIAL.search(message):
        caller = _CALLER.search(message)
        resource = denial["resource"] or ""
        return AccessDeniedError(
            denial["action"],
            resource,
            denial["reason"] or "",
            caller["arn"] if caller else caller_arn(),
            declaration(resource, parameters),
        )
    if missing := _LAKE_FORMATION.search(message):
        return _missing_grant(missing, parameters)
    if read := _ATHENA_READ.search(message):
        return s3_denied("GetObject", read["path"])
    written = _ATHENA_WRITE.search(message)
    return s3_denied("PutObject", written["path"]) if written else None


def request_denied(request: Request, message: str) -> AccessDeniedError:
    """Returns the error for a denied request.

    Args:
        request: The request.
        message: Message of the service; S3 returns none for HEAD requests, and only "Access Denied" to callers of other
            organizations.
    """
    parameters = request.parameters
    if denied := access_denied(message, parameters):
        return denied
    if request.service == "s3":
        path = "/".join(str(parameters[name]) for name in ("Bucket", "Key") if parameters.get(name))
        return s3_denied(request.operation, path, parameters)
    action = f"{request.service}:{request.operation}" if request.service else request.operation
    return AccessDeniedError(action, "", message, caller_arn())


def s3_denied(operation: str, path: str, parameters: Mapping[str, Any] = _UNKNOWN) -> AccessDeniedError:
    """Returns the error for an S3 operation that was denied without a reason; STS provides the caller.

    Args:
        operation: Name of the API operation, for example `HeadObject`.
        path: `bucket/key`; empty if unknown.
        parameters: Parameters of the request.
    """
    action, caller = s3_action(operation), caller_arn()
    bucket, _, key = path.partition("/")
    if action == "s3:ListBucket":
        path, parameters = bucket, {"Prefix": key, **parameters}
    resource = f"arn:{_partition(caller)}:s3:::{path}" if path else ""
    reason = _UNEXPLAINED if action == "s3:GetObject" else ""
    return AccessDeniedError(action, resource, reason, caller, declaration(resource, parameters))


def s3_action(operation: str) -> str:
    """Returns the IAM action of an S3 operation, for example `s3:GetObject` for `HeadObject`."""
    return f"s3:{_S3_ACTIONS.get(operation, operation)}"


def caller_arn() -> str:
    """Returns the ARN of the caller, or an empty string if STS does not return it; the call needs no permission."""
    from botocore.exceptions import BotoCoreError, ClientError

    from datalake_sdk.platforms.aws.session import AwsSession

    with suppress(ClientError, BotoCoreError, DatalakeError):
        return str(AwsSession().client("sts").get_caller_identity()["Arn"])
    return ""


def _missing_grant(missing: re.Match[str], parameters: Mapping[str, Any]) -> AccessDeniedError:
    resource = missing["resource"] or f"{missing['database']}.{missing['table']}"
    if resource.startswith("s3://"):
        return AccessDeniedError(f"{LAKE_FORMATION}DATA LOCATION ACCESS", resource, "", caller_arn())
    action = LAKE_FORMATION + (missing["permission"] or "permissions").upper()
    return AccessDeniedError(action, resource, "", caller_arn(), lake_formation_declaration(resource, parameters))


def _partition(arn: str) -> str:
    return arn.split(":")[1] if arn else "aws"
