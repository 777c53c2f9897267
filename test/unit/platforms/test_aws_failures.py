"""What AWS and its libraries raise, as the errors that users read."""

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
from datalake_sdk.platforms.aws.failures import access_denied, aws_errors


def refusal(code: str, message: str = "no", status: int = 400, operation: str = "GetTable", **details) -> ClientError:
    response = {"Error": {"Code": code, "Message": message, **details}}
    return ClientError(response | {"ResponseMetadata": {"HTTPStatusCode": status}}, operation)


def translated(error: Exception) -> errors.DatalakeError:
    with pytest.raises(errors.DatalakeError) as caught, aws_errors():
        raise error
    assert caught.value.__cause__ is error
    return caught.value


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NoCredentialsError(), errors.NoCredentialsError),
        (refusal("ExpiredTokenException"), errors.ExpiredCredentialsError),
        (UnauthorizedSSOTokenError(), errors.ExpiredCredentialsError),
        (refusal("UnrecognizedClientException"), errors.InvalidCredentialsError),
        (refusal("ThrottlingException"), errors.ThrottledError),
        (refusal("SlowDown", status=503), errors.ThrottledError),
        (refusal("PermanentRedirect", status=301), errors.WrongRegionError),
        (refusal("InternalServiceException", status=500), errors.AwsServiceError),
        (refusal("ValidationException"), errors.AwsRequestError),
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
def test_each_failure_has_its_error(error, expected):
    assert type(translated(error)) is expected


@pytest.mark.parametrize("error", [refusal("ThrottlingException"), EndpointConnectionError(endpoint_url="https://x")])
def test_what_may_pass_is_transient(error):
    assert isinstance(translated(error), errors.TransientError)


def test_denied_access_names_action_and_resource():
    sentence = (
        "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: glue:GetTable on resource: "
        "arn:aws:glue:eu-west-1:1:table/d/t because no identity-based policy allows the glue:GetTable action"
    )
    denied = translated(refusal("AccessDeniedException", sentence))
    assert isinstance(denied, errors.AccessDeniedError)
    assert (denied.action, denied.resource) == ("glue:GetTable", "arn:aws:glue:eu-west-1:1:table/d/t")
    assert denied.message.endswith("because no identity-based policy allows the glue:GetTable action")


def test_denied_access_without_a_sentence_names_the_operation():
    denied = translated(refusal("403", "Forbidden", 403, "HeadObject"))
    assert isinstance(denied, errors.AccessDeniedError)
    assert denied.action == "HeadObject"


def test_arrows_s3_names_action_and_path():
    error = OSError(
        "When reading information for key 'sales/x' in bucket 'data': AWS Error ACCESS_DENIED during HeadObject "
        "operation: No response body."
    )
    denied = translated(error)
    assert isinstance(denied, errors.AccessDeniedError)
    assert (denied.action, denied.resource) == ("s3:GetObject", "data/sales/x")


def test_lake_formation_is_understood():
    denied = access_denied("Insufficient Lake Formation permission(s): Required Select on orders")
    assert denied is not None
    assert (denied.action, denied.resource) == ("Lake Formation's SELECT", "orders")
    assert access_denied("COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved") is None


def test_a_missing_bucket_is_named():
    assert "'shop-data'" in translated(refusal("NoSuchBucket", BucketName="shop-data")).message


def test_an_unreachable_service_shows_its_address_and_speaks_of_the_region():
    error = translated(EndpointConnectionError(endpoint_url="https://glue.eu-west-9.amazonaws.com"))
    assert "glue.eu-west-9" in error.message
    assert "--region" in error.hint


@pytest.mark.parametrize("error", [FileNotFoundError("x"), ValueError("x"), errors.NoSuchBucketError("x")])
def test_everything_else_passes_as_it_is(error):
    with pytest.raises(type(error)) as caught, aws_errors():
        raise error
    assert caught.value is error


@pytest.mark.parametrize("kind", [errors.StorageError, errors.UnreadableInputError])
def test_a_write_or_an_input_that_aws_refused_is_told_by_the_refusal(kind):
    cause = OSError("When x for key 'a' in bucket 'b': AWS Error ACCESS_DENIED during PutObject operation: no")
    with pytest.raises(errors.AccessDeniedError, match="s3:PutObject on 'b/a'"), aws_errors():
        raise kind("sales.orders", "no") from cause


@pytest.mark.parametrize("cause", [None, OSError(28, "No space left on device")])
def test_a_write_that_failed_on_this_machine_keeps_its_error(cause):
    with pytest.raises(errors.StorageError), aws_errors():
        raise errors.StorageError("sales.orders", "full") from cause
