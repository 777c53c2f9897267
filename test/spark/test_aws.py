"""Spark on AWS: Iceberg's Glue catalog and its own S3 client, alone and together with the native engine."""

from __future__ import annotations

import pytest

from datalake_sdk.settings import Environment
from test.emulator import Emulator
from test.emulator.domain import empty_domain
from test.spark.lake import SparkLake
from test.spark.test_races import test_concurrent_spark_and_native_writers_neither_lose_nor_duplicate_rows  # noqa: F401

OLD = [{"id": 1, "city": "Lyon"}, {"id": 2, "city": None}]
NEW = [{"id": 2, "city": "Nice"}, {"id": 3, "city": "Metz"}]


@pytest.fixture
def lake(account: Emulator) -> SparkLake:
    """A domain without tables."""
    empty_domain(account, Environment("shop", "sales", "dev"), ["sales"])
    return SparkLake()


def test_each_engine_upserts_into_the_others_table(lake):
    lake.ingest(OLD, "upsert", ("id",))
    lake.native().ingest(NEW, "upsert", ("id",))
    lake.ingest([{"id": 1, "city": "Laon"}], "upsert", ("id",))
    rows = [{"id": 1, "city": "Laon"}, {"id": 2, "city": "Nice"}, {"id": 3, "city": "Metz"}]
    assert lake.rows() == lake.spark_rows() == rows
