"""Encrypted objects, topics and queues require permissions on their keys, as on AWS."""

from __future__ import annotations

import pytest

from test.aws.emulator.execution import policy
from test.aws.emulator.permissions import ACCOUNT, TASK, allow, arn, message

VIA_S3 = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}


def test_an_upload_may_be_restricted_to_an_encryption(bucket, caller, key):
    encrypted = {"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}
    s3 = caller(allow("s3:PutObject", Condition=encrypted), allow("kms:GenerateDataKey"))("s3")
    s3.put_object(Bucket="lake", Key="a", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert "s3:PutObject" in message(lambda: s3.put_object(Bucket="lake", Key="a"))


@pytest.fixture
def encrypted(bucket, key):
    """The bucket, encrypted with the key."""
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    bucket.put_bucket_encryption(Bucket="lake", ServerSideEncryptionConfiguration={"Rules": [rule]})
    bucket.put_object(Bucket="lake", Key="encrypted", Body=b"rows")
    return bucket


def test_encrypted_objects_require_permissions_on_the_key(encrypted, caller, key, aws):
    s3 = caller(allow("s3:*"))("s3")
    assert f"kms:Decrypt on resource: {key} " in message(lambda: s3.get_object(Bucket="lake", Key="encrypted"))
    assert "kms:GenerateDataKey" in message(lambda: s3.put_object(Bucket="lake", Key="new"))
    assert s3.get_object(Bucket="lake", Key="open/x")["Body"].read() == b"rows"
    through_s3 = allow(["kms:Decrypt", "kms:GenerateDataKey"], key, Condition=VIA_S3)
    aws.client("iam").put_role_policy(RoleName="task", PolicyName="key", PolicyDocument=policy(through_s3))
    s3.put_object(Bucket="lake", Key="new", Body=b"new")
    assert s3.get_object(Bucket="lake", Key="new")["Body"].read() == b"new"
    data_key = {"KeyId": key, "KeySpec": "AES_256"}
    kms = aws.client("kms", aws.assume_role(TASK, "run"))
    assert "kms:GenerateDataKey" in message(lambda: kms.generate_data_key(**data_key))


def test_an_object_that_was_deleted_from_a_versioned_bucket_is_not_found(bucket, caller):
    s3 = caller(allow("s3:*"))("s3")
    s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    s3.delete_object(Bucket="lake", Key="open/x")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="lake", Key="open/x")


def test_a_key_policy_that_does_not_delegate_to_the_account_excludes_identity_policies(encrypted, caller, key, aws):
    s3 = caller(allow(["s3:*", "kms:*"]))("s3")
    assert s3.get_object(Bucket="lake", Key="encrypted")["Body"].read() == b"rows"
    other = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"})
    aws.client("kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy(other))
    said = message(lambda: s3.get_object(Bucket="lake", Key="encrypted"))
    assert said.endswith("because no resource-based policy allows the kms:Decrypt action")


def test_a_key_of_another_account_is_denied_without_its_name(caller):
    key = "arn:aws:kms:eu-west-1:210987654321:key/1"
    said = message(lambda: caller(allow("kms:*"))("kms").generate_data_key(KeyId=key, KeySpec="AES_256"))
    assert "not authorized to perform: kms:GenerateDataKey on this resource because the resource does not exist" in said


def test_an_encryption_context_is_a_condition_key(encrypted, caller):
    of_new = {"StringLike": {"kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::lake/new/*"}}
    s3 = caller(allow("s3:*"), allow("kms:GenerateDataKey", Condition=of_new))("s3")
    s3.put_object(Bucket="lake", Key="new/x")
    assert "kms:GenerateDataKey" in message(lambda: s3.put_object(Bucket="lake", Key="old/x"))


def test_encrypted_topics_and_queues_require_permissions_on_the_key(aws, caller, key):
    topic = aws.client("sns").create_topic(Name="t", Attributes={"KmsMasterKeyId": key})["TopicArn"]
    queue = aws.client("sqs").create_queue(QueueName="q", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    client = caller(allow(["sns:*", "sqs:*"]))
    assert "kms:GenerateDataKey" in message(lambda: client("sns").publish(TopicArn=topic, Message="m"))
    assert "kms:GenerateDataKey" in message(lambda: client("sqs").send_message(QueueUrl=queue, MessageBody="m"))
    assert "kms:Decrypt" in message(lambda: client("sqs").receive_message(QueueUrl=queue))


def test_a_key_is_the_same_resource_by_its_id_its_arn_and_its_alias(aws, caller, key):
    aws.client("kms").create_alias(AliasName="alias/lake", TargetKeyId=key)
    kms = caller(allow("kms:DescribeKey", key))("kms")
    for name in (key, key.rpartition("/")[2], "alias/lake", arn("kms", "alias/lake")):
        assert kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == key
