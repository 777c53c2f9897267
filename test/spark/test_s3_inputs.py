"""Files in S3, read by Spark's workers."""

from __future__ import annotations

import gzip
import os

import pytest

from datalake_sdk.errors import InputNotFoundError
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.operations import read
from datalake_sdk.spark_engine.reading import read_files
from datalake_sdk.spark_engine.spark_internals import arrow_rows
from test.spark.lake import SparkLake

FILES = {
    "orders/2026-01.csv": b"id,city\n1,Lyon\n",
    "orders/2026-02.csv.gz": gzip.compress(b"id,city\n2.5,Nice\n"),
    "orders/_SUCCESS": b"",
}


@pytest.fixture
def lake(aws, tmp_path):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="inbox", CreateBucketConfiguration={"LocationConstraint": aws.region})
    for key, body in FILES.items():
        s3.put_object(Bucket="inbox", Key=key, Body=body)
    made = SparkLake(tmp_path / "lake")
    # Workers get the environment that this process had when its first test started Java.
    given = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    made.session.sparkContext.environment.update(given)
    return made


@pytest.mark.parametrize("path", ["s3://inbox/orders/2026-01.csv", "s3://inbox/orders/", "s3://inbox/orders/*.gz"])
def test_objects_prefixes_and_globs_are_read_like_the_native_reader(lake, path):
    spark = arrow_rows(read_files(lake.session, lake.platform, path, InputOptions()))
    assert spark == read.read_files(lake.platform, path).read_all()


def test_a_missing_object_is_reported_before_spark_starts_a_task(lake):
    with pytest.raises(InputNotFoundError, match="s3://inbox/nothing.csv"):
        read_files(lake.session, lake.platform, "s3://inbox/nothing.csv", InputOptions())
