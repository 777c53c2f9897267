"""Spark writes to the Glue catalog and S3, as on EMR Serverless; the native engine reads the same tables."""

from __future__ import annotations

import pytest

from datalake_sdk.settings import Environment
from test.emulator.domain import empty_domain
from test.spark.lake import SparkLake


@pytest.fixture
def lake(account):
    empty_domain(account, Environment("shop", "sales", "dev"), databases=("sales",))
    return SparkLake()


def test_both_engines_read_the_rows_written_in_every_mode(lake):
    lake.ingest([{"id": 1, "month": 1}, {"id": 2, "month": 2}], partitions=("month",))
    lake.ingest([{"id": 2, "month": 2, "note": "x"}, {"id": 3, "month": 2, "note": "y"}], "upsert", ("id",))
    lake.ingest([{"id": 4, "month": 1}], "overwrite_partitions")
    lake.native().ingest([{"id": 5, "month": 3}])
    rows = [
        {"id": 2, "month": 2, "note": "x"},
        {"id": 3, "month": 2, "note": "y"},
        {"id": 4, "month": 1, "note": None},
        {"id": 5, "month": 3, "note": None},
    ]
    assert lake.rows() == rows
    assert lake.spark_rows() == rows
    assert lake.referenced_files() <= lake.data_files()
