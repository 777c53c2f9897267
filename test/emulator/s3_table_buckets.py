"""S3 Tables: policies, encryption and maintenance of table buckets, which moto lacks, and their deletion."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.s3tables.exceptions import ConflictException, NotFoundException
from moto.s3tables.models import FakeTableBucket, S3TablesBackend
from moto.s3tables.responses import S3TablesResponse

from test.emulator.patching import ServicePatches

PATCHES = ServicePatches("s3_table_buckets")

_UNREFERENCED = "icebergUnreferencedFileRemoval"
_DEFAULT_MAINTENANCE = {
    _UNREFERENCED: {
        "status": "enabled",
        "settings": {_UNREFERENCED: {"unreferencedDays": 3, "nonCurrentDays": 10}},
    }
}
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-table-buckets-maintenance.html"""


@PATCHES.replace(S3TablesResponse, "create_table_bucket", "c3950931dbba")
def _create_table_bucket(stock: Any, self: S3TablesResponse) -> Any:
    answer = stock(self)
    given = json.loads(self.body)
    bucket = self.s3tables_backend.get_table_bucket(json.loads(answer[2])["arn"])
    _settings(bucket)["encryption"] = given.get("encryptionConfiguration") or {"sseAlgorithm": "AES256"}
    return answer


@PATCHES.add(S3TablesResponse, "get_table_bucket_encryption")
def _get_table_bucket_encryption(self: S3TablesResponse) -> Any:
    return _answer({"encryptionConfiguration": _settings(_bucket(self))["encryption"]})


@PATCHES.add(S3TablesResponse, "put_table_bucket_encryption")
def _put_table_bucket_encryption(self: S3TablesResponse) -> Any:
    _settings(_bucket(self))["encryption"] = json.loads(self.body)["encryptionConfiguration"]
    return _answer({})


@PATCHES.add(S3TablesResponse, "get_table_bucket_maintenance_configuration")
def _get_maintenance(self: S3TablesResponse) -> Any:
    bucket = _bucket(self)
    return _answer({"tableBucketARN": bucket.arn, "configuration": _settings(bucket)["maintenance"]})


@PATCHES.add(S3TablesResponse, "put_table_bucket_maintenance_configuration")
def _put_maintenance(self: S3TablesResponse) -> Any:
    kind = self.path.rsplit("/", 1)[1]
    _settings(_bucket(self))["maintenance"][kind] = json.loads(self.body)["value"]
    return 204, self.default_response_headers, ""


@PATCHES.add(S3TablesResponse, "get_table_bucket_policy")
def _get_policy(self: S3TablesResponse) -> Any:
    policy = _settings(_bucket(self)).get("policy")
    if policy is None:
        raise NotFoundException("The specified table bucket does not have a bucket policy.")
    return _answer({"resourcePolicy": policy})


@PATCHES.add(S3TablesResponse, "put_table_bucket_policy")
def _put_policy(self: S3TablesResponse) -> Any:
    _settings(_bucket(self))["policy"] = json.loads(self.body)["resourcePolicy"]
    return _answer({})


@PATCHES.add(S3TablesResponse, "delete_table_bucket_policy")
def _delete_policy(self: S3TablesResponse) -> Any:
    _settings(_bucket(self)).pop("policy", None)
    return 204, self.default_response_headers, ""


@PATCHES.replace(S3TablesBackend, "delete_table_bucket", "d8760de167c7")
def _delete_table_bucket(stock: Any, self: S3TablesBackend, table_bucket_arn: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_s3Buckets_DeleteTableBucket.html."""
    if self.get_table_bucket(table_bucket_arn).namespaces:
        raise ConflictException("The bucket that you tried to delete is not empty.")
    stock(self, table_bucket_arn)


@PATCHES.replace(S3TablesBackend, "delete_namespace", "0ed44f83f602")
def _delete_namespace(stock: Any, self: S3TablesBackend, table_bucket_arn: str, namespace: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_s3Buckets_DeleteNamespace.html."""
    if self.get_namespace(table_bucket_arn, namespace).tables:
        raise ConflictException("The namespace that you tried to delete is not empty.")
    stock(self, table_bucket_arn, namespace)


def _bucket(self: S3TablesResponse) -> FakeTableBucket:
    arn = unquote(self.raw_path).removeprefix("/buckets/")
    return self.s3tables_backend.get_table_bucket("/".join(arn.split("/")[:2]))


def _settings(bucket: FakeTableBucket) -> dict[str, Any]:
    found: dict[str, Any] = bucket.__dict__.setdefault("_settings", {"maintenance": dict(_DEFAULT_MAINTENANCE)})
    return found


def _answer(body: Any) -> Any:
    return 200, {"Content-Type": "application/json"}, json.dumps(body)
