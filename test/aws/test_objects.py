"""Objects of S3 are read with few requests, and again if their content ends early."""

from __future__ import annotations

import io
import sys
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.response import StreamingBody

from datalake_sdk.errors import UnreachableServiceError
from datalake_sdk.platforms.aws.object_reader import ObjectReader
from datalake_sdk.platforms.aws.objects import TAIL_BYTES, S3Objects

UNIQUE = "s3://orders/data/7771e270be294ebd88636caa3c60b8b0.parquet"
REUSED = "s3://orders/data/orders.parquet"


class Client:
    """A client of S3 that counts requests for objects, and loses the end of some of them."""

    def __init__(self, s3) -> None:
        self._s3 = s3
        self.ranges: list[str | None] = []
        self.incomplete = 0

    def __getattr__(self, name):
        return getattr(self._s3, name)

    def get_object(self, **request):
        self.ranges.append(request.get("Range"))
        response = self._s3.get_object(**request)
        if self.incomplete:
            self.incomplete -= 1
            content = response["Body"].read()
            response["Body"] = StreamingBody(io.BytesIO(content[:-1]), len(content))
        return response


@pytest.fixture
def client(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="orders", CreateBucketConfiguration={"LocationConstraint": aws.region})
    return Client(s3)


def test_a_small_parquet_file_is_read_with_one_request(client):
    objects, rows, content = S3Objects(client), pa.table({"id": [1, 2], "name": ["a", "b"]}), io.BytesIO()
    pq.write_table(rows, content)
    client.put_object(Bucket="orders", Key="data/orders.parquet", Body=content.getvalue())
    assert pq.read_table(ObjectReader(REUSED, objects)) == rows
    assert client.ranges == [f"bytes=-{TAIL_BYTES}"]


def test_every_part_of_a_large_object_can_be_read(client):
    content = bytes(range(256)) * 16_000
    client.put_object(Bucket="orders", Key="data/orders.parquet", Body=content)
    reader = ObjectReader(REUSED, S3Objects(client))
    size = len(content)
    for start, length in [
        (0, 10),
        (5, 2_000_000),
        (2_000_005, 100),
        (size - TAIL_BYTES - 5, 10),
        (size - 3, 10),
        (0, -1),
    ]:
        reader.seek(start)
        assert reader.read(length) == (content[start:] if length < 0 else content[start : start + length])
    assert reader.seek(-1, io.SEEK_END) == size - 1


def test_objects_with_unique_names_are_cached_and_others_are_read_again(client):
    objects = S3Objects(client)
    for location in (UNIQUE, REUSED):
        objects.write(location, b"old")
        client.put_object(Bucket="orders", Key=location.removeprefix("s3://orders/"), Body=b"new")
    assert [objects.whole(UNIQUE), objects.whole(REUSED), objects.tail(REUSED).content] == [b"old", b"new", b"new"]
    assert len(client.ranges) == 2


def test_threads_that_cache_the_same_object_count_its_size_once():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        objects, content = S3Objects(Mock(put_object=dict)), bytes(4 << 20)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: objects.write(UNIQUE, content), range(20_000)))
    finally:
        sys.setswitchinterval(interval)
    assert objects.whole(UNIQUE) == content


def test_a_deleted_object_is_not_found(client):
    objects = S3Objects(client)
    objects.write(UNIQUE, b"rows")
    objects.delete(UNIQUE)
    assert objects.size(UNIQUE) is None
    with pytest.raises(FileNotFoundError, match=UNIQUE):
        objects.tail(UNIQUE)


def test_an_empty_object_has_an_empty_tail(client):
    objects = S3Objects(client)
    objects.write(REUSED, b"")
    assert (objects.tail(REUSED).content, objects.tail(REUSED).size) == (b"", 0)


def test_an_object_whose_content_ends_early_is_requested_again(client):
    objects = S3Objects(client)
    objects.write(REUSED, b"content")
    client.incomplete = 2
    assert objects.whole(REUSED) == b"content"
    client.incomplete = 3
    with pytest.raises(UnreachableServiceError):
        objects.whole(REUSED)
