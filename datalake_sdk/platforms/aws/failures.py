"""Translates errors of AWS into errors of the SDK, whichever library made the call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from datalake_sdk.errors import (
    AwsConfigurationError,
    AwsRequestError,
    AwsServiceError,
    DatalakeError,
    ExpiredCredentialsError,
    InvalidCredentialsError,
    NoCredentialsError,
    NoSuchBucketError,
    StorageError,
    ThrottledError,
    UnreachableServiceError,
    UnreadableInputError,
    UnreadableMetadataError,
    WrongRegionError,
)
from datalake_sdk.platforms.aws.denials import access_denied, request_denied, s3_action, s3_denied
from datalake_sdk.platforms.aws.requests import denied_request

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

_SERVER_ERROR = 500
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_INVALID = {
    "AuthFailure",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_DENIED = {"403", "AccessDenied", "AccessDeniedException", "Forbidden", "UnauthorizedOperation"}
_THROTTLED = {
    "ActiveSessionsExceededException",
    "ActiveStatementsExceededException",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
}
"""https://docs.aws.amazon.com/boto3/latest/guide/retries.html#standard-retry-mode"""
_WRONG_REGION = {"301", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "PermanentRedirect"}
_EXPIRED_CLASSES = {"SSOTokenLoadError", "TokenRetrievalError", "UnauthorizedSSOTokenError", "CredentialRetrievalError"}
_UNREACHABLE_CLASSES = {
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "EndpointConnectionError",
    "HTTPClientError",
    "IncompleteReadError",
    "ProxyConnectionError",
    "ReadTimeoutError",
    "ResponseStreamingError",
    "SSLError",
}
_ARROW = re.compile(
    r"AWS Error (?P<code>[A-Z_]+)(?: \(HTTP status (?P<status>\d+)\))? during (?P<operation>\w+) operation: ?"
    r"(?:No response body\.)?\s*(?P<message>.*)",
    re.DOTALL,
)
_ARROW_TARGET = re.compile(r"(?:key|bucket|path|prefix) '(?P<path>[^']*)'(?: in bucket '(?P<bucket>[^']+)')?")
_ARROW_CODES = {
    "ACCESS_DENIED": "AccessDenied",
    "INVALID_ACCESS_KEY_ID": "InvalidAccessKeyId",
    "INVALID_CLIENT_TOKEN_ID": "InvalidClientTokenId",
    "SIGNATURE_DOES_NOT_MATCH": "SignatureDoesNotMatch",
    "NO_SUCH_BUCKET": "NoSuchBucket",
    "SLOW_DOWN": "SlowDown",
    "THROTTLING": "Throttling",
    "REQUEST_EXPIRED": "RequestExpired",
}
_ARROW_UNREACHABLE = {"NETWORK_CONNECTION", "REQUEST_TIMEOUT", "ENDPOINT_RESOLUTION_FAILURE"}


@contextmanager
def aws_errors() -> Iterator[None]:
    """Translates exceptions of botocore and of Arrow's S3 file system; others pass unchanged.

    A `StorageError` or an error of an unreadable file caused by AWS is replaced with the error for its cause.

    Raises:
        DatalakeError: A `TransientError` if a retry may succeed, for example after throttling.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise client_failure(error) from error
    except BotoCoreError as error:
        raise _botocore_error(error) from error
    except OSError as error:
        translated = arrow_failure(str(error))
        if translated is None:
            raise
        raise translated from error
    except (StorageError, UnreadableInputError, UnreadableMetadataError) as error:
        translated = arrow_failure(str(error.__cause__)) if isinstance(error.__cause__, OSError) else None
        if translated is None:
            raise
        raise translated from error


def error_code(error: ClientError) -> str:
    """Returns the error code of a service, for example `EntityNotFoundException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def client_failure(error: ClientError) -> DatalakeError:
    """Returns the error for an error response of a service."""
    details: dict[str, Any] = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = str(details.get("Message") or "")
    code, operation = error_code(error), error.operation_name
    if code in _DENIED:
        return request_denied(denied_request(error), message)
    known = _known_error(code, operation, message, str(details.get("BucketName", "")))
    if known is not None:
        return known
    failed = AwsServiceError if status >= _SERVER_ERROR else AwsRequestError
    return failed(operation, code, message)


def _known_error(code: str, operation: str, message: str, target: str) -> DatalakeError | None:
    reasons: list[tuple[set[str], Callable[[], DatalakeError]]] = [
        (_EXPIRED, lambda: ExpiredCredentialsError(message)),
        (_INVALID, lambda: InvalidCredentialsError(code, message)),
        (_THROTTLED, lambda: ThrottledError(operation, message)),
        (_WRONG_REGION, lambda: WrongRegionError(operation, message)),
        ({"NoSuchBucket"}, lambda: NoSuchBucketError(target.partition("/")[0])),
    ]
    return next((make() for codes, make in reasons if code in codes), None)


def _botocore_error(error: BotoCoreError) -> DatalakeError:
    kind = type(error).__name__
    if kind in ("NoCredentialsError", "NoAuthTokenError"):
        return NoCredentialsError()
    if kind in _EXPIRED_CLASSES:
        return ExpiredCredentialsError(str(error))
    if kind in _UNREACHABLE_CLASSES:
        # The URL of a request names keys of objects, and is part of the message, too.
        url = str(error.kwargs.get("endpoint_url") or "")
        host = "/".join(url.split("/")[:3])
        return UnreachableServiceError(host, str(error).replace(f': "{url}"', ""))
    return AwsConfigurationError(str(error))


def arrow_failure(message: str) -> DatalakeError | None:
    """Returns the error for a message of Arrow's S3 file system; None for other messages."""
    # https://github.com/apache/arrow/blob/main/cpp/src/arrow/filesystem/s3_internal.h
    found = _ARROW.search(message)
    if found is None:
        return None
    target = _ARROW_TARGET.search(message[: found.start()])
    path = "/".join(part for part in (target["bucket"], target["path"]) if part) if target else ""
    if found["code"] in _ARROW_UNREACHABLE:
        return UnreachableServiceError("", found["message"])
    code = found["status"] or _ARROW_CODES.get(found["code"], found["code"])
    if code in _DENIED:
        return access_denied(found["message"]) or s3_denied(found["operation"], path)
    action = s3_action(found["operation"])
    known = _known_error(code, action, found["message"], path)
    failed = AwsServiceError if int(found["status"] or 0) >= _SERVER_ERROR else AwsRequestError
    return known or failed(action, code, found["message"])
