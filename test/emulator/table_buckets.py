"""Table buckets of S3 Tables and the buckets with the files of their tables."""

from __future__ import annotations

from moto.s3tables.models import Table, s3tables_backends

from test.emulator.process import ACCOUNT, REGION

_SUFFIX = "--table-s3"

# moto knows three of the Regions of the service.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-regions-quotas.html
s3tables_backends._additional_regions = [*(s3tables_backends._additional_regions or ()), REGION]


def table_arn(table: Table) -> str:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-setting-up.html."""
    return f"{table.table_bucket_arn}/table/{table._bucket.name.removesuffix(_SUFFIX)}"


def table_of_bucket(arn: str) -> Table | None:
    """Returns the table that owns a bucket or an object; None for other buckets.

    Args:
        arn: ARN of the bucket or of an object in it.
    """
    bucket = arn.rpartition(":::")[2].partition("/")[0]
    if not bucket.endswith(_SUFFIX):
        return None
    buckets = s3tables_backends[ACCOUNT][REGION].table_buckets.values()
    tables = (table for each in buckets for space in each.namespaces.values() for table in space.tables.values())
    return next((table for table in tables if table._bucket.name == bucket), None)
