"""Maintenance by Spark changes files and snapshots, never rows, at the thresholds of the native engine."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from datalake_sdk.errors import EmptyLakeError, InvalidTablePropertyError
from datalake_sdk.platforms.local.platform import local_path

MANUAL = {"datalake_sdk_automatic_maintenance": "false"}
MERGE_ON_READ = {"write.merge.mode": "merge-on-read"}


def order(number, status="new"):
    return {"id": number, "status": status}


def tasks(lake):
    return list(lake.iceberg().scan().plan_files())


def total(lake, name):
    return lake.iceberg().current_snapshot().summary[f"total-{name}"]


@pytest.fixture
def appended(lake):
    """A table of twelve small files."""
    native = lake.native()
    native.ingest([order(0)], ingestion_id="run-0")
    native.configure(MANUAL)
    for number in range(1, 12):
        native.ingest([order(number)])
    return lake


def test_small_files_are_compacted_into_one_with_the_same_rows_and_a_second_run_does_nothing(appended):
    before = appended.rows()
    result = appended.maintain()
    assert appended.rows() == appended.spark_rows() == before
    assert (result.files_compacted, result.files_written, result.reason) == (12, 1, "forced")
    assert (total(appended, "records"), len(tasks(appended))) == ("12", 1)
    version = appended.iceberg().current_snapshot().snapshot_id
    assert appended.maintain().files_compacted == 0
    assert appended.iceberg().current_snapshot().snapshot_id == version


def test_position_deletes_are_applied_and_their_files_removed(lake):
    native = lake.native()
    native.ingest([order(number) for number in range(10)])
    native.configure(MANUAL | MERGE_ON_READ)
    native.upsert([order(3, "paid")])
    native.upsert([order(4, "paid")])
    before = lake.rows()
    result = lake.maintain()
    assert lake.rows() == lake.spark_rows() == before
    assert result.delete_files_removed == 2
    assert (total(lake, "delete-files"), total(lake, "position-deletes")) == ("0", "0")


def test_manifests_are_merged(lake):
    native = lake.native()
    native.ingest([order(1)], partitions=("id",))
    native.configure(MANUAL)
    for number in range(2, 6):
        native.ingest([order(number)])
    result = lake.maintain()
    table = lake.iceberg()
    assert (result.files_compacted, result.manifests_rewritten) == (0, 5)
    assert len(table.current_snapshot().manifests(table.io)) == 1
    assert lake.rows() == [order(number) for number in range(1, 6)]


def test_expired_snapshots_keep_their_ingestion_ids_and_recent_files(appended):
    appended.configure({"history.expire.max-snapshot-age-ms": "0"})
    before, files = appended.rows(), appended.data_files()
    result = appended.maintain()
    assert (result.snapshots_expired, len(appended.iceberg().snapshots())) == (12, 1)
    assert appended.rows() == before
    assert files < appended.data_files()
    assert appended.native().ingest([order(0)], ingestion_id="run-0").skipped


def test_tagged_snapshots_stay_readable(appended):
    tagged = appended.iceberg().snapshots()[4].snapshot_id
    appended.iceberg().manage_snapshots().create_tag(tagged, "audit").commit()
    appended.configure({"history.expire.max-snapshot-age-ms": "0"})
    appended.maintain()
    assert appended.iceberg().scan(snapshot_id=tagged).to_arrow().num_rows == 5


@pytest.mark.parametrize(("asked_hours", "kept_hours"), [("72", 60), ("0", 20)])
def test_old_orphan_files_are_removed_and_recent_ones_kept(lake, asked_hours, kept_hours):
    lake.native().ingest([order(1)])
    lake.configure({"datalake_sdk_orphan_age_hours": asked_hours})
    age(lake.files(), 100)
    old, young = left_behind(lake, 80), left_behind(lake, kept_hours)
    result = lake.maintain()
    assert (old.exists(), young.exists()) == (False, True)
    assert (result.files_removed, result.bytes_removed) == (1, len(b"of a killed writer"))
    assert lake.rows() == lake.spark_rows() == [order(1)]


def left_behind(lake, hours):
    path = local_path(next(iter(lake.data_files()))).with_name(f"left-{hours}.parquet")
    path.write_bytes(b"of a killed writer")
    age([f"file://{path}"], hours)
    return path


def age(locations, hours):
    then = time.time() - hours * 3600
    for location in locations:
        os.utime(local_path(location), (then, then))


def test_maintenance_does_nothing_below_all_thresholds(appended):
    appended.configure({"datalake_sdk_maintenance_versions": "20"})
    before = appended.iceberg().metadata_location
    assert appended.maintain(force=False).skipped == "nothing is due"
    assert appended.iceberg().metadata_location == before


def test_maintenance_that_is_due_runs_and_is_recorded(appended):
    result = appended.maintain(force=False)
    assert result.reason == "12 versions since the last maintenance"
    assert len(tasks(appended)) == 1
    assert appended.maintain(force=False).skipped == "nothing is due"
    assert appended.native().maintain(force=False).skipped == "nothing is due"


def test_a_spark_write_starts_maintenance_that_is_due(lake):
    native = lake.native()
    native.ingest([order(0)])
    native.configure({"datalake_sdk_maintenance_versions": "3", "datalake_sdk_compaction_min_files": "2"})
    native.ingest([order(1)])
    lake.ingest([order(2)])
    assert len(tasks(lake)) == 1
    assert lake.rows() == [order(0), order(1), order(2)]


def test_concurrent_writers_lose_no_rows(appended):
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_much, appended.native())
        while not writing.done():
            appended.maintain()
        writing.result()
    assert {row["id"]: row["status"] for row in appended.rows()} == {
        number: "paid" if number < 4 else "new" for number in range(16)
    }
    assert len(appended.rows()) == 16


def write_much(lake):
    for number in range(4):
        lake.upsert([order(number, "paid")])
        lake.ingest([order(12 + number)])


def test_a_non_numeric_threshold_is_rejected_by_name(appended):
    appended.configure({"datalake_sdk_maintenance_versions": "often"})
    with pytest.raises(InvalidTablePropertyError, match="'often'"):
        appended.maintain()


def test_an_unknown_table_is_rejected_by_name(lake):
    with pytest.raises(EmptyLakeError):
        lake.maintain()
