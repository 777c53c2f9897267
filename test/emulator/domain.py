"""The resources of a domain that the SDK works with, made by hand where no test is about Terraform."""

from __future__ import annotations

from collections.abc import Sequence

from datalake_sdk.settings import Environment
from test.emulator.process import Emulator


def empty_domain(aws: Emulator, environment: Environment, databases: Sequence[str]) -> Environment:
    """A domain without tables: the one that is there, emptied, which takes a hundredth of the time, or a new one."""
    buckets = [environment.data_bucket, environment.technical_bucket]
    names = [environment.database_prefix + database for database in databases]
    if aws.control("empty", buckets=buckets, databases=names):
        return environment
    return create_domain(aws, environment, databases)


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
