"""Creates the resources of a domain without Terraform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from datalake_sdk.settings import Environment, TableStorage
from test.emulator.process import Emulator


def empty_domain(aws: Emulator, environment: Environment, databases: Sequence[str]) -> Environment:
    """Returns a domain without tables: empties the existing one, which is much faster, or creates a new one."""
    buckets = [environment.data_bucket, environment.technical_bucket]
    names = [environment.database_prefix + database for database in databases]
    if aws.control("empty", buckets=buckets, databases=names):
        return environment
    return create_domain(aws, environment, databases)


def create_domain(aws: Emulator, environment: Environment, databases: Sequence[str]) -> Environment:
    """Creates the buckets, databases and Athena workgroup of an environment.

    Args:
        aws: The emulator.
        environment: The environment to create.
        databases: Names of the databases, without the stage's prefix.
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


def empty_table_bucket(aws: Emulator, environment: Environment, databases: Sequence[str]) -> Environment:
    """Returns an environment with an empty table bucket, which it creates.

    Args:
        aws: The emulator.
        environment: The environment.
        databases: Names of the namespaces, without the stage's prefix.
    """
    tables, name = aws.client("s3tables"), environment.table_bucket
    found = tables.list_table_buckets(prefix=name)["tableBuckets"]
    arn = found[0]["arn"] if found else tables.create_table_bucket(name=name)["arn"]
    for database in (environment.database_prefix + each for each in databases):
        if not found:
            tables.create_namespace(tableBucketARN=arn, namespace=[database])
        for table in tables.list_tables(tableBucketARN=arn, namespace=database)["tables"]:
            tables.delete_table(tableBucketARN=arn, namespace=database, name=table["name"])
    return replace(environment, table_storage=TableStorage.S3_TABLES)
