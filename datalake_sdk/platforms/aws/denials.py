"""Parses access denials: the action, the resource and the caller."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from datalake_sdk.errors import AccessDeniedError, DatalakeError

_DENIAL = re.compile(
    r"not authorized to perform:? (?P<action>[\w-]+:\w+)"
    r"(?: on (?:resource:? )?[\"']?(?P<resource>[^\s\"']+)[\"']?)?"
    r"(?:[^\n]*?(?P<reason>(?:because|with an explicit deny) [^\n(]*))?"
)
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html"""
_CALLER = re.compile(r"User:? (?P<arn>arn:\S+) is not authorized")
_LAKE_FORMATION = re.compile(
    r"Insufficient Lake Formation permission\(s\): Required (?P<permission>[\w ]+) on (?P<resource>[\w.*-]+)"
)
"""https://docs.aws.amazon.com/lake-formation/latest/dg/access-control-underlying-data.html"""
_ATHENA_READ = re.compile(r"Access Denied \(Service: (?:Amazon )?S3;.*\(Path: s3://(?P<path>[^)]+)\)", re.DOTALL)
_ATHENA_WRITE = re.compile(
    r"Access denied when writing (?:output )?to (?:url|location): s3://(?P<path>\S+?)\.?(?:\s|$)"
)
"""https://repost.aws/knowledge-center/access-denied-athena"""
_S3_ACTIONS = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjectsV2": "ListBucket",
    "UploadPart": "PutObject",
}
"""Operations whose IAM action has another name.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html"""
_UNEXPLAINED = "S3 returns no reason; without s3:ListBucket it also denies access to objects that do not exist"
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html"""


def access_denied(message: str) -> AccessDeniedError | None:
    """Returns the error for a message in which a service denies access; None for other messages.

    Args:
        message: Error message of IAM, S3, KMS, Lake Formation or Athena.
    """
    if denial := _DENIAL.search(message):
        caller = _CALLER.search(message)
        reason = (denial["reason"] or "").strip().rstrip(".")
        return AccessDeniedError(denial["action"], denial["resource"] or "", reason, caller["arn"] if caller else "")
    if missing := _LAKE_FORMATION.search(message):
        permission = f"Lake Formation's {missing['permission'].upper()}"
        return AccessDeniedError(permission, missing["resource"], "", caller_arn())
    if read := _ATHENA_READ.search(message):
        return s3_denied("GetObject", read["path"], "")
    written = _ATHENA_WRITE.search(message)
    return s3_denied("PutObject", written["path"], "") if written else None


def s3_denied(operation: str, path: str, message: str) -> AccessDeniedError:
    """Returns the error for a denied S3 operation; STS provides the caller if the message lacks it.

    Args:
        operation: Name of the API operation, for example `HeadObject`.
        path: `bucket/key`; empty if unknown.
        message: Message of S3, which is missing for HEAD requests and for callers of other organizations.
    """
    if denied := access_denied(message):
        return denied
    action, caller = s3_action(operation), caller_arn()
    target = path.partition("/")[0] if action == "s3:ListBucket" else path
    resource = f"arn:{_partition(caller)}:s3:::{target}" if target else ""
    return AccessDeniedError(action, resource, _UNEXPLAINED if action == "s3:GetObject" else "", caller)


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


def remember_s3_target(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Handles `provide-client-params.s3`: stores the bucket and key, which botocore's errors do not contain."""
    context["datalake_sdk_target"] = "/".join(str(params[name]) for name in ("Bucket", "Key") if params.get(name))


def name_s3_target(parsed: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
    """Handles `after-call.s3`: adds the bucket and key to the details of an error."""
    if "Error" in parsed:
        parsed["Error"].setdefault("Target", context.get("datalake_sdk_target", ""))


def _partition(arn: str) -> str:
    return arn.split(":")[1] if arn else "aws"
