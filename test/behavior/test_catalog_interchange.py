"""The embedded catalog is compatible with pyiceberg's SQL catalog: each reads and writes the other's tables."""

from __future__ import annotations

from contextlib import closing

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog

from test.behavior.lake import Lake


def pyiceberg_catalog(lake: Lake) -> SqlCatalog:
    return SqlCatalog("glue_catalog", uri=f"sqlite:///{lake.root}/catalog.db", warehouse=f"file://{lake.root}")


def test_pyiceberg_reads_and_appends_to_a_table_of_the_lake(tmp_path):
    lake = Lake(tmp_path / "lake")
    lake.ingest([{"id": 1}])
    with closing(pyiceberg_catalog(lake)) as catalog:
        table = catalog.load_table("dev_sales.orders")
        assert table.scan().to_arrow().to_pylist() == [{"id": 1}]
        table.append(pa.table({"id": [2]}))
    assert lake.upsert([{"id": 2}, {"id": 3}]).rows_updated == 1
    assert lake.rows() == [{"id": 1}, {"id": 2}, {"id": 3}]


def test_the_lake_writes_to_a_table_created_by_pyiceberg(tmp_path):
    lake = Lake(tmp_path / "lake")
    lake.root.mkdir()
    with closing(pyiceberg_catalog(lake)) as catalog:
        catalog.create_namespace("dev_sales")
        catalog.create_table("dev_sales.orders", pa.schema({"id": pa.int64()})).append(pa.table({"id": [1]}))
        lake.ingest([{"id": 2}])
        assert lake.rows() == [{"id": 1}, {"id": 2}]
        assert catalog.load_table("dev_sales.orders").scan().to_arrow().num_rows == 2
