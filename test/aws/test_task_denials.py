"""Access denials name the line of Terraform that grants the access, for each library that tasks use."""

from __future__ import annotations

import boto3
import polars as pl
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest

from datalake_sdk.errors import AccessDeniedError
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper

CALLER = "for role 'analyst' (arn:aws:sts::123456789012:assumed-role/analyst/ana)"
INPUT, OUTPUT = 'input_paths = ["s3://inbox/orders/"]', 'output_paths = ["s3://inbox/orders/"]'
READ = f"access denied: s3:GetObject on 'arn:aws:s3:::inbox/orders/day.parquet' {CALLER}: "
LISTED = f"access denied: s3:ListBucket on 'arn:aws:s3:::inbox' {CALLER}: because no identity-based policy allows"
WRITTEN = f"access denied: s3:PutObject on 'arn:aws:s3:::inbox/orders/new' {CALLER}: because no identity-based policy"


@pytest.fixture
def task(program, role, monkeypatch):
    """A task that may write its tables, but not access the bucket `inbox` or other services."""
    s3 = program.aws.client("s3")
    s3.create_bucket(Bucket="inbox", CreateBucketConfiguration={"LocationConstraint": program.aws.region})
    s3.put_object(Bucket="inbox", Key="orders/day.parquet", Body=b"PAR1")
    names = {"PROJECT_NAME": "shop", "DOMAIN_NAME": "sales", "STAGE_NAME": "dev"}
    allowed = role(["glue:*", "s3:*"], "arn:aws:glue:*", "arn:aws:s3:::shop-sales-dev-*")
    for name, value in {**names, **allowed}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return NativePythonProcessingWrapper(output_tables={"sales.orders": {}})


@pytest.fixture
def arrow(aws):
    return lambda: pyarrow.fs.S3FileSystem(endpoint_override=aws.endpoint, region=aws.region)


@pytest.fixture
def polars_options(aws):
    return {"aws_endpoint_url": aws.endpoint, "aws_allow_http": "true"}


def denial(task, function):
    with pytest.raises(AccessDeniedError) as caught:
        task.execute(function)
    return caught.value


def test_a_denied_request_of_boto3_names_the_declaration(task, subtests):
    calls = [
        (lambda s3: s3.get_object(Bucket="inbox", Key="orders/day.parquet"), READ, INPUT),
        (lambda s3: s3.head_object(Bucket="inbox", Key="orders/day.parquet"), READ, INPUT),
        (lambda s3: s3.download_file("inbox", "orders/day.parquet", "day.parquet"), READ, INPUT),
        (lambda s3: s3.list_objects_v2(Bucket="inbox", Prefix="orders/"), LISTED, INPUT),
        (lambda s3: s3.put_object(Bucket="inbox", Key="orders/new"), WRITTEN, OUTPUT),
        (lambda s3: s3.upload_file(__file__, "inbox", "orders/new"), WRITTEN, OUTPUT),
    ]
    for number, (call, message, line) in enumerate(calls):
        with subtests.test(number=number):
            denied = denial(task, lambda job, call=call: call(boto3.client("s3")))
            assert denied.message.startswith(message)
            assert f"Add to the task in Terraform: {line}." in denied.hint


def test_a_denied_request_of_arrow_names_the_declaration(task, arrow):
    for read in (
        lambda job: pq.read_table("inbox/orders/day.parquet", filesystem=arrow()),
        lambda job: arrow().open_input_stream("inbox/orders/day.parquet"),
    ):
        denied = denial(task, read)
        assert denied.message.startswith(READ)
        assert INPUT in denied.hint
    denied = denial(task, lambda job: arrow().open_output_stream("inbox/orders/new").close())
    assert denied.message.startswith(WRITTEN)
    assert OUTPUT in denied.hint


def test_a_denied_request_of_polars_names_the_declaration(task, polars_options):
    for scan in (pl.scan_parquet, pl.scan_csv):
        denied = denial(
            task, lambda job, scan=scan: scan("s3://inbox/orders/day.parquet", storage_options=polars_options).collect()
        )
        assert denied.message.startswith(READ)
        assert INPUT in denied.hint
    denied = denial(task, lambda job: pl.scan_csv("s3://inbox/orders/", storage_options=polars_options).collect())
    assert denied.message.startswith(LISTED)


def test_a_denial_is_found_behind_the_exception_that_a_task_raises(task):
    def function(job):
        try:
            job.boto_session.client("s3").get_object(Bucket="inbox", Key="orders/day.parquet")
        except Exception as error:
            raise RuntimeError("no orders today") from error

    denied = denial(task, function)
    assert denied.message.startswith(READ)
    assert isinstance(denied.__cause__.__cause__, RuntimeError)


def test_a_denial_while_rows_are_written_is_found(task, arrow):
    schema = pa.schema({"id": pa.int64()})

    def batches():
        arrow().open_input_stream("inbox/orders/day.parquet")
        yield pa.record_batch([[1]], schema)

    rows = pa.RecordBatchReader.from_batches(schema, batches())
    denied = denial(task, lambda job: {"sales.orders": job.ProcessingResponse(rows)})
    assert denied.message.startswith(READ)


def test_a_denial_of_another_service_names_the_additional_permission(task):
    denied = denial(task, lambda job: boto3.client("ec2").describe_instances())
    line = 'additional_permissions = { ec2 = { actions = ["ec2:DescribeInstances"], resources = ["*"] } }'
    assert f"Add to the task in Terraform: {line}." in denied.hint
    assert denied.reason == "because no identity-based policy allows the ec2:DescribeInstances action"
