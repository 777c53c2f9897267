"""The buffer of the ingestion API on AWS."""

from __future__ import annotations

import json

import pytest

from datalake_sdk.ingestion_api.batches import BatchWriter
from datalake_sdk.platforms.aws.ingestion_buffer import decoded_message
from datalake_sdk.platforms.ingestion_buffer import (
    AcceptedRows,
    BatchOutcome,
    BatchState,
    BufferLocation,
    RequestRecord,
)
from datalake_sdk.platforms.select import open_aws_buffer

SNAPSHOT = 2**62


@pytest.fixture
def queue(aws):
    return aws.client("sqs").create_queue(QueueName="rows")["QueueUrl"]


@pytest.fixture
def buffer(aws, queue, monkeypatch):
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    aws.client("s3").create_bucket(Bucket="technical", CreateBucketConfiguration={"LocationConstraint": aws.region})
    aws.client("dynamodb").create_table(
        TableName="requests",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return open_aws_buffer(aws.region, BufferLocation(queue, "requests", "technical", "ingestion_api/events/"))


def accept(buffer, request, digest="digest"):
    return buffer.add(RequestRecord(request, digest), AcceptedRows(request, json.dumps({"id": request}), 1.5))


def test_a_request_is_sent_again_until_it_is_in_a_batch(aws, queue, buffer):
    assert accept(buffer, "a") == accept(buffer, "a")
    assert accept(buffer, "a", "other").digest == "digest"
    assert buffer.claim([RequestRecord("a", "digest")], "batch") == {"a"}
    assert accept(buffer, "a").batch == "batch"
    sent = aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert [decoded_message(message["Body"]).request for message in sent] == ["a", "a"]


def test_only_one_batch_claims_a_request(buffer):
    requests = [str(number) for number in range(120)]
    for request in requests:
        accept(buffer, request)
    records = list(buffer.find(requests).values())
    assert buffer.claim(records, "first") == set(requests)
    assert buffer.claim(records, "second") == set()
    assert buffer.claim(records, "first") == set(requests)
    assert buffer.claim(list(buffer.find(["1", "unknown"]).values()), "second") == {"1"}
    assert buffer.claim([RequestRecord("1", "digest", "first")], "second") == {"1"}


def test_the_first_content_and_a_written_outcome_of_a_batch_stay(buffer):
    content = [AcceptedRows("a", '{"city": "Nîmes"}', 1.5)]
    assert buffer.seal("batch", content) == content
    assert buffer.seal("batch", []) == content
    buffer.complete("batch", BatchOutcome(BatchState.FAILED, error="no"))
    buffer.complete("batch", BatchOutcome(BatchState.WRITTEN, SNAPSHOT))
    buffer.complete("batch", BatchOutcome(BatchState.FAILED, error="no"))
    assert buffer.outcomes(["batch", "other"]) == {"batch": BatchOutcome(BatchState.WRITTEN, SNAPSHOT)}


def test_redelivered_requests_are_written_with_their_batch(buffer):
    commits = {}

    def commit(batch, content):
        commits.setdefault(batch, [rows.request for rows in content])
        raise KeyboardInterrupt

    rows = [AcceptedRows(request, "{}", number) for number, request in enumerate("abc")]
    for each in rows:
        buffer.add(RequestRecord(each.request, "digest"), each)
    with pytest.raises(KeyboardInterrupt):
        BatchWriter(buffer, commit).write(rows[:2])

    def repeated(batch, content):
        commits.setdefault(batch, [each.request for each in content])
        return SNAPSHOT

    assert BatchWriter(buffer, repeated).write(rows[1:]).written == {"b", "c"}
    assert BatchWriter(buffer, repeated).write(rows).written == {"a", "b", "c"}
    assert list(commits.values()) == [["a", "b"], ["c"]]
