"""Both engines read, upsert, evolve and maintain the tables of one lake."""

from __future__ import annotations

import datetime
import decimal
import re
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from pyiceberg.catalog.glue import _IcebergSchemaToGlueType
from pyiceberg.schema import visit

from datalake_sdk.engine.table_properties import MERGE_MODE, MERGE_ON_READ
from datalake_sdk.engine.types import format_type
from datalake_sdk.errors import DatalakeError

PAGE = Path(__file__).parents[2] / "doc_resources/spark.md"
ROWS = [{"id": number, "month": number % 3, "status": "new"} for number in range(9)]


def order(number, month=1, status="new"):
    return {"id": number, "month": month, "status": status}


@pytest.fixture(params=["native, then Spark", "Spark, then native"])
def engines(request, lake):
    """Both engines on one table."""
    return (lake.native(), lake) if request.param.startswith("native") else (lake, lake.native())


@pytest.fixture
def holds(lake):
    """Checks that both engines read exactly these rows."""

    def check(rows):
        assert lake.rows() == sorted(rows, key=repr)
        assert lake.spark_rows() == lake.rows()

    return check


def delete_files(lake):
    return {file.file_path for task in lake.iceberg().scan().plan_files() for file in task.delete_files}


def test_each_engine_upserts_into_tables_of_the_other(engines, holds):
    first, second = engines
    first.ingest(ROWS, partitions=("month",))
    result = second.upsert([order(3, 0, "paid"), order(9)])
    assert (result.rows_updated, result.rows_inserted) == (1, 1)
    result = first.upsert([order(3, 2, "sent"), order(10)])
    assert (result.rows_updated, result.rows_inserted) == (1, 1)
    holds([*(row for row in ROWS if row["id"] != 3), order(3, 2, "sent"), order(9), order(10)])


def test_rows_deleted_by_one_engine_are_not_read_by_the_other(engines, holds):
    first, second = engines
    first.ingest(ROWS)
    first.configure({MERGE_MODE.name: MERGE_ON_READ})
    first.upsert([order(3, 0, "paid"), order(4, 1, "paid")])
    assert delete_files(first)
    result = second.upsert([order(3, 0, "sent"), order(5, 2, "sent")])
    assert (result.rows_updated, result.rows_inserted) == (2, 0)
    changed = {3: "sent", 4: "paid", 5: "sent"}
    expected = [row | {"status": changed.get(row["id"], "new")} for row in ROWS]
    holds(expected)
    assert first.maintain().delete_files_removed >= 1
    assert not delete_files(first)
    holds(expected)


def test_each_engine_maintains_tables_of_the_other(engines, holds):
    first, second = engines
    first.ingest(ROWS[:3], partitions=("month",))
    first.configure({"datalake_sdk_automatic_maintenance": "false"})
    first.ingest(ROWS[3:6])
    first.ingest(ROWS[6:])
    assert second.maintain().files_compacted == 9
    holds(ROWS)
    first.upsert([order(8, 2, "paid")])
    holds([*ROWS[:8], order(8, 2, "paid")])


def test_columns_added_or_widened_by_one_engine_are_kept_by_the_other(engines, holds):
    first, second = engines
    first.ingest(pa.table({"id": pa.array([1, 2], pa.int32()), "place": [{"city": "Bonn"}, {"city": "Lyon"}]}))
    second.ingest(pa.table({"id": [2**40], "place": [{"zip": "00501"}], "note": ["x"]}))
    first.upsert([{"id": 2, "place": {"city": "Nice"}}])
    second.upsert([{"id": 1, "note": "y"}, {"id": 2**40, "note": "z"}])
    assert first.schema()["id"] == "long"
    holds(
        [
            {"id": 1, "place": {"city": "Bonn", "zip": None}, "note": "y"},
            {"id": 2, "place": {"city": "Nice", "zip": None}, "note": None},
            {"id": 2**40, "place": {"city": None, "zip": "00501"}, "note": "z"},
        ]
    )


def test_a_partition_spec_changed_by_one_engine_is_used_by_the_other(engines, holds):
    first, second = engines
    first.ingest(ROWS[:3])
    second.ingest(ROWS[3:6], partitions=("month",))
    first.ingest(ROWS[6:8])
    assert second.ingest([order(20, 1)], "overwrite_partitions").rows_deleted == 3
    first.ingest(ROWS[8:], partitions=("bucket(4, id)",))
    second.upsert([order(0, 2, "paid"), order(8, 2, "paid")])
    kept = [row for row in ROWS[:8] if row["month"] != 1 and row["id"] != 0]
    holds([*kept, order(20, 1), order(0, 2, "paid"), order(8, 2, "paid")])


def test_an_ingestion_id_written_by_one_engine_is_skipped_by_the_other(engines, holds):
    first, second = engines
    first.ingest(ROWS, ingestion_id="run-1")
    assert second.ingest(ROWS, ingestion_id="run-1").skipped
    holds(ROWS)


VALUES = {
    "bool": pa.array([True]),
    "int8": pa.array([-8], pa.int8()),
    "uint8": pa.array([8], pa.uint8()),
    "int16": pa.array([-16], pa.int16()),
    "uint16": pa.array([16], pa.uint16()),
    "int32": pa.array([-32], pa.int32()),
    "uint32": pa.array([2**31], pa.uint32()),
    "int64": pa.array([-(2**40)]),
    "uint64": pa.array([2**40], pa.uint64()),
    "halffloat": pa.array([1.5], pa.float32()).cast(pa.float16()),
    "float": pa.array([1.5], pa.float32()),
    "double": pa.array([0.1]),
    "decimal128(10, 2)": pa.array([decimal.Decimal("-12345678.90")], pa.decimal128(10, 2)),
    "string": pa.array(["Nîmes"]),
    "large_string": pa.array(["x"], pa.large_string()),
    "dictionary<values=string, indices=int32, ordered=0>": pa.array(["x"]).dictionary_encode(),
    "binary": pa.array([b"\x00\xff"]),
    "fixed_size_binary[4]": pa.array([b"\x00abc"], pa.binary(4)),
    "date32[day]": pa.array([datetime.date(1969, 12, 31)]),
    "date64[ms]": pa.array([datetime.date(2024, 2, 29)], pa.date64()),
    "timestamp[us]": pa.array([datetime.datetime(2024, 2, 29, 1, 2, 3, 4)]),
    "timestamp[ns]": pa.array([1_000], pa.timestamp("ns")),
    "timestamp[us, tz=UTC]": pa.array([datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC)]),
    "timestamp[s, tz=Europe/Berlin]": pa.array([0], pa.timestamp("s", "Europe/Berlin")),
    "list<item: int64>": pa.array([[1, None]]),
    "struct<a: int64>": pa.array([{"a": 1}]),
    "map<string, int64>": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
}


def documented():
    """Rows of the documented table: type of the input, then its stored and read types."""
    section = PAGE.read_text(encoding="utf-8").partition("## Types")[2].partition("\n## ")[0]
    cells = [re.findall(r"`([^`]*)`", line) for line in section.splitlines() if line.startswith("| `")]
    return {given: tuple(other) for given, *other in cells}


def columns(values):
    return {f"c{number}": array for number, array in enumerate(values)}


def test_both_engines_store_and_read_every_type_as_documented(engines, lake):
    first, second = engines
    batch = pa.table(columns(VALUES.values()))
    first.ingest(batch)
    second.ingest(batch)
    stored, again = lake.rows()
    assert stored == again
    assert lake.spark_rows() == [stored, again]
    assert types_of(lake) == documented()


def types_of(lake):
    stored = [field.field_type for field in lake.iceberg().schema().fields]
    arrow = lake.arrow()
    columns = (
        [format_type(data_type) for data_type in stored],
        [field.dataType.simpleString() for field in lake.dataframe().schema.fields],
        [str(data_type) for data_type in arrow.schema.types],
        [str(data_type) for data_type in duckdb.from_arrow(arrow).types],
        [visit(data_type, _IcebergSchemaToGlueType()) for data_type in stored],
    )
    return dict(zip(VALUES, zip(*columns, strict=True), strict=True))


def test_spark_rejects_tables_with_a_time_column(lake):
    lake.native().ingest(pa.table({"at": [datetime.time(1)]}))
    with pytest.raises(DatalakeError, match="time"):
        lake.ingest(pa.table({"at": [datetime.time(2)]}))
