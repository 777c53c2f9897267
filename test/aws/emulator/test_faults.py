"""Fault injection: calls fail on demand, a given number of times."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize(
    ("service", "call", "action", "code", "status"),
    [
        ("glue", "get_databases", "glue:GetDatabases", "ThrottlingException", 400),
        ("s3", "list_buckets", "s3:ListAllMyBuckets", "SlowDown", 503),
        ("sts", "get_caller_identity", "sts:GetCallerIdentity", "Throttling", 400),
        ("lakeformation", "list_permissions", "lakeformation:ListPermissions", "InternalServiceException", 500),
    ],
)
def test_the_next_call_fails_and_the_one_after_works(aws, service, call, action, code, status):
    client = aws.client(service)
    aws.fail_next(action, code, message="not now", status=status)
    with pytest.raises(ClientError, match="not now") as caught:
        getattr(client, call)()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    getattr(client, call)()


def test_a_fault_can_apply_to_several_calls(aws):
    aws.fail_next("glue:GetDatabases", "ThrottlingException", times=2)
    for _ in range(2):
        with pytest.raises(ClientError, match="ThrottlingException"):
            aws.client("glue").get_databases()
    assert aws.client("glue").get_databases()["DatabaseList"] == []


def test_a_fault_affects_no_other_calls_and_ends_with_a_reset(aws):
    aws.fail_next("glue:GetDatabases", "ThrottlingException")
    assert aws.client("glue").get_crawlers()["Crawlers"] == []
    aws.reset()
    assert aws.client("glue").get_databases()["DatabaseList"] == []
