"""S3 emits events in the format of AWS and stores the configurations of a bucket separately from the bucket."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

RULE = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["lake"]}}}


@pytest.fixture
def s3(aws):
    client = aws.client("s3")
    client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": aws.region})
    return client


@pytest.fixture
def emitted(aws, s3):
    """`emitted()` returns the events since the last call, which a rule sends to a queue."""
    _event_bridge(s3)
    queue = aws.client("sqs").create_queue(QueueName="emitted")["QueueUrl"]
    aws.client("events").put_rule(Name="objects", EventPattern=json.dumps(RULE))
    target = {"Id": "queue", "Arn": f"arn:aws:sqs:{aws.region}:{aws.account}:emitted"}
    aws.client("events").put_targets(Rule="objects", Targets=[target])

    def emitted():
        received = []
        while messages := aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
            received += [json.loads(message["Body"]) for message in messages]
            for message in messages:
                aws.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return received

    return emitted


def test_a_new_object_emits_one_event_with_all_fields(s3, emitted):
    etag = s3.put_object(Bucket="lake", Key="in/a b.csv", Body=b"1,2", Tagging="a=b")["ETag"].strip('"')
    (event,) = emitted()
    assert {name: event[name] for name in ("source", "detail-type", "account", "region", "resources")} == {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "account": "123456789012",
        "region": "eu-west-1",
        "resources": ["arn:aws:s3:::lake"],
    }
    thing = event["detail"]["object"]
    assert (thing["key"], thing["size"], thing["etag"]) == ("in/a b.csv", 3, etag)
    assert event["detail"]["reason"] == "PutObject"


def test_a_multipart_upload_emits_one_event_when_it_is_complete(s3, emitted):
    upload = s3.create_multipart_upload(Bucket="lake", Key="big")["UploadId"]
    part = s3.upload_part(Bucket="lake", Key="big", UploadId=upload, PartNumber=1, Body=b"x")
    assert emitted() == []
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket="lake", Key="big", UploadId=upload, MultipartUpload=parts)
    assert [event["detail"]["reason"] for event in emitted()] == ["CompleteMultipartUpload"]


def test_a_copy_emits_an_event_with_its_reason(s3, emitted):
    s3.put_object(Bucket="lake", Key="a", Body=b"x")
    s3.copy_object(Bucket="lake", Key="b", CopySource="lake/a")
    assert [event["detail"]["reason"] for event in emitted()] == ["PutObject", "CopyObject"]


def test_a_deleted_object_emits_an_event(s3, emitted):
    s3.put_object(Bucket="lake", Key="a", Body=b"x")
    emitted()
    s3.delete_object(Bucket="lake", Key="a")
    (event,) = emitted()
    assert event["detail-type"] == "Object Deleted"
    assert event["detail"]["deletion-type"] == "Permanently Deleted"


def test_a_delete_in_a_versioned_bucket_keeps_the_version_and_emits_a_marker_event(s3, emitted):
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="lake", Key="a", Body=b"x")["VersionId"]
    emitted()
    s3.delete_object(Bucket="lake", Key="a")
    (event,) = emitted()
    assert event["detail"]["deletion-type"] == "Delete Marker Created"
    assert s3.get_object(Bucket="lake", Key="a", VersionId=version)["Body"].read() == b"x"
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="lake", Key="a")


def test_a_missing_object_in_a_versioned_bucket_can_be_deleted(s3, emitted):
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(Bucket="lake", Key="missing")
    assert emitted() == []


def test_no_events_are_emitted_after_event_bridge_is_disabled(s3, emitted):
    s3.put_bucket_notification_configuration(Bucket="lake", NotificationConfiguration={})
    s3.put_object(Bucket="lake", Key="a", Body=b"x")
    assert emitted() == []


def test_a_bucket_returns_its_event_bridge_configuration(s3):
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket="lake")
    _event_bridge(s3)
    assert s3.get_bucket_notification_configuration(Bucket="lake")["EventBridgeConfiguration"] == {}


def test_intelligent_tiering_is_stored_listed_and_deleted(s3):
    tiering = {"Id": "all", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
    s3.put_bucket_intelligent_tiering_configuration(Bucket="lake", Id="all", IntelligentTieringConfiguration=tiering)
    found = s3.get_bucket_intelligent_tiering_configuration(Bucket="lake", Id="all")
    assert found["IntelligentTieringConfiguration"] == tiering
    listed = s3.list_bucket_intelligent_tiering_configurations(Bucket="lake")
    assert listed["IntelligentTieringConfigurationList"] == [tiering]
    s3.delete_bucket_intelligent_tiering_configuration(Bucket="lake", Id="all")
    with pytest.raises(ClientError, match="NoSuchConfiguration") as caught:
        s3.get_bucket_intelligent_tiering_configuration(Bucket="lake", Id="all")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert s3.head_bucket(Bucket="lake")


def test_deleting_an_unsupported_configuration_does_not_delete_the_bucket(s3):
    with pytest.raises(ClientError):
        s3.delete_bucket_metrics_configuration(Bucket="lake", Id="all")
    assert s3.head_bucket(Bucket="lake")


def _event_bridge(s3):
    s3.put_bucket_notification_configuration(Bucket="lake", NotificationConfiguration={"EventBridgeConfiguration": {}})


def test_a_bucket_policy_denies_access_without_a_condition(s3):
    bucket = {"Effect": "Deny", "Principal": "*", "Resource": ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}
    without_tls = {"Bool": {"aws:SecureTransport": "false"}}
    _policy(s3, {**bucket, "Action": "s3:*", "Condition": without_tls})
    s3.put_object(Bucket="lake", Key="orders.csv", Body=b"1")
    assert s3.get_object(Bucket="lake", Key="orders.csv")["Body"].read() == b"1"
    _policy(s3, {**bucket, "Action": "s3:GetObject"})
    with pytest.raises(ClientError, match="403"):
        s3.get_object(Bucket="lake", Key="orders.csv")


def test_a_versioned_bucket_can_be_emptied(s3):
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="lake", Key="orders.csv", Body=b"1")["VersionId"]
    marker = s3.delete_object(Bucket="lake", Key="orders.csv")["VersionId"]
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Suspended"})
    entries = [{"Key": "orders.csv", "VersionId": one} for one in (version, marker)]
    assert len(s3.delete_objects(Bucket="lake", Delete={"Objects": entries})["Deleted"]) == 2
    assert "Versions" not in s3.list_object_versions(Bucket="lake")


def _policy(s3, statement):
    s3.put_bucket_policy(Bucket="lake", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
