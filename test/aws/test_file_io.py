"""Arrow writes a table's files to S3 with few requests."""

from __future__ import annotations

from datalake_sdk.settings import Environment
from test.behavior.lake import Lake
from test.emulator.domain import empty_domain

ENVIRONMENT = Environment("shop", "sales", "dev")


def test_small_files_are_written_without_multipart_uploads(account):
    empty_domain(account, ENVIRONMENT, ["sales"])
    Lake().ingest([{"id": 1}])
    written = account.client("s3").list_objects_v2(Bucket=ENVIRONMENT.data_bucket)["Contents"]
    assert len(written) == 4
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
    assert [entry["Key"] for entry in written if "-" in entry["ETag"]] == []
