from __future__ import annotations

import datetime as dt
from decimal import Decimal
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyiceberg.manifest import DataFileContent
from pyiceberg.schema import Schema
from pyiceberg.transforms import DayTransform, IdentityTransform
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

from datalake_sdk.engine.scan import read_arrow, relation, snapshot_at
from datalake_sdk.errors import (
    EqualityDeletesError,
    NoSnapshotAtError,
    UnknownColumnError,
    UnknownSnapshotError,
)

UTC = dt.UTC
EVERY_TYPE = Schema(
    NestedField(1, "boolean", BooleanType()),
    NestedField(2, "int", IntegerType()),
    NestedField(3, "long", LongType()),
    NestedField(4, "float", FloatType()),
    NestedField(5, "double", DoubleType()),
    NestedField(6, "decimal", DecimalType(9, 2)),
    NestedField(7, "date", DateType()),
    NestedField(8, "time", TimeType()),
    NestedField(9, "timestamp", TimestampType()),
    NestedField(10, "timestamptz", TimestamptzType()),
    NestedField(11, "string", StringType()),
    NestedField(12, "uuid", UUIDType()),
    NestedField(13, "fixed", FixedType(4)),
    NestedField(14, "binary", BinaryType()),
    NestedField(15, "struct", StructType(NestedField(16, "a", IntegerType()), NestedField(17, "b", StringType()))),
    NestedField(18, "list", ListType(19, StructType(NestedField(20, "x", IntegerType())))),
    NestedField(21, "map", MapType(22, StringType(), 23, LongType(), value_required=False)),
)
ROW = {
    "boolean": True,
    "int": 1,
    "long": 2**40,
    "float": 1.5,
    "double": 2.25,
    "decimal": Decimal("1.25"),
    "date": dt.date(2020, 2, 29),
    "time": dt.time(1, 2, 3, 4),
    "timestamp": dt.datetime(2020, 1, 1, 12, 30, 0, 123456),
    "timestamptz": dt.datetime(2020, 1, 1, 12, 30, tzinfo=UTC),
    "string": "é'\"",
    "uuid": UUID("b342b5a0-9e06-4015-9032-b0b91e5c757f"),
    "fixed": b"abcd",
    "binary": b"\x00\xff",
    "struct": {"a": 1, "b": "x"},
    "list": [{"x": 1}, {"x": None}],
    "map": [("k", 5)],
}
ARROW_TYPES = {
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "decimal": pa.decimal128(9, 2),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "string": pa.string(),
    "uuid": pa.uuid(),
    "fixed": pa.binary(4),
    "binary": pa.binary(),
}


def rows_of(table, **options):
    return read_arrow(table, **options).read_all().to_pylist()


def test_every_type_is_read_as_it_was_written(lake):
    table = lake.create("sales.orders", EVERY_TYPE)
    lake.append(table, [{**ROW, "uuid": ROW["uuid"].bytes}])
    assert rows_of(table) == [ROW]
    assert {name: read_arrow(table).schema.field(name).type for name in ARROW_TYPES} == ARROW_TYPES


def test_a_table_without_rows_has_its_columns_and_types(lake):
    table = lake.create("sales.orders", EVERY_TYPE)
    filled = lake.create("sales.filled", EVERY_TYPE, [{**ROW, "uuid": ROW["uuid"].bytes}])
    assert rows_of(table) == []
    assert [str(column) for column in duckdb.sql(relation(table)).types] == [
        str(column) for column in duckdb.sql(relation(filled)).types
    ]


def test_columns_are_matched_by_id_after_renames_additions_drops_and_promotions(lake):
    columns = {"id": pa.int32(), "price": pa.float32(), "cost": pa.decimal128(9, 2), "gone": pa.string()}
    table = lake.create("sales.orders", pa.schema(columns.items()))
    lake.append(table, [{"id": 1, "price": 1.5, "cost": Decimal("2.50"), "gone": "x"}])
    with table.update_schema() as update:
        update.update_column("id", LongType()).update_column("price", DoubleType())
        update.update_column("cost", DecimalType(18, 2)).delete_column("gone")
    with table.update_schema() as update:
        update.rename_column("id", "order_id").rename_column("cost", "id").add_column("gone", IntegerType())
    lake.append(table, [{"order_id": 2**40, "price": 2.5, "id": Decimal("3.50"), "gone": 7}])
    assert sorted(rows_of(table), key=lambda row: row["order_id"]) == [
        {"order_id": 1, "price": 1.5, "id": Decimal("2.50"), "gone": None},
        {"order_id": 2**40, "price": 2.5, "id": Decimal("3.50"), "gone": 7},
    ]


@pytest.mark.parametrize("change", ["add", "rename", "drop_and_add_again"])
def test_struct_fields_are_matched_by_id(lake, change):
    inner = StructType(NestedField(3, "a", IntegerType()), NestedField(4, "b", StringType()))
    table = lake.create("sales.orders", Schema(NestedField(1, "list", ListType(2, inner))))
    lake.append(table, [{"list": [{"a": 1, "b": "x"}]}])
    path = ("list", "element")
    with table.update_schema() as update:
        if change == "add":
            update.add_column((*path, "c"), LongType())
        else:
            update.rename_column((*path, "a"), "c") if change == "rename" else update.delete_column((*path, "a"))
    if change == "drop_and_add_again":
        with table.update_schema() as update:
            update.add_column((*path, "a"), IntegerType())
    expected = {
        "add": {"a": 1, "b": "x", "c": None},
        "rename": {"c": 1, "b": "x"},
        "drop_and_add_again": {"b": "x", "a": None},
    }
    assert rows_of(table) == [{"list": [expected[change]]}]


def test_files_without_field_ids_are_read_with_the_name_mapping(lake, tmp_path):
    table = lake.create("sales.orders", pa.schema([("id", pa.int64())]))
    pq.write_table(pa.table({"id": [1, 2]}), tmp_path / "imported.parquet")
    table.add_files([f"file://{tmp_path}/imported.parquet"])
    assert rows_of(table) == [{"id": 1}, {"id": 2}]


def test_partition_folders_and_changed_specs_do_not_affect_values(lake):
    table = lake.create("sales.orders", pa.schema([("city", pa.string()), ("day", pa.date32())]))
    rows = [{"city": "a b/é?", "day": dt.date(2020, 1, 1)}, {"city": None, "day": dt.date(2020, 1, 2)}]
    lake.append(table, rows[:1])
    with table.update_spec() as update:
        update.add_field("city", IdentityTransform(), "city")
    lake.append(table, rows)
    with table.update_spec() as update:
        update.remove_field("city").add_field("day", DayTransform(), "day_day")
    lake.append(table, rows)
    assert sorted(rows_of(table), key=str) == sorted([*rows, *rows, rows[0]], key=str)


@pytest.mark.parametrize("scheme", ["file://", "file:"], ids=["as pyiceberg writes it", "as Spark writes it"])
def test_deleted_positions_are_not_read(lake, delete_positions, scheme):
    table = lake.create("sales.orders", pa.schema([("id", pa.int64())]))
    lake.append(table, [{"id": number} for number in range(5)])
    lake.append(table, [{"id": number} for number in range(10, 15)])
    delete_positions(table, [0, 3], scheme)
    lake.append(table, [{"id": 20}])
    delete_positions(table, [0, 1], scheme)
    assert sorted(row["id"] for row in rows_of(table)) == [2, 4, 12, 14]


def test_columns_may_have_the_names_of_duckdbs_virtual_columns(lake):
    rows = [{"filename": "mine", "file_row_number": 7, "pos": 8, "we\"ird 'name": 9}]
    table = lake.create("sales.orders", rows=rows)
    assert rows_of(table) == rows


def test_a_lake_folder_may_have_special_characters(lake, tmp_path):
    odd = type(lake)(tmp_path / "it's [a] *lake* 100%20 é")
    assert rows_of(odd.create("sales.orders", rows=[{"id": 1}])) == [{"id": 1}]


def test_an_older_snapshot_is_read_with_its_own_columns(lake):
    table = lake.create("sales.orders", rows=[{"id": 1}])
    first = table.current_snapshot().snapshot_id
    with table.update_schema() as update:
        update.rename_column("id", "order_id").add_column("note", StringType())
    lake.append(table, [{"order_id": 2, "note": "new"}])
    assert rows_of(table, snapshot_id=first) == [{"id": 1}]
    assert len(rows_of(table)) == 2


def test_an_unknown_snapshot_is_an_error_with_the_latest_ones(lake):
    table = lake.create("sales.orders", rows=[{"id": 1}])
    with pytest.raises(UnknownSnapshotError, match=f"no snapshot 5; .*{table.current_snapshot().snapshot_id}"):
        relation(table, 5)


def test_a_timestamp_selects_the_snapshot_that_was_current(lake):
    table = lake.create("sales.orders", rows=[{"id": 1}])
    first = table.current_snapshot()
    lake.append(table, [{"id": 2}])
    second = table.current_snapshot()
    assert snapshot_at(table, moment(first)) == first.snapshot_id
    assert snapshot_at(table, moment(second) + dt.timedelta(days=1)) == second.snapshot_id


def test_a_timestamp_before_the_first_snapshot_is_an_error_with_its_time(lake):
    table = lake.create("sales.orders", rows=[{"id": 1}])
    first = moment(table.current_snapshot())
    with pytest.raises(NoSnapshotAtError, match=f"first snapshot was committed at {first:%Y-%m-%d %H:%M:%S}"):
        snapshot_at(table, first - dt.timedelta(seconds=1))


def test_equality_deletes_are_an_error(lake, delete_positions):
    table = lake.create("sales.orders", rows=[{"id": 1}])
    delete_positions(table, [0], content=DataFileContent.EQUALITY_DELETES)
    with pytest.raises(EqualityDeletesError, match=r"dev_sales\.orders has equality deletes"):
        relation(table)


def test_only_requested_columns_are_read(lake):
    table = lake.create("sales.orders", rows=[{"id": 1, "city": "Lyon"}])
    assert rows_of(table, columns=["city"]) == [{"city": "Lyon"}]


def test_an_unknown_column_is_an_error(lake):
    table = lake.create("sales.orders", rows=[{"id": 1}])
    with pytest.raises(UnknownColumnError, match="column 'ids' does not exist"):
        read_arrow(table, columns=["ids"])


def moment(snapshot):
    return dt.datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC)
