"""The resources of a domain that the SDK works with, made by hand where no test is about Terraform."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datalake_sdk.settings import Environment
from test.emulator.process import Emulator


def empty_domain(aws: Emulator, environment: Environment, databases: Sequence[str]) -> Environment:
    """A domain without tables: the one that is there, emptied, which takes a tenth of the time, or a new one."""
    buckets = {bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]}
    if environment.data_bucket not in buckets:
        return create_domain(aws, environment, databases)
    for database in databases:
        _drop_tables(aws.client("glue"), environment.database_prefix + database)
    for bucket in (environment.data_bucket, environment.technical_bucket):
        _empty(aws.client("s3"), bucket)
    return environment


def create_domain(aws: Emulator, environment: Environment, databases: Sequence[str]) -> Environment:
    """Makes buckets, databases and the Athena workgroup of an environment.

    Args:
        aws: Where.
        environment: Its names.
        databases: Without the stage's prefix.
    """
    s3, glue, athena = aws.client("s3"), aws.client("glue"), aws.client("athena")
    for bucket in (environment.data_bucket, environment.technical_bucket):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": aws.region})
    for database in databases:
        location = f"s3://{environment.data_bucket}/{database}"
        glue.create_database(DatabaseInput={"Name": environment.database_prefix + database, "LocationUri": location})
    output = {"OutputLocation": f"s3://{environment.technical_bucket}/athena/results/"}
    athena.create_work_group(
        Name=environment.name,
        Configuration={"EnforceWorkGroupConfiguration": True, "ResultConfiguration": output},
    )
    return environment


def _drop_tables(glue: Any, database: str) -> None:
    for page in glue.get_paginator("get_tables").paginate(DatabaseName=database):
        for table in page["TableList"]:
            glue.delete_table(DatabaseName=database, Name=table["Name"])


def _empty(s3: Any, bucket: str) -> None:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        if page.get("Contents"):
            keys = [{"Key": entry["Key"]} for entry in page["Contents"]]
            s3.delete_objects(Bucket=bucket, Delete={"Objects": keys})
