"""Upsert has the same result with copy-on-write and merge-on-read, and chooses between them."""

from __future__ import annotations

import datetime
import decimal
import uuid
from random import Random

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from datalake_sdk.engine.table_properties import MERGE_MODE
from datalake_sdk.parallel import THREADS_VARIABLE

pytestmark = pytest.mark.write_contract

MODES = ["copy-on-write", "merge-on-read"]
UNPARTITIONED = pytest.param(None, marks=pytest.mark.not_on_spark("slow, and covered by the partitioned table"))
PARTITIONS = [UNPARTITIONED, ("part",)]
ONE_KEY = pytest.mark.not_on_spark("test_write_keys covers Spark's types, and both strategies compare keys alike")
ROWS = [{"id": number, "part": number % 2, "v": "old"} for number in range(10)]


@pytest.fixture(params=MODES)
def forced(request, lake):
    """Forces the strategy of an existing table."""

    def apply() -> str:
        lake.configure({MERGE_MODE.name: request.param})
        return request.param

    return apply


def by_pyiceberg(lake):
    return sorted(lake.iceberg().scan().to_arrow().to_pylist(), key=repr)


def delete_files(lake):
    return {file.file_path for task in lake.iceberg().scan().plan_files() for file in task.delete_files}


def test_the_table_property_forces_the_strategy(lake, forced):
    lake.ingest(ROWS)
    mode = forced()
    result = lake.upsert([ROWS[3] | {"v": "new"}])
    assert result.strategy == f"{mode}: set by write.merge.mode"
    assert bool(delete_files(lake)) == (mode == "merge-on-read")
    assert lake.iceberg().current_snapshot().summary["datalake_sdk_upsert_strategy"] == result.strategy


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_a_row_that_is_updated_repeatedly_remains_one_row(lake, forced, partitions):
    lake.ingest(ROWS, partitions=partitions)
    forced()
    for number in range(4):
        result = lake.upsert([ROWS[3] | {"v": f"new {number}"}, ROWS[4] | {"v": f"new {number}"}])
        assert (result.rows_updated, result.rows_inserted) == (2, 0)
    changed = [row | {"v": "new 3"} if row["id"] in (3, 4) else row for row in ROWS]
    assert lake.rows() == changed
    assert by_pyiceberg(lake) == changed


KEYS = {
    "long": [3, 4, -(2**40)],
    "text": ["b", "", "ä"],
    "date": [datetime.date(2024, 2, 29), datetime.date(1969, 12, 31), datetime.date(2030, 1, 1)],
    "timestamp": [datetime.datetime(2024, 1, 1, 0, 0, second, 250) for second in range(3)],
    "decimal": [decimal.Decimal("1.10"), decimal.Decimal("-0.01"), decimal.Decimal("99999.99")],
    "double": [0.5, -1.5, float("inf")],
    "binary": [b"", b"\x00", b"b"],
    "uuid": [uuid.UUID(int=number) for number in (1, 2**127, 0)],
}


@pytest.mark.parametrize("partitions", PARTITIONS)
@pytest.mark.parametrize(
    "keys",
    [*(pytest.param((name,), marks=ONE_KEY) for name in KEYS), ("text", "date"), ("long", "decimal", "text")],
)
def test_keys_of_every_type_match_their_rows(lake, forced, keys, partitions):
    stored, updated, inserted = ({name: KEYS[name][position] for name in keys} | {"part": 0} for position in range(3))
    lake.ingest([stored | {"v": "stays"}, updated | {"v": "old"}], partitions=partitions)
    forced()
    result = lake.upsert([inserted | {"v": "new"}, updated | {"v": "new", "part": 1}], keys)
    assert (result.rows_updated, result.rows_inserted) == (1, 1)
    expected = [stored | {"v": "stays"}, updated | {"v": "new", "part": 1}, inserted | {"v": "new"}]
    assert lake.rows() == sorted(expected, key=repr)
    assert by_pyiceberg(lake) == lake.rows()


def test_part_of_a_composite_key_does_not_match(lake, forced):
    lake.ingest([{"a": "x", "b": 1, "v": "stays"}, {"a": "y", "b": 2, "v": "stays"}])
    forced()
    result = lake.upsert([{"a": "x", "b": 2, "v": "new"}, {"a": "y", "b": 1, "v": "new"}], ("a", "b"))
    assert (result.rows_updated, result.rows_inserted) == (0, 2)
    assert [row["v"] for row in lake.rows()] == ["stays", "new", "new", "stays"]


@pytest.mark.parametrize("partitions", PARTITIONS)
def test_deleted_rows_do_not_reappear(lake, forced, partitions):
    lake.ingest(ROWS, partitions=partitions)
    lake.configure({MERGE_MODE.name: "merge-on-read"})
    lake.upsert([ROWS[3] | {"v": "new"}, ROWS[4] | {"v": "new"}])
    assert delete_files(lake)
    forced()
    result = lake.upsert([ROWS[3] | {"v": "newer"}, ROWS[5] | {"v": "newer"}])
    assert (result.rows_updated, result.rows_inserted) == (2, 0)
    changed = {3: "newer", 4: "new", 5: "newer"}
    assert lake.rows() == [row | {"v": changed.get(row["id"], "old")} for row in ROWS]
    assert by_pyiceberg(lake) == lake.rows()
    summary = lake.iceberg().current_snapshot().summary
    assert int(summary["total-records"]) - int(summary["total-position-deletes"]) == len(ROWS)


def test_all_rows_of_a_duplicate_key_are_replaced_and_counted_once(lake, forced):
    lake.ingest(ROWS)
    lake.ingest([ROWS[3], ROWS[3], {"id": None, "part": 0, "v": "no key"}])
    forced()
    result = lake.upsert([ROWS[3] | {"v": "new"}, {"id": 0, "part": 0, "v": "new"}])
    assert (result.rows_updated, result.rows_inserted) == (2, 0)
    changed = [row | {"v": "new"} if row["id"] in (0, 3) else row for row in ROWS]
    assert lake.rows() == sorted([*changed, {"id": None, "part": 0, "v": "no key"}], key=repr)


@pytest.mark.not_on_spark("Spark reads the files itself")
@pytest.mark.parametrize("files", [3, 6])
def test_rows_of_several_small_files_are_replaced(lake, files):
    for number in range(files):
        lake.ingest([ROWS[number], {"id": number + 10, "part": 0, "v": "old"}])
    result = lake.upsert([row | {"v": "new"} for row in ROWS[:files]])
    assert (result.rows_updated, result.files_removed) == (files, files)
    kept = [{"id": number + 10, "part": 0, "v": "old"} for number in range(files)]
    assert lake.rows() == sorted([*(row | {"v": "new"} for row in ROWS[:files]), *kept], key=repr)


def test_an_updated_row_moves_to_its_new_partition(lake, forced):
    lake.ingest(ROWS, partitions=("part",))
    forced()
    lake.upsert([ROWS[3] | {"part": 7}])
    assert [row["part"] for row in lake.rows() if row["id"] == 3] == [7]


def test_columns_missing_from_the_batch_keep_their_values(lake, forced):
    lake.ingest(ROWS)
    forced()
    lake.upsert([{"id": 3, "v": "new"}])
    lake.upsert([{"id": 3, "part": 9}])
    lake.upsert([{"id": 8, "v": "newer"}, {"id": 10, "v": "newer"}, {"id": 3, "v": "newer"}])
    assert [row for row in lake.rows() if row["v"] == "newer"] == [
        {"id": 10, "part": None, "v": "newer"},
        {"id": 3, "part": 9, "v": "newer"},
        {"id": 8, "part": 0, "v": "newer"},
    ]


def test_upsert_supports_evolved_schemas_and_specs(lake, forced):
    lake.ingest(pa.table({"id": pa.array([1, 2], pa.int32()), "v": ["old", "old"]}))
    forced()
    lake.ingest([{"id": 3, "v": "old", "note": "x"}], partitions=("bucket(2, id)",))
    lake.upsert([{"id": 1, "v": "new", "note": "y"}, {"id": 3, "v": "new", "note": "z"}])
    lake.upsert([{"id": 2**40, "v": "new", "note": "w"}, {"id": 3, "v": "newer", "note": "z"}])
    assert [(row["id"], row["v"]) for row in lake.rows()] == [(1, "new"), (2**40, "new"), (2, "old"), (3, "newer")]


@pytest.mark.parametrize("mode", ["overwrite", "overwrite_partitions"])
def test_delete_files_of_rewritten_files_are_removed(lake, mode):
    lake.ingest(ROWS, partitions=("part",))
    lake.configure({MERGE_MODE.name: "merge-on-read"})
    lake.upsert([ROWS[3] | {"v": "new"}])
    result = lake.ingest([{"id": 99, "part": 1, "v": "only"}], mode)
    assert result.rows_deleted == (10 if mode == "overwrite" else 5)
    assert not delete_files(lake)
    assert lake.iceberg().current_snapshot().summary["total-delete-files"] == "0"


@pytest.mark.parametrize("properties", [{}, {MERGE_MODE.name: "merge-on-read"}], ids=["chosen", "merge-on-read"])
def test_tables_of_format_version_1_are_always_copied_on_write(lake, properties):
    lake.platform.catalog.create_table(
        lake.table.identifier(lake.platform.environment),
        pa.Table.from_pylist(ROWS).schema,
        location=lake.platform.table_location(lake.table),
        properties={"format-version": "1"} | properties,
    )
    lake.ingest(ROWS, "append")
    result = lake.upsert([ROWS[3] | {"v": "new"}])
    assert result.strategy == "copy-on-write: tables of format version 1 have no delete files"
    assert lake.iceberg().format_version == 1
    assert by_pyiceberg(lake) == [row | {"v": "new"} if row["id"] == 3 else row for row in ROWS]


def test_small_files_are_rewritten_and_the_result_has_the_reason(lake):
    lake.ingest(ROWS)
    assert lake.upsert([ROWS[3]]).strategy == "copy-on-write: only 1 file to rewrite, 0.0 MB"


@pytest.mark.not_on_spark("slow, and both engines choose by the same rule")
def test_few_rows_of_a_large_file_are_marked_as_deleted_and_the_result_has_the_reason(lake, monkeypatch):
    monkeypatch.setenv(THREADS_VARIABLE, "1")
    count, random = 60_000, Random(0)
    lake.ingest(pa.table({"id": range(count), "v": [random.randbytes(320).hex() for _ in range(count)]}))
    ids = [5, count // 2, count]
    result = lake.upsert(pa.table({"id": ids, "v": ["new"] * 3}))
    assert result.strategy.startswith("merge-on-read: at most 30% of the rows change in 1 of 1 file, ")
    assert result.files_removed == 0
    table = lake.iceberg().scan().to_arrow()
    assert table.num_rows == count + 1
    assert pc.count_distinct(table["id"]).as_py() == count + 1
    assert sorted(table.filter(pc.equal(table["v"], "new"))["id"].to_pylist()) == ids
