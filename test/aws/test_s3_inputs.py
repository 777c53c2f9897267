"""Files in S3 are read into a local lake as into a lake on AWS."""

from __future__ import annotations

import gzip

import pytest

from datalake_sdk.inputs.options import FileInput
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from test import format_files
from test.behavior.lake import Lake

FILES = {
    "orders/2026-01.csv": b"id,city\n1,Lyon\n",
    "orders/2026-02.csv.gz": gzip.compress(b"id,city\n2,Nice\n"),
    "orders/_SUCCESS": b"",
    "other/x.jsonl": b'{"id": 3, "city": "Brest"}\n',
}


@pytest.fixture
def inbox(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="inbox", CreateBucketConfiguration={"LocationConstraint": aws.region})
    for key, body in FILES.items():
        s3.put_object(Bucket="inbox", Key=key, Body=body)


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        ("s3://inbox/orders/2026-01.csv", [1]),
        ("s3://inbox/orders/", [1, 2]),
        ("s3://inbox/orders", [1, 2]),
        ("s3://inbox/orders/*.csv.gz", [2]),
        ("s3://inbox/*/*.jsonl", [3]),
    ],
)
def test_objects_prefixes_and_globs_are_read_into_a_local_lake(inbox, tmp_path, path, ids):
    lake = Lake(tmp_path / "lake")
    lake.write(FileInput(path))
    assert [row["id"] for row in lake.rows()] == ids


@pytest.mark.parametrize("name", format_files.FILES)
def test_every_format_is_read_from_s3(aws, tmp_path, name):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="inbox", CreateBucketConfiguration={"LocationConstraint": aws.region})
    s3.put_object(Bucket="inbox", Key=name, Body=format_files.FILES[name])
    job = NativePythonProcessingWrapper(local_root=tmp_path / "lake")
    read = job.read_input_dataset(f"s3://inbox/{name}", **format_files.options_of(name))
    assert read["id"].tolist() == [row["id"] for row in format_files.ROWS]


def test_a_task_reads_objects_as_a_dataframe(inbox, tmp_path):
    job = NativePythonProcessingWrapper(local_root=tmp_path / "lake")
    assert job.read_input_dataset("s3://inbox/orders/")["city"].tolist() == ["Lyon", "Nice"]
