"""The emulator records the requests of an application and delays each of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config

DELAY = 0.3


@pytest.fixture
def s3(aws):
    """A client of the traced application."""
    aws.trace_requests("traced", DELAY)
    return boto3.client("s3", config=Config(user_agent_appid="traced", s3={"addressing_style": "path"}))


def test_requests_of_an_application_are_recorded_with_their_operations(aws, s3):
    aws.client("sts").get_caller_identity()
    s3.list_buckets()
    s3.create_bucket(Bucket="orders", CreateBucketConfiguration={"LocationConstraint": aws.region})
    first, second = aws.traced_requests()
    assert [(each["service"], each["operation"], each["path"]) for each in (first, second)] == [
        ("s3", "ListBuckets", "/"),
        ("s3", "CreateBucket", "/orders"),
    ]
    assert second["start"] >= first["end"] >= first["start"] + DELAY
    assert first["connection"] == second["connection"]


def test_requests_on_several_connections_are_delayed_concurrently(aws, s3):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: s3.list_buckets(), range(4)))
    requests = aws.traced_requests()
    assert len({each["connection"] for each in requests}) == 4
    assert max(each["start"] for each in requests) < min(each["end"] for each in requests)


def test_a_reset_stops_the_trace(aws, s3):
    aws.reset()
    s3.list_buckets()
    assert aws.traced_requests() == []
