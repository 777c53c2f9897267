"""IAM: evaluates policies after a call of `enforce_iam`; denials have the wording of AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import JsonRESTError, _RESTError
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model
from moto.iam.access_control import CreateAccessKeyFailure, IAMPolicy, create_access_key
from moto.iam.exceptions import NotFoundException
from moto.iam.models import AWSManagedPolicy, IAMBackend, iam_backends
from moto.s3.exceptions import BucketAccessDeniedError, S3ClientError
from moto.s3.models import s3_backends
from moto.sts.models import STSBackend

from test.emulator.iam_decision import Decision, Document, decide, trusts
from test.emulator.iam_resources import required_permissions
from test.emulator.patching import ServicePatches
from test.emulator.process import ROOT_ACCESS_KEY

PATCHES = ServicePatches("iam")


@dataclass
class _State:
    enforcing: bool = False
    expired: set[str] = field(default_factory=set)


_state = _State()


@PATCHES.command
def enforce_iam() -> None:
    """Requires a policy that allows the call from every caller except the account's root user."""
    _state.enforcing = True


@PATCHES.command
@PATCHES.on_reset
def stop_enforcing_iam() -> None:
    """Allows every call again, including those with expired credentials."""
    _state.enforcing = False
    _state.expired.clear()


@PATCHES.command
def expire_credentials(access_key_id: str) -> None:
    """Expires credentials."""
    _state.expired.add(access_key_id)


@PATCHES.replace(ActionAuthenticatorMixin, "_authenticate_and_authorize_action", "f8cfc0296ca0")
def _authorize(stock: Any, self: BaseResponse, iam_request_cls: type, resource: str = "*") -> None:
    """Runs for every request; signatures are not verified, so clients may use any signing method."""
    key, token = _credentials(self)
    if key in _state.expired:
        raise _expired(self)
    if not _state.enforcing or key == ROOT_ACCESS_KEY:
        return
    try:
        headers = {"X-Amz-Security-Token": token} if token else {}
        caller = create_access_key(self.current_account, self.partition, key, headers)
    except CreateAccessKeyFailure:
        raise _unknown(self) from None
    policies = _policies(caller)
    for action, needed in required_permissions(self, resource):
        decision = Decision.ALLOWED if action == "sts:GetCallerIdentity" else decide(policies, action, needed)
        if (
            decision is Decision.ALLOWED
            and action == "sts:AssumeRole"
            and not _is_trusted(self, caller.arn, str(needed))
        ):
            decision = Decision.NOT_ALLOWED
        if decision is not Decision.ALLOWED:
            raise _denied(self, caller.arn, action, needed or "*", decision)


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


def _policies(caller: Any) -> list[Document]:
    try:
        return [IAMPolicy(policy)._policy_json for policy in caller.collect_policies()]
    except NotFoundException:
        return []


def _is_trusted(request: BaseResponse, caller: str, role_arn: str) -> bool:
    account = request.current_account
    same_role = caller.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rsplit("/", 1)[0]
    try:
        role = iam_backends[account][request.partition].get_role_by_arn(role_arn)
    except NotFoundException:
        return False
    trusted = IAMPolicy(role.assume_role_policy_document)._policy_json
    return trusts(trusted, [caller, same_role, account, f"arn:aws:iam::{account}:root"])


def _denied(request: BaseResponse, caller: str, action: str, resource: str, decision: Decision) -> Exception:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html#access-denied-message-examples.

    S3 returns the reason only to callers in the account or organization that owns the bucket.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
    """
    on = f'"{resource}"' if request.service_name == "s3" else resource
    reason = decision.value.format(action=action)
    message = f"User: {caller} is not authorized to perform: {action} on resource: {on} {reason}"
    if request.service_name == "s3" and _is_of_another_account(request):
        message = "Access Denied"
    return service_error(
        request, message, {"s3": "AccessDenied", "xml": "AccessDenied", "json": "AccessDeniedException"}
    )


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
    protocol = get_service_model(request.boto3_service_name).metadata["protocol"]
    error = _RESTError(codes["xml"], message) if protocol in _XML else JsonRESTError(codes["json"], message)
    error.code = status or (400 if protocol == "json" else 403)
    return error


_XML = ("query", "ec2", "rest-xml")
