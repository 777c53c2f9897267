"""Code of tasks that is stored in S3."""

from __future__ import annotations

from pathlib import Path

from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession


def download_task_code(session: AwsSession, uri: str, folder: Path) -> None:
    """Downloads all objects below a prefix.

    Args:
        session: Account and region.
        uri: `s3://bucket/prefix/`.
        folder: Folder for the files, in which the rest of their keys are paths.
    """
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    s3 = session.client("s3")
    with aws_errors():
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for each in page.get("Contents", []):
                file = folder / each["Key"].removeprefix(prefix)
                file.parent.mkdir(parents=True, exist_ok=True)
                s3.download_file(bucket, each["Key"], str(file))
