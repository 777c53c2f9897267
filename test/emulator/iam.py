"""IAM: authorizes every request after a call of `enforce_iam`; denials have the wording of AWS."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import JsonRESTError, _RESTError
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from moto.iam.models import AWSManagedPolicy, IAMBackend
from moto.s3.exceptions import BucketAccessDeniedError, S3ClientError
from moto.s3.models import s3_backends
from moto.sts.models import STSBackend

from test.emulator import access
from test.emulator.access import AccessDeniedError, Principal, Values
from test.emulator.iam_principals import UnknownCredentialsError
from test.emulator.iam_requests import required_permissions
from test.emulator.patching import ServicePatches
from test.emulator.process import ROOT_ACCESS_KEY

PATCHES = ServicePatches("iam")

_expired_keys: set[str] = set()


@PATCHES.command
def expire_credentials(access_key_id: str) -> None:
    """Expires credentials."""
    _expired_keys.add(access_key_id)


@PATCHES.on_reset
def _forget_expired_credentials() -> None:
    _expired_keys.clear()


@PATCHES.replace(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", "f8cfc0296ca0")
def _authorize(stock: Any, self: BaseResponse, iam_request_cls: type, resource: str = "*") -> None:
    """Runs for every request; signatures are not verified, so clients may use any signing method."""
    key, _ = _credentials(self)
    if key in _expired_keys:
        raise _expired(self)
    if not access.is_enforced() or key == ROOT_ACCESS_KEY or _is_unsigned(self):
        return
    for needed in required_permissions(self, resource):
        require_permission(self, needed.action, needed.resource, needed.keys)


def _is_unsigned(request: BaseResponse) -> bool:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html."""
    return bool(request._get_action() == "AssumeRoleWithWebIdentity")


def caller(request: BaseResponse) -> Principal:
    """Returns the principal that makes a request.

    Raises:
        Exception: The credentials are unknown, in the format of the request's service.
    """
    key, token = _credentials(request)
    try:
        return Principal.from_credentials(request.current_account, key, token)
    except UnknownCredentialsError:
        raise _unknown(request) from None


def require_permission(
    request: BaseResponse, action: str, resource: str | None, context: Mapping[str, Values] | None = None
) -> None:
    """Requires a permission of a request's caller, see `access.require`.

    Raises:
        Exception: The caller does not have it, in the format of the request's service.
    """
    if not access.is_enforced():
        return
    try:
        access.require(caller(request), action, resource, context)
    except AccessDeniedError as denied:
        raise _denied(request, str(denied)) from None


@PATCHES.replace(IAMBackend, "_init_aws_policies", "b3f2c8c3a9c6")
def _init_aws_policies(stock: Any, self: IAMBackend) -> list[AWSManagedPolicy]:
    """Keeps the parsed policies across resets: after each, moto parses a megabyte of JSON for each account."""
    made = _managed.setdefault((self.account_id, self.region_name), [])
    if not made:
        made.extend(stock(self))
    for policy in made:
        policy.attachment_count = 0
    return list(made)


@PATCHES.replace(STSBackend, "get_caller_identity", "1f058458cb04")
def _get_caller_identity(stock: Any, self: STSBackend, access_key_id: str, region: str) -> tuple[str, str, str]:
    if access_key_id == ROOT_ACCESS_KEY:
        return self.account_id, f"arn:aws:iam::{self.account_id}:root", self.account_id
    found: tuple[str, str, str] = stock(self, access_key_id, region)
    return found


_managed: dict[tuple[str, str], list[AWSManagedPolicy]] = {}


def _credentials(request: BaseResponse) -> tuple[str, str | None]:
    """Returns the access key and session token, from the headers or from the query string of a presigned URL."""
    presigned = request.querystring.get("X-Amz-Credential", [""])[0].partition("/")[0]
    token = request.headers.get("X-Amz-Security-Token") or request.querystring.get("X-Amz-Security-Token", [None])[0]
    return presigned or request.get_access_key(), token


def _denied(request: BaseResponse, message: str) -> Exception:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html#access-denied-message-examples.

    S3 returns the reason only to callers in the account or organization that owns the bucket.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    if request.service_name == "ec2":
        return _unauthorized_operation(message)
    if request.service_name == "s3" and _is_of_another_account(request):
        message = "Access Denied"
    return service_error(
        request, message, {"s3": "AccessDenied", "xml": "AccessDenied", "json": "AccessDeniedException"}
    )


def _unauthorized_operation(message: str) -> Exception:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html."""
    encoded = base64.urlsafe_b64encode(message.encode()).decode()
    error = _RESTError(
        "UnauthorizedOperation",
        f"You are not authorized to perform this operation. {message}. "
        f"Encoded authorization failure message: {encoded}",
    )
    error.code = 403
    return error


def _is_of_another_account(request: BaseResponse) -> bool:
    bucket = getattr(request, "bucket_name", "")
    _, owner = s3_backends.bucket_accounts.get(bucket, ("", request.current_account))
    return bool(owner != request.current_account)


def _expired(request: BaseResponse) -> Exception:
    codes = {"s3": "ExpiredToken", "xml": "ExpiredToken", "json": "ExpiredTokenException"}
    return service_error(request, "The security token included in the request is expired", codes)


def _unknown(request: BaseResponse) -> Exception:
    codes = {"s3": "InvalidAccessKeyId", "xml": "InvalidClientTokenId", "json": "UnrecognizedClientException"}
    return service_error(request, "The security token included in the request is invalid.", codes)


def service_error(
    request: BaseResponse, message: str, codes: Mapping[str, str], status: int | None = None
) -> Exception:
    """Returns an error in the format of the request's service.

    Args:
        request: The request that fails.
        message: The error message.
        codes: The error code for `s3`, for services with an `xml` protocol and for those with a `json` protocol.
        status: HTTP status. None means 400 for JSON services and 403 for others; S3 derives it from the code.
    """
    if request.service_name == "s3":
        if codes["s3"] != "AccessDenied":
            return S3ClientError(codes["s3"], message)
        denied = BucketAccessDeniedError(bucket=getattr(request, "bucket_name", ""))
        denied.message = message
        return denied
    # Some services support several protocols: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
    protocol = request.determine_response_protocol(get_service_model(request.boto3_service_name))
    error = _RESTError(codes["xml"], message) if protocol in _XML else JsonRESTError(codes["json"], message)
    error.code = status or (400 if protocol == "json" else 403)
    return error


_XML = ("query", "ec2", "rest-xml")
