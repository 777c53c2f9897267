from __future__ import annotations

import json

import pytest
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType

from datalake_sdk.errors import UnknownTableError
from datalake_sdk.operations.table_layout import table_layout
from datalake_sdk.settings import TableName

ORDERS = TableName("sales", "orders")


def test_the_files_of_a_table_are_described(lake):
    table = lake.create("sales.orders", rows=[{"id": 1}])
    lake.append(table, [{"id": number} for number in range(10_000)])
    found = table_layout(lake.platform, ORDERS)
    sizes = sorted(path.stat().st_size for path in lake.root.rglob("sales/orders/data/*.parquet"))
    assert (found.rows, found.files, found.bytes) == (10_001, 2, sum(sizes))
    assert [found.smallest_file_bytes, found.largest_file_bytes] == sizes
    assert (found.small_files, found.delete_files, found.snapshots) == (2, 0, 2)
    assert (found.partitions, found.maintenance_due) == (0, None)


def test_partitions_are_listed_from_the_largest(lake):
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "city", StringType()))
    spec = PartitionSpec(PartitionField(2, 1000, IdentityTransform(), "city"))
    table = lake.create("sales.orders", schema=schema, spec=spec)
    lake.append(table, [{"id": 1, "city": "Lyon"}])
    lake.append(table, [{"id": number, "city": "Nice"} for number in range(1_000)])
    found = table_layout(lake.platform, ORDERS)
    assert found.partition_keys == ("city",)
    assert [(each.partition, each.rows, each.files) for each in found.largest_partitions] == [
        ("city=Nice", 1_000, 1),
        ("city=Lyon", 1, 1),
    ]


def test_an_embedded_lake_costs_nothing(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    found = table_layout(lake.platform, ORDERS)
    assert (found.scan_dollars, found.storage_dollars_a_month) == (None, None)


def test_maintenance_that_is_due_is_explained(lake):
    table = lake.create("sales.orders", rows=[{"id": 1}], properties={"datalake_sdk_maintenance_versions": "3"})
    for number in (2, 3):
        lake.append(table, [{"id": number}])
    assert table_layout(lake.platform, ORDERS).maintenance_due == "3 versions since the last maintenance"


def test_an_empty_table_has_no_files(lake):
    lake.create("sales.orders", schema=Schema(NestedField(1, "id", LongType())))
    found = table_layout(lake.platform, ORDERS)
    assert (found.rows, found.files, found.oldest_snapshot) == (0, 0, None)
    assert json.loads(json.dumps(found.as_dict()))["largest_partitions"] == []


def test_an_unknown_table_is_reported(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    with pytest.raises(UnknownTableError):
        table_layout(lake.platform, TableName("sales", "nothing"))
