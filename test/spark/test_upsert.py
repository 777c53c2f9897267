"""Upserts on Spark compute the batch once, and read only the files of the table that can have its keys."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pyspark.sql import functions as f

from datalake_sdk.errors import NullKeysError, RequiredColumnError
from datalake_sdk.settings import IngestionMode

UPSERT = {"mode": IngestionMode.UPSERT, "upsert_keys": ("id",)}
NOON = datetime.datetime(2024, 1, 1, 12, 0, 0, 5)
DAY = datetime.timedelta(days=1)


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param((1, 2, 10**12), id="long"),
        pytest.param(("O'Brien", "O'Hara\\", "Z"), id="string"),
        pytest.param((Decimal("-1.50"), Decimal("-1.25"), Decimal("9.75")), id="decimal"),
        pytest.param((NOON.date(), (NOON + DAY).date(), (NOON + 9 * DAY).date()), id="date"),
        pytest.param((NOON, NOON + DAY, NOON + 9 * DAY), id="timestamp"),
        pytest.param([(NOON + n * DAY).replace(tzinfo=datetime.UTC) for n in (0, 1, 9)], id="timestamptz"),
    ],
)
def test_an_upsert_reads_only_files_with_keys_in_the_range_of_the_batch(lake, keys):
    near, updated, far = keys
    lake.ingest([{"id": far, "n": 1}])
    (unreadable,) = (Path(urlsplit(file).path) for file in lake.data_files())
    lake.ingest([{"id": near, "n": 1}, {"id": updated, "n": 1}])
    content = unreadable.read_bytes()
    unreadable.write_bytes(b"")
    assert lake.upsert([{"id": near, "n": 2}, {"id": updated, "n": 2}]).rows_updated == 2
    unreadable.write_bytes(content)
    assert {row["id"]: row["n"] for row in lake.rows()} == {near: 2, updated: 2, far: 1}


def test_an_upsert_computes_its_batch_once(lake):
    lake.write(lake.session.range(4).withColumn("n", f.lit(0)), **UPSERT)
    computed = lake.session.sparkContext.accumulator(0)

    @f.udf("int")
    def counted(_):
        computed.add(1)
        return 1

    lake.write(lake.session.range(2, 6).select("id", counted("id").alias("n")), **UPSERT)
    assert computed.value == 4
    assert [row["n"] for row in lake.rows()] == [0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    "codec", [{"codec": "gzip"}, {"codec": "gzip", "level": "BEST_COMPRESSION"}, {"codec": "lz4_raw"}]
)
def test_a_codec_with_other_levels_than_zstd_is_supported(lake, codec):
    properties = {f"write.parquet.compression-{name}": value for name, value in codec.items()}
    lake.ingest([{"id": 1, "n": 1}], properties=properties)
    lake.upsert([{"id": 1, "n": 2}])
    assert lake.rows() == [{"id": 1, "n": 2}]


def test_required_columns_keep_their_stored_values(lake):
    lake.ingest([{"id": 1, "n": 1, "name": "a"}])
    require(lake, "id", "n")
    lake.upsert([{"id": 1, "name": "b"}])
    assert lake.rows() == [{"id": 1, "n": 1, "name": "b"}]
    with pytest.raises(RequiredColumnError, match="column 'n' is required"):
        lake.upsert([{"id": 2, "name": "c"}])
    assert lake.upsert([{"id": 2, "n": 2, "name": "c"}]).rows_inserted == 1


def test_a_null_in_a_required_key_is_counted(lake):
    lake.ingest([{"id": 1, "n": 1}])
    require(lake, "id")
    with pytest.raises(NullKeysError, match="1 row"):
        lake.upsert([{"id": 1, "n": 2}, {"id": None, "n": 2}])
    assert lake.rows() == [{"id": 1, "n": 1}]


def require(lake, *columns):
    with lake.iceberg().update_schema(allow_incompatible_changes=True) as update:
        for column in columns:
            update.update_column(column, required=True)
