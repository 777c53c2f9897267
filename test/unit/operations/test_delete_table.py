from __future__ import annotations

import pyarrow as pa
import pytest

from datalake_sdk.errors import OutsideLakeError, UnknownTableError
from datalake_sdk.operations.delete_table import delete_table
from datalake_sdk.operations.tables import list_tables
from datalake_sdk.settings import TableName

ORDERS = TableName("sales", "orders")


def test_deleting_a_table_removes_its_catalog_entry_and_all_of_its_files(lake):
    kept = lake.create("sales.returns", rows=[{"id": 1}])
    before = lake.files()
    orders = lake.create("sales.orders", rows=[{"id": 1}, {"id": 2}])
    lake.append(orders, [{"id": 3}])
    files = lake.files() - before
    size = sum(path.stat().st_size for path in files)
    deleted = delete_table(lake.platform, ORDERS)
    assert (deleted.table, deleted.rows) == ("dev_sales.orders", 3)
    assert (deleted.files_removed, deleted.bytes_removed) == (len(files), size)
    assert lake.files() == before
    assert [table.name for table in list_tables(lake.platform)] == ["returns"]
    assert kept.scan().to_arrow().num_rows == 1


def test_the_name_of_a_deleted_table_can_be_reused(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    delete_table(lake.platform, ORDERS)
    lake.create("sales.orders", rows=[{"name": "new"}])
    assert lake.query("SELECT * FROM dev_sales.orders") == [{"name": "new"}]


def test_an_unknown_table_is_rejected_with_suggestions(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    with pytest.raises(UnknownTableError, match="Did you mean 'sales.orders'"):
        delete_table(lake.platform, TableName("sales", "order"))


def test_a_table_outside_the_lake_is_not_deleted(lake, tmp_path):
    lake.create("sales.other", rows=[{"id": 1}])
    lake.platform.catalog.create_table(
        "dev_sales.orders", pa.schema([("id", pa.int64())]), location=f"file://{tmp_path}/elsewhere"
    )
    with pytest.raises(OutsideLakeError, match="nothing was removed"):
        delete_table(lake.platform, ORDERS)
    assert lake.query("SELECT * FROM dev_sales.orders") == []
    assert any((tmp_path / "elsewhere").rglob("*.json"))
