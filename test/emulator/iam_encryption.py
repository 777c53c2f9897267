"""The permissions on a KMS key that access to encrypted objects, topics and queues requires.

A caller needs no permission on the keys that AWS manages, such as `alias/aws/s3`.
https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-cmk
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from moto.kms.models import kms_backends
from moto.s3.models import FakeKey, s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from test.emulator.iam_keys import encryption_context, key_tags
from test.emulator.iam_permission import Permission
from test.emulator.iam_resources import key_arn

_HEADER = "s3:x-amz-server-side-encryption-aws-kms-key-id"


@dataclass(frozen=True)
class _Encryption:
    """How a resource is encrypted.

    Attributes:
        key: ID, ARN or alias of the KMS key.
        account: Account of the resource.
        region: Region of the resource.
        context: Encryption context.
    """

    key: str
    account: str
    region: str
    context: Mapping[str, str]


def encryption_permissions(account: str, permission: Permission) -> Iterator[Permission]:
    """Yields the permissions on the key that a caller needs in addition to a permission on a resource.

    Args:
        account: Account of the caller.
        permission: The permission on the resource.
    """
    find, actions = _ENCRYPTED.get(permission.action, (None, ()))
    encryption = find(permission) if find and permission.resource else None
    if encryption is None or "alias/aws/" in encryption.key:
        return
    service = permission.action.partition(":")[0]
    backend = kms_backends[encryption.account][encryption.region]
    keys = {
        "kms:ViaService": f"{service}.{encryption.region}.amazonaws.com",
        **encryption_context(encryption.context, account or encryption.account),
        **key_tags(backend, encryption.key),
    }
    resource = key_arn(backend, encryption.key)
    for action in actions:
        yield Permission(f"kms:{action}", resource, keys)


def _of_stored_object(permission: Permission) -> _Encryption | None:
    bucket, key = _bucket(permission)
    stored = bucket.keys.get(key) if bucket else None
    if not isinstance(stored, FakeKey) or stored.encryption != "aws:kms" or not stored.kms_key_id:
        return None
    return _of_object(bucket, permission, stored.kms_key_id, bool(stored.bucket_key_enabled))


def _of_new_object(permission: Permission) -> _Encryption | None:
    bucket, _ = _bucket(permission)
    rule = (bucket.encryption or {}).get("Rule", {}) if bucket else {}
    key = permission.keys.get(_HEADER) or rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
    return _of_object(bucket, permission, str(key), rule.get("BucketKeyEnabled") == "true") if key else None


def _of_object(bucket: Any, permission: Permission, key: str, bucket_key: bool) -> _Encryption:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context."""
    arn = str(permission.resource)
    context = {"aws:s3:arn": arn.partition("/")[0] if bucket_key else arn}
    return _Encryption(key, bucket.account_id, bucket.region_name, context)


def _bucket(permission: Permission) -> tuple[Any, str]:
    name, _, key = str(permission.resource).rpartition(":::")[2].partition("/")
    _, account = s3_backends.bucket_accounts.get(name, ("", ""))
    return (s3_backends[account]["aws"].buckets.get(name) if account else None), key


def _of_topic(permission: Permission) -> _Encryption | None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html."""
    arn = str(permission.resource)
    region, account = arn.split(":")[3:5]
    topic = sns_backends[account][region].topics.get(arn)
    if topic is None or not topic.kms_master_key_id:
        return None
    return _Encryption(topic.kms_master_key_id, account, region, {"aws:sns:topicArn": arn})


def _of_queue(permission: Permission) -> _Encryption | None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html."""
    arn = str(permission.resource)
    region, account, name = arn.split(":")[3:6]
    queue: Any = sqs_backends[account][region].queues.get(name)
    if queue is None or not queue.kms_master_key_id:
        return None
    return _Encryption(queue.kms_master_key_id, account, region, {"aws:sqs:arn": arn})


_Find = Callable[[Permission], _Encryption | None]
_ENCRYPTED: dict[str, tuple[_Find | None, Iterable[str]]] = {
    "s3:GetObject": (_of_stored_object, ("Decrypt",)),
    "s3:PutObject": (_of_new_object, ("GenerateDataKey",)),
    "sns:Publish": (_of_topic, ("GenerateDataKey", "Decrypt")),
    "sqs:ReceiveMessage": (_of_queue, ("Decrypt",)),
    "sqs:SendMessage": (_of_queue, ("GenerateDataKey", "Decrypt")),
}
