from __future__ import annotations

import json

import pyarrow as pa
import pytest
from pyiceberg.schema import Schema
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform, TruncateTransform
from pyiceberg.types import ListType, LongType, NestedField, StringType, StructType, TimestampType

from datalake_sdk.errors import EmptyLakeError, UnknownDatabaseError, UnknownTableError
from datalake_sdk.operations.tables import describe_table, list_tables
from datalake_sdk.platforms.select import open_platform, resolve_environment
from datalake_sdk.settings import TableName

ORDERS = TableName("sales", "orders")


def test_tables_are_listed_by_name_with_their_sizes(lake):
    lake.create("stock.items", rows=[{"id": 1}])
    orders = lake.create("sales.orders", rows=[{"id": 1}, {"id": 2}])
    lake.append(orders, [{"id": 3}])
    first, second = list_tables(lake.platform)
    assert (first.table, first.database, first.name) == ("dev_sales.orders", "sales", "orders")
    assert (first.rows, first.files) == (3, 2)
    assert first.bytes == sum(path.stat().st_size for path in lake.root.rglob("sales/orders/data/*.parquet"))
    assert second.table == "dev_stock.items"


def test_one_database_is_listed(lake):
    lake.create("stock.items", rows=[{"id": 1}])
    lake.create("sales.orders", rows=[{"id": 1}])
    assert [table.name for table in list_tables(lake.platform, "stock")] == ["items"]


def test_tables_that_are_deleted_while_they_are_listed_are_left_out(lake, monkeypatch):
    lake.create("sales.orders", rows=[{"id": 1}])
    listed = lake.platform.catalog.list_tables("dev_sales")
    monkeypatch.setattr(lake.platform.catalog, "list_tables", lambda _: [("dev_sales", "deleted"), *listed])
    assert [table.name for table in list_tables(lake.platform)] == ["orders"]


def test_an_unknown_database_is_rejected_with_suggestions(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    with pytest.raises(UnknownDatabaseError, match="Did you mean 'sales'"):
        list_tables(lake.platform, "sale")


def test_a_database_of_a_stage_without_databases_names_the_stage(lake):
    with pytest.raises(EmptyLakeError, match="stage 'dev' of the lake"):
        list_tables(lake.platform, "sales")


def test_tables_of_other_stages_are_not_listed(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    other = open_platform(resolve_environment(None, None, "test", None, lake.root))
    assert list_tables(other) == []


@pytest.mark.parametrize(
    ("stage", "expected"),
    [("prod", ["dev_prices.all", "shop.orders"]), ("dev", ["dev_shop.orders"]), ("dev_2", ["dev_2_shop.orders"])],
)
def test_stages_whose_prefix_is_part_of_another_one_list_only_their_tables(stages, stage, expected):
    stages["prod"].create("dev_prices.all", rows=[{"id": 1}])
    for lake in stages.values():
        lake.create("shop.orders", rows=[{"id": 1}])
    platform = stages[stage].platform
    assert [table.table for table in list_tables(platform)] == expected
    others = [name.removeprefix(platform.environment.database_prefix) for name in ("dev_shop", "dev_2_shop")]
    for database in set(others) - {"shop"}:
        with pytest.raises(UnknownDatabaseError):
            list_tables(platform, database)


def test_a_table_of_another_stage_can_be_described_by_its_name_in_the_catalog(stages):
    stages["dev"].create("shop.orders", rows=[{"id": 1}])
    assert describe_table(stages["prod"].platform, TableName("dev_shop", "orders")).rows == 1


def test_a_missing_lake_has_no_tables(lake):
    assert list_tables(lake.platform) == []
    assert not lake.root.exists()


def test_a_table_is_described(lake):
    inner = StructType(NestedField(4, "a", LongType()), NestedField(5, "b", StringType()))
    schema = Schema(
        NestedField(1, "id", LongType(), doc="Number of the order"),
        NestedField(2, "parts", ListType(3, inner)),
        NestedField(6, "at", TimestampType()),
        NestedField(7, "country", StringType()),
    )
    table = lake.create("sales.orders", schema, properties={"owner": "shop"})
    with table.update_spec() as update:
        update.add_field("country", IdentityTransform()).add_field("at", DayTransform())
        update.add_field("id", BucketTransform(16)).add_field("country", TruncateTransform(4))
    described = describe_table(lake.platform, ORDERS)
    assert [(column.name, column.type, column.comment) for column in described.columns] == [
        ("id", "long", "Number of the order"),
        ("parts", "list<struct<a: long, b: string>>", None),
        ("at", "timestamp", None),
        ("country", "string", None),
    ]
    assert described.partition_keys == ("country", "day(at)", "bucket(16, id)", "truncate(4, country)")
    assert described.properties["owner"] == "shop"
    assert described.location == f"file://{lake.root}/local-lake-dev-data/sales/orders"
    assert (described.rows, described.files, described.bytes, described.snapshots) == (0, 0, 0, ())


def test_the_last_ten_snapshots_are_described_newest_first(lake):
    table = lake.create("sales.orders", rows=[{"id": 0}])
    for number in range(10):
        with table.transaction() as transaction:
            properties = {"datalake_sdk_ingestion_id": f"run-{number}"}
            transaction.append(pa.table({"id": [number, number]}), snapshot_properties=properties)
    snapshots = describe_table(lake.platform, ORDERS).snapshots
    assert [snapshot.ingestion_id for snapshot in snapshots] == [f"run-{number}" for number in reversed(range(10))]
    assert snapshots[0].snapshot_id == table.current_snapshot().snapshot_id
    assert (snapshots[0].operation, snapshots[0].added_rows, snapshots[0].deleted_rows) == ("append", 2, 0)


def test_descriptions_are_json_serializable(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    described = describe_table(lake.platform, ORDERS).as_dict()
    assert json.loads(json.dumps(described))["columns"] == [{"name": "id", "type": "long", "comment": None}]
    assert json.loads(json.dumps([table.as_dict() for table in list_tables(lake.platform)]))[0]["rows"] == 1


@pytest.mark.parametrize("name", [TableName("sales", "order"), TableName("dev_sales", "orders")])
def test_an_unknown_table_is_rejected_with_suggestions(lake, name):
    lake.create("sales.orders", rows=[{"id": 1}])
    with pytest.raises(UnknownTableError) as caught:
        describe_table(lake.platform, name)
    assert caught.value.hint == "Did you mean 'sales.orders'?"


def test_an_empty_lake_is_reported(lake):
    with pytest.raises(EmptyLakeError, match=str(lake.root)):
        describe_table(lake.platform, ORDERS)
