"""Upsert chooses between copy-on-write and merge-on-read; the rows are the same."""

from __future__ import annotations

from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from datalake_sdk.engine.upsert_policy import MODE_PROPERTY

MODES = ["copy-on-write", "merge-on-read"]
ROWS = [{"id": number, "part": number % 2, "v": "old"} for number in range(10)]


@pytest.fixture(params=MODES)
def forced(request, lake):
    """Forces the strategy of a table; call it once the table is there."""

    def force() -> str:
        with lake.iceberg().transaction() as transaction:
            transaction.set_properties({MODE_PROPERTY: request.param})
        return request.param

    return force


def delete_files(lake):
    return {file.file_path for task in lake.iceberg().scan().plan_files() for file in task.delete_files}


def test_the_table_property_forces_the_strategy(lake, forced):
    lake.ingest(ROWS)
    mode = forced()
    result = lake.upsert([ROWS[3] | {"v": "new"}])
    assert result.strategy == f"{mode}: write.merge.mode says so"
    assert bool(delete_files(lake)) == (mode == "merge-on-read")
    assert lake.iceberg().current_snapshot().summary["datalake_sdk_upsert_strategy"] == result.strategy


@pytest.mark.parametrize("partitions", [None, ("part",)])
def test_a_row_that_is_updated_again_and_again_stays_one_row(lake, forced, partitions):
    lake.ingest(ROWS, partitions=partitions)
    forced()
    for number in range(4):
        result = lake.upsert([ROWS[3] | {"v": f"new {number}"}, ROWS[4] | {"v": f"new {number}"}])
        assert (result.rows_updated, result.rows_inserted) == (2, 0)
    changed = [row | {"v": "new 3"} if row["id"] in (3, 4) else row for row in ROWS]
    assert lake.rows() == changed
    assert sorted(lake.iceberg().scan().to_arrow().to_pylist(), key=repr) == changed


def test_a_row_moves_to_another_partition(lake, forced):
    lake.ingest(ROWS, partitions=("part",))
    forced()
    lake.upsert([ROWS[3] | {"part": 7}])
    assert [row["part"] for row in lake.rows() if row["id"] == 3] == [7]


def test_columns_that_the_batch_lacks_keep_their_value(lake, forced):
    lake.ingest(ROWS)
    forced()
    lake.upsert([{"id": 3, "v": "new"}])
    lake.upsert([{"id": 3, "part": 9}])
    assert [row for row in lake.rows() if row["id"] == 3] == [{"id": 3, "part": 9, "v": "new"}]


def test_it_works_on_evolved_schemas_and_specs(lake, forced):
    lake.ingest(pa.table({"id": pa.array([1, 2], pa.int32()), "v": ["old", "old"]}))
    forced()
    lake.ingest([{"id": 3, "v": "old", "note": "x"}], partitions=("bucket(2, id)",))
    lake.upsert([{"id": 1, "v": "new", "note": "y"}, {"id": 3, "v": "new", "note": "z"}])
    lake.upsert([{"id": 2**40, "v": "new", "note": "w"}, {"id": 3, "v": "newer", "note": "z"}])
    assert [(row["id"], row["v"]) for row in lake.rows()] == [(1, "new"), (2**40, "new"), (2, "old"), (3, "newer")]


@pytest.mark.parametrize("mode", ["overwrite", "overwrite_partitions"])
def test_replaced_files_take_their_delete_files_along(lake, mode):
    lake.ingest(ROWS, partitions=("part",))
    with lake.iceberg().transaction() as transaction:
        transaction.set_properties({MODE_PROPERTY: "merge-on-read"})
    lake.upsert([ROWS[3] | {"v": "new"}])
    result = lake.ingest([{"id": 99, "part": 1, "v": "only"}], mode)
    assert result.rows_deleted == (10 if mode == "overwrite" else 5)
    assert not delete_files(lake)
    assert lake.iceberg().current_snapshot().summary["total-delete-files"] == "0"


def test_a_small_table_is_copied_and_says_why(lake):
    lake.ingest(ROWS)
    assert lake.upsert([ROWS[3]]).strategy == "copy-on-write: the 1 files hit have 0.0 MB in all"


def test_few_rows_of_a_large_file_are_marked_and_it_says_why(lake):
    count = 600_000
    lake.ingest(pa.table({"id": range(count), "v": [sha256(b"%d" % number).hexdigest() for number in range(count)]}))
    result = lake.upsert(pa.table({"id": [5, count], "v": ["new", "new"]}))
    assert result.strategy.startswith("merge-on-read: of ")
    assert result.files_removed == 0
    table = lake.iceberg().scan().to_arrow()
    assert table.num_rows == count + 1
    assert table.filter(pc.equal(table["v"], "new"))["id"].to_pylist() in ([5, count], [count, 5])
