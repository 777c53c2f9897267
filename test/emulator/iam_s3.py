"""The permissions that requests to S3 require: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from moto.s3tables.models import Table

from test.emulator.iam_keys import Keys
from test.emulator.iam_permission import Permission
from test.emulator.table_buckets import table_arn, table_of_bucket

_ACTIONS = {"HeadBucket": "ListBucket", "HeadObject": "GetObject"}
_SUBRESOURCES = {
    "encryption": "EncryptionConfiguration",
    "intelligent-tiering": "IntelligentTieringConfiguration",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
}
"""Bucket configurations whose requests moto mistakes for ListBucket, CreateBucket and DeleteBucket."""

_LISTING = ("prefix", "delimiter", "max-keys")
_HEADERS = ("x-amz-acl", "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id")


def s3_permissions(request: Any, given: str) -> Iterable[Permission]:
    """Returns the permissions that a request to S3 requires.

    Args:
        request: moto's representation of the request.
        given: ARN that moto determined.
    """
    action = _action(request)
    if (table := table_of_bucket(given)) is not None:
        return [_table_data(action, table)]
    if action == "DeleteObject" and request.method == "POST":
        return [Permission("s3:DeleteObject", f"{given}/{key}") for key in _keys_to_delete(request.body)]
    if action == "GetObject" and not _exists(request, given):
        # Without s3:ListBucket, S3 returns 403 instead of 404; the object's key is the value of s3:prefix.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, https://github.com/ceph/ceph/pull/68577
        bucket, _, key = given.partition("/")
        return [Permission("s3:GetObject", given), Permission("s3:ListBucket", bucket, {"s3:prefix": key})]
    resource = given if action != "ListAllMyBuckets" else "*"
    return [Permission(f"s3:{action}", resource, _keys(request, action)), *_additional(request, given)]


def _table_data(action: str, table: Table) -> Permission:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-setting-up.html."""
    kind = "GetTableData" if action.startswith("Get") else "PutTableData"
    keys = {"s3tables:namespace": table.namespace, "s3tables:tableName": table.name}
    return Permission(f"s3tables:{kind}", table_arn(table), keys)


def _action(request: Any) -> str:
    subresource = next((name for name in _SUBRESOURCES if name in request.querystring), None)
    if subresource:
        return ("Get" if request.method == "GET" else "Put") + _SUBRESOURCES[subresource]
    return str(_ACTIONS.get(request._get_action(), request._get_action()))


def _keys(request: Any, action: str) -> Keys:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html."""
    if action.startswith("List"):
        given = {name: request.querystring.get(name, [""])[0] for name in _LISTING}
    else:
        given = {name: request.headers.get(name) for name in _HEADERS}
    return {f"s3:{name}": str(value) for name, value in given.items() if value}


def _additional(request: Any, given: str) -> Iterator[Permission]:
    if source := request.headers.get("x-amz-copy-source"):
        yield Permission("s3:GetObject", "arn:aws:s3:::" + unquote(source).lstrip("/").partition("?")[0])
    if request.headers.get("x-amz-tagging") and request.method == "PUT":
        yield Permission("s3:PutObjectTagging", given)


def _exists(request: Any, arn: str) -> bool:
    bucket, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
    return bucket not in request.backend.buckets or request.backend.get_object(bucket, key) is not None


def _keys_to_delete(body: bytes) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(body).iter() if element.tag.endswith("Key")]
