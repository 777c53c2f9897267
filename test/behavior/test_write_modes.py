"""The write contract: the effect of each ingestion mode on the rows of a table."""

from __future__ import annotations

import datetime
import decimal
import uuid

import pyarrow as pa
import pytest

from datalake_sdk.errors import (
    UndeclaredPartitionsError,
)
from datalake_sdk.inputs.options import FileInput
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.settings import EmptyBatch, IngestionMode, IngestionRequest, PartitionInterval

pytestmark = pytest.mark.write_contract

JANUARY, FEBRUARY = 1, 2


def order(number, month=JANUARY, status="new"):
    return {"id": number, "month": month, "status": status}


@pytest.mark.every_storage
@pytest.mark.parametrize("mode", ["overwrite", "append", "upsert"])
def test_the_first_write_creates_the_table(lake, mode):
    result = lake.ingest([order(1), order(2)], mode, ("id",))
    assert lake.rows() == [order(1), order(2)]
    assert (result.rows_read, result.rows_inserted, result.rows_updated, result.rows_deleted) == (2, 2, 0, 0)


def test_append_adds_rows_and_keeps_duplicates(lake):
    lake.ingest([order(1)])
    lake.ingest([order(1), order(2)])
    assert lake.rows() == [order(1), order(1), order(2)]


@pytest.mark.every_storage
def test_overwrite_replaces_all_rows(lake):
    lake.ingest([order(1), order(2)])
    result = lake.ingest([order(3)], "overwrite")
    assert lake.rows() == [order(3)]
    assert (result.rows_inserted, result.rows_deleted) == (1, 2)


def test_overwrite_partitions_replaces_only_the_partitions_in_the_batch(lake):
    lake.ingest([order(1, JANUARY), order(2, FEBRUARY)], partitions=("month",))
    result = lake.ingest([order(3, FEBRUARY)], "overwrite_partitions")
    assert lake.rows() == [order(1, JANUARY), order(3, FEBRUARY)]
    assert (result.rows_inserted, result.rows_deleted) == (1, 1)


SECOND = datetime.datetime(2026, 3, 29, 1, 0, 0, 7)
PARTITION_VALUES = {
    "bool": (pa.bool_(), True, False),
    "int": (pa.int32(), -1, 2),
    "long": (pa.int64(), -1, 2**40),
    "float": (pa.float32(), 0.5, -1.5),
    "double": (pa.float64(), 0.1, -1e300),
    "decimal": (pa.decimal128(9, 2), decimal.Decimal("-0.01"), decimal.Decimal("99999.99")),
    "text": (pa.string(), "a/b=c ä", ""),
    "date": (pa.date32(), datetime.date(1969, 12, 31), datetime.date(2024, 2, 29)),
    "time": (pa.time64("us"), datetime.time(23, 59, 59, 7), datetime.time(0)),
    "timestamp": (pa.timestamp("us"), SECOND, SECOND.replace(year=1969)),
    "timestamptz": (pa.timestamp("us", "UTC"), SECOND.replace(tzinfo=datetime.UTC), None),
    "binary": (pa.binary(), b"\x00\xff", b""),
    "uuid": (pa.uuid(), uuid.UUID(int=1), uuid.UUID(int=2**127)),
}


@pytest.mark.not_on_spark("partitions are compared by the native commit")
@pytest.mark.parametrize("name", PARTITION_VALUES)
def test_overwrite_partitions_recognizes_partitions_of_every_type(lake, name):
    data_type, kept, replaced = PARTITION_VALUES[name]

    def rows(*values):
        return pa.table({"part": pa.array([part for part, _ in values], data_type), "v": [v for _, v in values]})

    lake.ingest(rows((kept, "old"), (replaced, "old")), partitions=("part",))
    lake.ingest(rows((replaced, "new")), "overwrite_partitions")
    assert lake.rows() == sorted([{"part": kept, "v": "old"}, {"part": replaced, "v": "new"}], key=repr)
    lake.write(rows(), IngestionMode.OVERWRITE_PARTITIONS, partitions={"part": (replaced,)})
    assert lake.rows() == [{"part": kept, "v": "old"}]


@pytest.mark.every_storage
def test_overwrite_partitions_replaces_rows_of_older_partition_specs(lake):
    lake.ingest([order(1, JANUARY), order(2, FEBRUARY)])
    lake.ingest([order(3, FEBRUARY)], partitions=("month",))
    result = lake.ingest([order(4, FEBRUARY)], "overwrite_partitions")
    assert lake.rows() == [order(1, JANUARY), order(4, FEBRUARY)]
    assert result.rows_deleted == 2


@pytest.mark.every_storage
def test_upsert_updates_matching_rows_and_inserts_the_others(lake):
    lake.ingest([order(1), order(2)])
    result = lake.upsert([order(2, status="paid"), order(3)])
    assert lake.rows() == [order(1), order(2, status="paid"), order(3)]
    assert (result.rows_read, result.rows_inserted, result.rows_updated) == (2, 1, 1)


def test_upsert_matches_on_all_key_columns(lake):
    lake.ingest([order(1, JANUARY), order(1, FEBRUARY)])
    lake.upsert([order(1, FEBRUARY, "paid"), order(2, JANUARY)], ("id", "month"))
    assert lake.rows() == [order(1, JANUARY), order(1, FEBRUARY, "paid"), order(2, JANUARY)]


def test_upsert_moves_a_row_whose_partition_changes(lake):
    lake.ingest([order(1, JANUARY), order(2, JANUARY)], partitions=("month",))
    lake.upsert([order(1, FEBRUARY)])
    assert lake.rows() == [order(1, FEBRUARY), order(2, JANUARY)]
    partitions = {file.file.partition[0] for file in lake.iceberg().scan().plan_files()}
    assert partitions == {JANUARY, FEBRUARY}


@pytest.mark.every_storage
def test_upsert_keeps_the_stored_value_of_a_column_that_the_batch_lacks(lake):
    lake.ingest([order(1, status="paid"), order(2, status="sent")])
    lake.upsert([{"id": 2, "month": FEBRUARY}, {"id": 3, "month": FEBRUARY}])
    assert lake.rows() == [
        order(1, status="paid"),
        order(2, FEBRUARY, "sent"),
        order(3, FEBRUARY, None),
    ]


def test_upsert_with_only_new_keys_does_not_rewrite_files(lake):
    lake.ingest([order(1)])
    before = lake.data_files()
    result = lake.upsert([order(2)])
    assert result.files_removed == 0
    assert before < lake.data_files()


@pytest.mark.parametrize("mode", ["overwrite", "append", "upsert"])
def test_each_write_creates_one_snapshot(lake, mode):
    lake.ingest([order(1), order(2)])
    before = len(lake.iceberg().snapshots())
    result = lake.ingest([order(2, status="paid"), order(3)], mode, ("id",))
    assert len(lake.iceberg().snapshots()) == before + 1
    assert lake.iceberg().current_snapshot().snapshot_id == result.snapshot_id


@pytest.mark.parametrize("mode", ["overwrite", "overwrite_partitions", "append", "upsert"])
def test_an_empty_batch_changes_nothing_and_warns(lake, mode, caplog):
    lake.ingest([order(1)], partitions=("month",))
    before = lake.iceberg().current_snapshot().snapshot_id
    empty = lake.iceberg().scan().to_arrow().slice(0, 0)
    result = lake.ingest(empty, mode, ("id",))
    assert lake.iceberg().current_snapshot().snapshot_id == before
    assert (result.rows_read, result.snapshot_id, result.skipped) == (0, None, False)
    assert "the batch is empty" in caplog.text


@pytest.mark.parametrize(
    "write",
    [
        {"mode": "upsert", "keys": ("id",)},
        {"mode": "upsert", "keys": ("id",), "delete_when": "gone"},
        {"mode": "append", "partitions": ("month",)},
        {"mode": "overwrite_partitions", "partitions": ("month",)},
    ],
)
def test_a_batch_without_columns_changes_nothing_and_warns(lake, write, caplog):
    lake.ingest(pa.table({}), **write)
    assert not lake.exists()
    lake.ingest([order(1)], partitions=("month",))
    assert lake.ingest(pa.table({}), **write).snapshot_id is None
    assert (lake.rows(), caplog.text.count("the batch is empty; nothing was changed")) == ([order(1)], 2)


@pytest.mark.not_on_spark("the native engine commits a batch without rows")
def test_partitions_of_a_table_that_does_not_exist_are_not_replaced(lake):
    lake.ingest(pa.table({}), "overwrite", partitions=("month",), empty="replace")
    assert not lake.exists()


def no_rows(lake):
    return lake.arrow().slice(0, 0)


def test_an_empty_batch_that_replaces_empties_the_table_in_one_commit(lake):
    lake.ingest([order(1), order(2, FEBRUARY)], partitions=("month",))
    write = {"mode": IngestionMode.OVERWRITE, "empty": EmptyBatch.REPLACE, "ingestion_id": "run-1"}
    result = lake.write(no_rows(lake), **write)
    assert (lake.rows(), result.rows_deleted, result.files_added) == ([], 2, 0)
    assert lake.iceberg().current_snapshot().snapshot_id == result.snapshot_id
    lake.ingest([order(3)])
    assert lake.write(no_rows(lake), **write).skipped
    assert lake.rows() == [order(3)]


def test_declared_partitions_are_replaced_with_and_without_rows(lake):
    lake.ingest([order(number, month) for number, month in enumerate((1, 2, 3, 4))], partitions=("month",))
    declared = {"month": PartitionInterval(2, 4)}
    result = lake.write(pa.Table.from_pylist([order(9, 3)]), IngestionMode.OVERWRITE_PARTITIONS, partitions=declared)
    assert lake.rows() == [order(0, 1), order(3, 4), order(9, 3)]
    assert (result.rows_inserted, result.rows_deleted) == (1, 2)
    result = lake.write(no_rows(lake), IngestionMode.OVERWRITE_PARTITIONS, partitions=declared)
    assert (lake.rows(), result.rows_deleted) == ([order(0, 1), order(3, 4)], 1)


def test_a_row_outside_of_the_declared_partitions_is_rejected(lake):
    lake.ingest([order(1, 1)], partitions=("month",))
    files = lake.data_files()
    with pytest.raises(UndeclaredPartitionsError, match="1 partition outside of those in partitions: 'month=5'"):
        lake.write(
            pa.Table.from_pylist([order(2, 2), order(3, 5)]),
            IngestionMode.OVERWRITE_PARTITIONS,
            partitions={"month": (2, 3)},
        )
    assert (lake.rows(), lake.data_files()) == ([order(1, 1)], files)


def test_declared_partitions_include_rows_of_older_partition_specs(lake):
    lake.ingest([order(1, JANUARY), order(2, FEBRUARY)])
    lake.ingest([order(3, FEBRUARY)], partitions=("month",))
    result = lake.write(no_rows(lake), IngestionMode.OVERWRITE_PARTITIONS, partitions={"month": (FEBRUARY,)})
    assert (lake.rows(), result.rows_deleted) == ([order(1, JANUARY)], 2)


@pytest.mark.every_storage
def test_an_empty_first_batch_creates_no_table(lake):
    lake.ingest([order(1)])
    empty = lake.iceberg().scan().to_arrow().slice(0, 0)
    lake.table = type(lake.table)("sales", "nothing_yet")
    lake.ingest(empty)
    assert not lake.exists()


@pytest.mark.not_on_spark("the native engine commits a batch without rows")
@pytest.mark.every_storage
def test_an_empty_first_batch_that_replaces_creates_the_table(lake):
    lake.ingest(pa.table({"id": pa.array([], pa.int64())}), "overwrite", empty="replace")
    assert (lake.rows(), lake.schema()) == ([], {"id": "long"})
    lake.upsert([{"id": 1}])
    assert lake.rows() == [{"id": 1}]


@pytest.mark.parametrize("mode", ["overwrite", "append", "upsert"])
def test_a_repeated_ingestion_id_is_skipped(lake, mode, caplog):
    lake.ingest([order(1)], mode, ("id",), ingestion_id="run-1")
    result = lake.ingest([order(2)], mode, ("id",), ingestion_id="run-1")
    assert result.skipped
    assert lake.rows() == [order(1)]
    assert "'run-1' was already written" in caplog.text


def test_a_write_leaves_no_orphan_files(lake):
    lake.ingest([order(1), order(2)], partitions=("month",))
    lake.upsert([{"id": 2, "month": FEBRUARY}])
    assert lake.referenced_files() == lake.data_files()


def test_upsert_on_a_column_that_the_table_lacks_inserts_every_row(lake):
    lake.ingest([{"name": "a"}])
    result = lake.upsert([{"id": 1, "name": "b"}])
    assert (result.rows_inserted, result.rows_updated) == (1, 0)
    assert lake.rows() == [{"name": "a", "id": None}, {"name": "b", "id": 1}]


def test_upsert_matches_keys_whose_type_is_widened(lake):
    lake.ingest(pa.table({"id": pa.array([1, 2], pa.int32()), "v": ["old", "old"]}))
    result = lake.upsert(pa.table({"id": pa.array([2, 2**40], pa.int64()), "v": ["new", "new"]}))
    assert (result.rows_inserted, result.rows_updated) == (1, 1)
    assert [row["v"] for row in lake.rows()] == ["old", "new", "new"]


@pytest.mark.not_on_spark("the native engine reads files")
def test_progress_counts_only_rows_of_the_batch(lake, tmp_path):
    lake.ingest([order(number) for number in range(100)])
    batch = tmp_path / "batch.csv"
    batch.write_text("id,month,status\n1,1,paid\n", encoding="utf-8")
    seen = []
    request = IngestionRequest(lake.table, IngestionMode.UPSERT, ("id",))
    ingest(lake.platform, request, FileInput(str(batch)), progress=seen.append)
    assert [progress.rows for progress in seen] == [1]
