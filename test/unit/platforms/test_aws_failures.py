"""Exceptions of AWS and its libraries are translated to errors of the SDK."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    ProfileNotFound,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)

from datalake_sdk import errors
from datalake_sdk.platforms.aws.failures import aws_errors


def service_error(
    code: str, message: str = "no", status: int = 400, operation: str = "GetTable", **details
) -> ClientError:
    response = {"Error": {"Code": code, "Message": message, **details}}
    return ClientError(response | {"ResponseMetadata": {"HTTPStatusCode": status}}, operation)


def translated(error: Exception) -> errors.DatalakeError:
    with pytest.raises(errors.DatalakeError) as caught, aws_errors():
        raise error
    assert caught.value.__cause__ is error
    return caught.value


def test_metadata_that_aws_does_not_return_is_an_error_of_aws():
    error = errors.UnreadableMetadataError("s3://b/00001-a.metadata.json", "no")
    error.__cause__ = OSError("When reading key 'k' in bucket 'b': AWS Error SLOW_DOWN during GetObject operation: x")
    assert type(translated(error)) is errors.ThrottledError


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NoCredentialsError(), errors.NoCredentialsError),
        (service_error("ExpiredTokenException"), errors.ExpiredCredentialsError),
        (UnauthorizedSSOTokenError(), errors.ExpiredCredentialsError),
        (service_error("UnrecognizedClientException"), errors.InvalidCredentialsError),
        (service_error("ThrottlingException"), errors.ThrottledError),
        (service_error("SlowDown", status=503), errors.ThrottledError),
        (service_error("PermanentRedirect", status=301), errors.WrongRegionError),
        (service_error("InternalServiceException", status=500), errors.AwsServiceError),
        (service_error("ValidationException"), errors.AwsRequestError),
        (ProfileNotFound(profile="nope"), errors.AwsConfigurationError),
        (NoRegionError(), errors.AwsConfigurationError),
        (ReadTimeoutError(endpoint_url="https://x"), errors.UnreachableServiceError),
        (
            OSError("When reading key 'k' in bucket 'b': AWS Error SLOW_DOWN during GetObject operation: x"),
            errors.ThrottledError,
        ),
        (OSError("AWS Error UNKNOWN (HTTP status 301) during HeadObject operation: x"), errors.WrongRegionError),
        (OSError("AWS Error UNKNOWN (HTTP status 503) during GetObject operation: x"), errors.AwsServiceError),
        (OSError("AWS Error INTERNAL_FAILURE during GetObject operation: x"), errors.AwsRequestError),
    ],
)
def test_each_failure_is_translated_to_its_error(error, expected):
    assert type(translated(error)) is expected


@pytest.mark.parametrize(
    "error", [service_error("ThrottlingException"), EndpointConnectionError(endpoint_url="https://x")]
)
def test_failures_that_may_succeed_on_retry_are_transient(error):
    assert isinstance(translated(error), errors.TransientError)


def test_denied_access_without_a_reason_names_the_operation(unreachable_sts):
    denied = translated(service_error("403", "Forbidden", 403, "GetTable"))
    assert isinstance(denied, errors.AccessDeniedError)
    assert (denied.action, denied.caller) == ("GetTable", "")


@pytest.mark.parametrize(
    ("operation", "place", "expected"),
    [
        ("HeadObject", "key 'sales/x' in bucket 'data'", ("s3:GetObject", "arn:aws:s3:::data/sales/x")),
        ("GetObject", "key 'sales/x' in bucket 'data'", ("s3:GetObject", "arn:aws:s3:::data/sales/x")),
        ("ListObjectsV2", "key 'sales' in bucket 'data'", ("s3:ListBucket", "arn:aws:s3:::data")),
        ("UploadPart", "key 'sales/x' in bucket 'data'", ("s3:PutObject", "arn:aws:s3:::data/sales/x")),
    ],
)
@pytest.mark.parametrize("code", ["ACCESS_DENIED", "UNKNOWN (HTTP status 403)"])
def test_a_denial_of_arrows_file_system_names_action_and_path(unreachable_sts, operation, place, expected, code):
    error = OSError(f"When x for {place}: AWS Error {code} during {operation} operation: No response body.")
    denied = translated(error)
    assert isinstance(denied, errors.AccessDeniedError)
    assert (denied.action, denied.resource) == expected


def test_the_message_of_s3_is_parsed_from_arrows_error():
    caller = "arn:aws:sts::123456789012:assumed-role/daily_load/run"
    text = f'User: {caller} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::data/x"'
    place = "When x for key 'x' in bucket 'data'"
    denied = translated(OSError(f"{place}: AWS Error ACCESS_DENIED during GetObject operation: {text}"))
    assert "for role 'daily_load'" in denied.message


def test_a_missing_bucket_is_named():
    assert "'shop-data'" in translated(service_error("NoSuchBucket", BucketName="shop-data")).message


def test_the_error_for_an_unreachable_service_names_the_endpoint_and_the_region_option():
    error = translated(EndpointConnectionError(endpoint_url="https://glue.eu-west-9.amazonaws.com"))
    assert "glue.eu-west-9" in error.message
    assert "--region" in error.hint


def test_the_error_for_an_unreachable_service_does_not_repeat_the_url_of_the_request():
    error = translated(EndpointConnectionError(endpoint_url="http://127.0.0.1:5000/shop-data/key.json"))
    assert error.message == "cannot reach 'http://127.0.0.1:5000': Could not connect to the endpoint URL"


@pytest.mark.parametrize("error", [FileNotFoundError("x"), ValueError("x"), errors.NoSuchBucketError("x")])
def test_other_exceptions_pass_unchanged(error):
    with pytest.raises(type(error)) as caught, aws_errors():
        raise error
    assert caught.value is error


@pytest.mark.parametrize("kind", [errors.StorageError, errors.UnreadableInputError])
def test_a_write_or_an_input_denied_by_aws_is_reported_as_the_denial(unreachable_sts, kind):
    cause = OSError("When x for key 'a' in bucket 'b': AWS Error ACCESS_DENIED during PutObject operation: no")
    with pytest.raises(errors.AccessDeniedError, match="s3:PutObject on 'arn:aws:s3:::b/a'"), aws_errors():
        raise kind("sales.orders", "no") from cause


@pytest.mark.parametrize("cause", [None, OSError(28, "No space left on device")])
def test_a_write_that_failed_locally_keeps_its_error(cause):
    with pytest.raises(errors.StorageError), aws_errors():
        raise errors.StorageError("sales.orders", "full") from cause
