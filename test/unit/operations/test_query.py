from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pyiceberg.types import LongType, StringType

from datalake_sdk.errors import (
    EmptyLakeError,
    NoSnapshotAtError,
    QueryFailedError,
    UnknownMetadataTableError,
    UnknownSnapshotError,
    UnknownTableError,
)

ORDERS = [{"id": 1, "item": 10, "price": 2.5}, {"id": 2, "item": 11, "price": 4.0}]
ITEMS = [{"item": 10, "name": "cup"}, {"item": 11, "name": "pot"}]


@pytest.fixture
def orders(lake):
    return lake.create("sales.orders", rows=ORDERS)


def test_tables_of_several_databases_are_joined(lake, orders):
    lake.create("stock.items", rows=ITEMS)
    rows = lake.query(
        """
        SELECT i.name, sum(o.price) AS price
        FROM {database_prefix}sales.orders AS o JOIN dev_stock.items AS i ON i.item = o.item
        GROUP BY i.name ORDER BY 1
        """
    )
    assert rows == [{"name": "cup", "price": 2.5}, {"name": "pot", "price": 4.0}]


@pytest.mark.parametrize(
    "name", ["dev_sales.orders", '"dev_sales"."orders"', "DEV_Sales.Orders", '"AwsDataCatalog"."dev_sales"."orders"']
)
def test_table_names_may_be_qualified_quoted_and_in_any_case(lake, orders, name):
    assert lake.query(f"SELECT count(*) AS n FROM {name}") == [{"n": 2}]


@pytest.mark.parametrize("column", ["id", "orders.id", "dev_sales.orders.id", "ID", '"Id"'])
def test_column_names_may_be_qualified_quoted_and_in_any_case(lake, orders, column):
    assert [list(row.values()) for row in lake.query(f"SELECT {column} FROM dev_sales.orders WHERE id = 1")] == [[1]]


def test_columns_named_with_reserved_words_and_special_characters_can_be_quoted(lake):
    lake.create("sales.odd", rows=[{"select": 1, "a b": 2, 'it"s': 3, "été": 4}])
    rows = lake.query('SELECT "select", "a b", "it""s", "été" FROM dev_sales.odd')
    assert rows == [{"select": 1, "a b": 2, 'it"s': 3, "été": 4}]


def test_one_table_is_read_at_two_versions(lake, orders):
    first = orders.current_snapshot().snapshot_id
    second = lake.append(orders, [{"id": 3, "item": 10, "price": 1.0}])
    rows = lake.query(
        f"""
        SELECT now.id FROM dev_sales.orders FOR VERSION AS OF {second} AS now
        LEFT JOIN dev_sales.orders FOR VERSION AS OF {first} AS before ON before.id = now.id
        WHERE before.id IS NULL
        """
    )
    assert rows == [{"id": 3}]


@pytest.mark.parametrize("clause", ["TIMESTAMP", "SYSTEM_TIME"])
def test_a_table_is_read_at_a_timestamp(lake, orders, clause):
    time = datetime.fromtimestamp(orders.current_snapshot().timestamp_ms / 1000, UTC)
    lake.append(orders, [{"id": 3, "item": 10, "price": 1.0}])
    moment = f"TIMESTAMP '{time:%Y-%m-%d %H:%M:%S.%f} UTC'"
    count = "SELECT count(*) AS n, max(orders.id) AS id FROM dev_sales.orders"
    assert lake.query(f"{count} FOR {clause} AS OF {moment}") == [{"n": 2, "id": 2}]
    for later in ("current_timestamp + INTERVAL '1' DAY", "TIMESTAMP '99999-01-01 00:00:00 UTC'"):
        assert lake.query(f"{count} FOR {clause} AS OF {later}") == [{"n": 3, "id": 3}]


def test_an_unknown_snapshot_is_rejected(lake, orders):
    with pytest.raises(UnknownSnapshotError, match=str(orders.current_snapshot().snapshot_id)):
        lake.query("SELECT * FROM dev_sales.orders FOR VERSION AS OF 5")
    for year in ("2001", "0001", "-0005"):
        with pytest.raises(NoSnapshotAtError, match="its first snapshot was committed at"):
            lake.query(f"SELECT * FROM dev_sales.orders FOR TIMESTAMP AS OF TIMESTAMP '{year}-01-01 00:00:00 UTC'")
    with pytest.raises(QueryFailedError, match="oops"):
        lake.query("SELECT * FROM dev_sales.orders FOR VERSION AS OF 'oops'")


def test_names_of_a_with_clause_take_precedence_over_tables(lake, orders):
    rows = lake.query("WITH orders AS (SELECT id FROM dev_sales.orders WHERE id = 2) SELECT * FROM orders")
    assert rows == [{"id": 2}]


def test_metadata_tables_are_read(lake, orders):
    snapshot = orders.current_snapshot()
    read = lake.query('SELECT snapshot_id, operation, committed_at FROM dev_sales."orders$snapshots"')
    committed_at = datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
    assert read == [{"snapshot_id": snapshot.snapshot_id, "operation": "append", "committed_at": committed_at}]
    assert lake.query('SELECT record_count, file_count FROM dev_sales."orders$partitions"') == [
        {"record_count": 2, "file_count": 1}
    ]
    assert lake.query('SELECT record_count FROM dev_sales."orders$files"') == [{"record_count": 2}]
    assert lake.query('SELECT is_current_ancestor AS x FROM dev_sales."orders$history"') == [{"x": True}]
    assert lake.query('SELECT name FROM dev_sales."orders$refs"') == [{"name": "main"}]


@pytest.mark.parametrize("name", ["snapshots", "history", "files", "partitions", "refs"])
def test_metadata_of_a_table_without_rows_is_empty(lake, name):
    lake.create("sales.empty", rows=[], schema=ids())
    assert lake.query(f'SELECT * FROM dev_sales."empty${name}"') == []


def test_metadata_tables_show_partitions_of_a_dropped_column(lake):
    table = lake.create("sales.orders", rows=[])
    with table.update_schema() as schema:
        schema.add_column("id", LongType()).add_column("country", StringType())
    with table.update_spec() as spec:
        spec.add_identity("country")
    lake.append(table, [{"id": 1, "country": "fr"}])
    with table.update_spec() as spec:
        spec.remove_field("country")
    with table.update_schema(allow_incompatible_changes=True) as schema:
        schema.delete_column("country")
    read = lake.query('SELECT "partition", record_count FROM dev_sales."orders$partitions"')
    assert read == [{"partition": {"country": "fr"}, "record_count": 1}]
    assert lake.query('SELECT record_count FROM dev_sales."orders$files"') == [{"record_count": 1}]


def test_an_unknown_metadata_table_is_rejected_with_the_valid_ones(lake, orders):
    with pytest.raises(UnknownMetadataTableError, match=r"'\$nope'; valid names are \$snapshots"):
        lake.query('SELECT * FROM dev_sales."orders$nope"')


@pytest.mark.parametrize("name", ["dev_sales.order", "sales.orders", "dev_sale.orders"])
def test_an_unknown_table_is_rejected_with_suggestions(lake, orders, name):
    with pytest.raises(UnknownTableError, match=f"table '{name}' does not exist") as caught:
        lake.query(f"SELECT * FROM {name}")
    assert caught.value.hint == "Did you mean 'dev_sales.orders'?"


def test_a_query_on_a_missing_lake_is_rejected_and_creates_nothing(lake):
    with pytest.raises(EmptyLakeError, match="stage 'dev' of the lake '.*' is empty"):
        lake.query("SELECT * FROM dev_sales.orders")
    assert not lake.root.exists()


def test_deleted_rows_are_not_returned(lake, orders, delete_positions):
    delete_positions(orders, [0])
    assert lake.query("SELECT id FROM dev_sales.orders") == [{"id": 2}]


def ids():
    import pyarrow as pa

    return pa.schema([("id", pa.int64())])
