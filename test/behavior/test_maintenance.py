"""Maintenance changes files and snapshots, never rows, and keeps recent and referenced files."""

from __future__ import annotations

import json
import os
import time

import pytest

from datalake_sdk.base_processing_wrapper import BaseProcessingWrapper
from datalake_sdk.engine.old_metadata import remove_old_metadata
from datalake_sdk.engine.orphan_files import find_orphan_files
from datalake_sdk.errors import EmptyLakeError, InvalidTablePropertyError, UnknownTableError, UnlistedFilesError
from datalake_sdk.operations.delete_table import delete_table
from datalake_sdk.platforms.local.platform import local_path

MANUAL = {"datalake_sdk_automatic_maintenance": "false"}
NOW = {"history.expire.max-snapshot-age-ms": "0", "datalake_sdk_orphan_age_hours": "0"}
MERGE_ON_READ = {"write.merge.mode": "merge-on-read"}


def order(number, status="new"):
    return {"id": number, "status": status}


def tasks(lake):
    return list(lake.iceberg().scan().plan_files())


def manifests(lake):
    table = lake.iceberg()
    return [
        file
        for file in table.current_snapshot().manifests(table.io)
        if file.existing_files_count or file.added_files_count
    ]


@pytest.fixture
def appended(lake):
    """A lake with a table of twelve small files and without automatic maintenance."""
    lake.ingest([order(0)])
    lake.configure(MANUAL)
    for number in range(1, 12):
        lake.ingest([order(number)])
    return lake


def test_files_of_many_small_appends_are_compacted_to_one_with_the_same_rows(appended):
    before = appended.rows()
    result = appended.maintain()
    assert appended.rows() == before == [order(number) for number in sorted(range(12), key=lambda n: repr(order(n)))]
    assert (result.files_compacted, result.files_written) == (12, 1)
    assert len(tasks(appended)) == 1


def test_a_file_larger_than_all_small_ones_is_compacted_only_if_forced(lake):
    lake.ingest([order(number, f"status {number}") for number in range(20_000)])
    lake.configure(MANUAL)
    for number in range(10):
        lake.ingest([order(number)])
    assert lake.maintain(force=False).files_compacted == 10
    assert sorted(task.file.record_count for task in tasks(lake)) == [10, 20_000]
    assert lake.maintain().files_compacted == 2


def test_a_compaction_is_a_replace_snapshot_with_the_same_number_of_rows(appended):
    appended.maintain()
    summary = appended.iceberg().current_snapshot().summary
    assert summary.operation.value == "replace"
    assert (summary["total-records"], summary["total-data-files"]) == ("12", "1")


def test_files_are_compacted_within_their_partition(lake):
    for number in range(8):
        lake.ingest([order(number, "even" if number % 2 == 0 else "odd")], partitions=("status",))
    before = lake.rows()
    lake.maintain()
    assert lake.rows() == before
    assert {(task.file.partition[0], task.file.record_count) for task in tasks(lake)} == {("even", 4), ("odd", 4)}


def test_files_of_an_older_spec_are_compacted_into_the_current_partitions(appended):
    appended.ingest([order(12, "paid")], partitions=("status",))
    before = appended.rows()
    appended.maintain()
    assert appended.rows() == before
    current = appended.iceberg().spec().spec_id
    assert {(task.file.spec_id, task.file.partition[0]) for task in tasks(appended)} == {
        (current, "new"),
        (current, "paid"),
    }


def test_files_without_a_newer_column_are_compacted_with_it(appended):
    appended.ingest([order(12) | {"price": 1.5}])
    before = appended.rows()
    appended.maintain()
    assert appended.rows() == before
    assert len(tasks(appended)) == 1


def test_compaction_applies_deletes_and_removes_delete_files(lake):
    lake.ingest([order(number) for number in range(10)])
    lake.configure(MANUAL | MERGE_ON_READ)
    lake.upsert([order(3, "paid")])
    lake.upsert([order(4, "paid")])
    before = lake.rows()
    result = lake.maintain()
    assert lake.rows() == before
    assert result.delete_files_removed == 2
    assert [task.delete_files for task in tasks(lake)] == [set()]
    summary = lake.iceberg().current_snapshot().summary
    assert (summary["total-records"], summary["total-position-deletes"]) == ("10", "0")


def test_a_file_whose_rows_are_all_deleted_is_removed(lake):
    lake.ingest([order(1)])
    lake.configure(MANUAL | MERGE_ON_READ)
    lake.upsert([order(1, "paid")])
    lake.maintain()
    assert lake.rows() == [order(1, "paid")]
    assert len(tasks(lake)) == 1


def test_merged_manifests_keep_the_sequence_numbers_of_their_files(lake):
    lake.ingest([order(1)], partitions=("id",))
    lake.configure(MANUAL | MERGE_ON_READ)
    for number in range(2, 8):
        lake.ingest([order(number)])
    ages = {entry.data_file.file_path: entry.sequence_number for entry in entries(lake)}
    result = lake.maintain()
    assert (result.files_compacted, result.manifests_rewritten) == (0, 7)
    assert len(manifests(lake)) == 1
    assert {entry.data_file.file_path: entry.sequence_number for entry in entries(lake)} == ages
    lake.upsert([order(7, "paid")])
    assert lake.rows() == [*(order(number) for number in range(1, 7)), order(7, "paid")]


def entries(lake):
    return [entry for file in manifests(lake) for entry in file.fetch_manifest_entry(lake.iceberg().io)]


def test_a_second_maintenance_finds_nothing_to_compact(appended):
    appended.maintain()
    version = appended.iceberg().current_snapshot().snapshot_id
    assert appended.maintain().files_compacted == 0
    assert appended.iceberg().current_snapshot().snapshot_id == version


def test_retained_snapshots_can_be_read_after_maintenance(appended):
    versions = [snapshot.snapshot_id for snapshot in appended.iceberg().snapshots()]
    appended.configure({"datalake_sdk_orphan_age_hours": "0"})
    assert appended.maintain().snapshots_expired == 0
    for count, version in enumerate(versions, start=1):
        assert appended.iceberg().scan(snapshot_id=version).to_arrow().num_rows == count


def test_old_snapshots_expire_and_their_files_are_removed(appended):
    appended.configure(NOW)
    before = appended.rows()
    result = appended.maintain()
    assert appended.rows() == before
    assert len(appended.iceberg().snapshots()) == 1
    assert result.snapshots_expired == 12
    assert len(appended.data_files()) == 1
    assert result.files_removed > 12 + 11
    assert result.bytes_removed > 0


def test_the_minimum_number_of_snapshots_is_retained(appended):
    appended.configure(NOW | {"history.expire.min-snapshots-to-keep": "3"})
    appended.maintain()
    assert len(appended.iceberg().snapshots()) == 3
    oldest = min(appended.iceberg().snapshots(), key=lambda snapshot: snapshot.sequence_number)
    assert appended.iceberg().scan(snapshot_id=oldest.snapshot_id).to_arrow().num_rows == 11


def test_snapshots_above_the_maximum_number_expire_at_any_age(appended):
    appended.configure({"datalake_sdk_max_snapshots": "4"})
    before = {snapshot.snapshot_id for snapshot in appended.iceberg().snapshots()}
    result = appended.maintain()
    assert (result.snapshots_expired, len(appended.iceberg().snapshots())) == (9, 4)
    (oldest, *_) = sorted(appended.iceberg().snapshots(), key=lambda snapshot: snapshot.sequence_number)
    assert oldest.snapshot_id in before
    assert appended.iceberg().scan(snapshot_id=oldest.snapshot_id).to_arrow().num_rows == 10


def test_a_tagged_snapshot_does_not_count_towards_the_maximum(appended):
    tagged = appended.iceberg().snapshots()[0].snapshot_id
    appended.iceberg().manage_snapshots().create_tag(tagged, "audit").commit()
    appended.configure({"datalake_sdk_max_snapshots": "1"})
    appended.maintain()
    assert appended.iceberg().scan(snapshot_id=tagged).to_arrow().num_rows == 1


def test_an_ingestion_id_of_a_snapshot_above_the_maximum_is_still_skipped(lake):
    lake.ingest([order(1)], ingestion_id="run-1")
    lake.configure({"datalake_sdk_max_snapshots": "3"})
    for number in range(2, 12):
        lake.ingest([order(number)])
    assert len(lake.iceberg().snapshots()) < 10
    assert lake.ingest([order(1)], ingestion_id="run-1").skipped
    assert len(lake.rows()) == 11


def test_a_tagged_snapshot_can_be_read_after_maintenance(appended):
    tagged = appended.iceberg().snapshots()[4].snapshot_id
    appended.iceberg().manage_snapshots().create_tag(tagged, "audit").commit()
    appended.configure(NOW)
    appended.maintain()
    assert appended.iceberg().scan(snapshot_id=tagged).to_arrow().num_rows == 5


def test_a_time_at_which_an_expired_snapshot_was_current_is_not_that_of_an_earlier_one(appended):
    tagged = appended.iceberg().snapshots()[4].snapshot_id
    appended.iceberg().manage_snapshots().create_tag(tagged, "audit").commit()
    appended.configure(NOW)
    appended.maintain()
    table = appended.again().iceberg()
    assert [entry.snapshot_id for entry in table.history()] == [table.current_snapshot().snapshot_id]


def test_an_ingestion_id_of_an_expired_snapshot_is_still_skipped(lake):
    lake.ingest([order(1)], ingestion_id="run-1")
    lake.ingest([order(2)], ingestion_id="run, 2")
    lake.ingest([order(3)])
    lake.configure(NOW)
    lake.maintain()
    lake.ingest([order(4)])
    lake.maintain()
    assert lake.ingest([order(1)], ingestion_id="run-1").skipped
    assert lake.ingest([order(2)], ingestion_id="run, 2").skipped
    assert len(lake.rows()) == 4


def left_behind(lake, age_hours):
    path = local_path(next(iter(lake.data_files()))).with_name(f"left-{age_hours}.parquet")
    path.write_bytes(b"of a killed writer")
    then = time.time() - age_hours * 3600
    os.utime(path, (then, then))
    return path


@pytest.mark.local_files
def test_only_old_orphan_files_are_removed(lake):
    lake.ingest([order(1)])
    old, young = left_behind(lake, 80), left_behind(lake, 60)
    result = lake.maintain()
    assert (old.exists(), young.exists()) == (False, True)
    assert (result.files_removed, result.bytes_removed) == (1, len(b"of a killed writer"))


@pytest.mark.local_files
def test_metadata_files_of_failed_commits_are_removed_when_they_are_old(lake):
    lake.ingest([order(1)])
    (current,) = lake.root.rglob("*.metadata.json")
    left = current.with_name("00001-00000000-0000-0000-0000-000000000000.metadata.json")
    left.write_bytes(current.read_bytes())
    os.utime(left, (0, 0))
    os.utime(current, (0, 0))
    lake.maintain()
    assert (left.exists(), current.exists()) == (False, True)
    assert lake.rows() == [order(1)]


@pytest.mark.local_files
def test_no_orphans_are_removed_if_the_listing_lacks_a_file_of_the_table(lake):
    lake.ingest([order(1)])
    lake.ingest([order(2)])
    old = left_behind(lake, 80)
    (lost, *_) = (local_path(file) for file in sorted(lake.data_files()) if local_path(file) != old)
    lost.rename(lost.with_suffix(".moved"))
    with pytest.raises((UnlistedFilesError, FileNotFoundError)):
        lake.maintain()
    assert old.exists()


def test_orphan_files_are_found_although_another_maintenance_removes_some_of_them(appended):
    appended.configure(NOW)
    table = appended.iceberg()

    def list_files():
        files = list(appended.platform.list_table_files(table))
        appended.again().maintain()
        return files

    orphans = find_orphan_files(appended.platform.catalog, table, list_files, float("inf"))
    assert {file.location for file in orphans}.isdisjoint(appended.files())


def test_a_compaction_keeps_a_concurrent_append(appended, interrupted):
    late = interrupted(lambda lake: lake.ingest([order(99)]))
    assert late.maintain().files_compacted == 12
    assert order(99) in appended.rows()
    assert len(appended.rows()) == 13


def test_a_compaction_keeps_a_concurrent_upsert(appended, interrupted):
    appended.configure(MERGE_ON_READ)
    late = interrupted(lambda lake: lake.upsert([order(5, "paid")]))
    late.maintain()
    assert order(5, "paid") in appended.rows()
    assert order(5) not in appended.rows()
    assert len(appended.rows()) == 12


def test_a_compaction_keeps_a_concurrent_overwrite(appended, interrupted):
    interrupted(lambda lake: lake.ingest([order(99)], "overwrite")).maintain()
    assert appended.rows() == [order(99)]


def test_the_maintenance_of_a_table_that_is_deleted_meanwhile_reports_it(appended, interrupted):
    late = interrupted(lambda lake: delete_table(lake.platform, lake.table))
    with pytest.raises((EmptyLakeError, UnknownTableError)):
        late.maintain()


def test_maintenance_that_always_conflicts_reports_it_and_leaves_no_files(appended, interrupted):
    late = interrupted(lambda lake: lake.ingest([order(99)]), times=1000)
    before = len(appended.rows())
    result = late.maintain()
    assert "conflicted with another writer" in result.skipped
    assert len(appended.rows()) == before + 8
    assert len(appended.data_files()) == len(tasks(appended))


def test_ten_versions_start_automatic_maintenance(lake):
    for number in range(10):
        lake.ingest([order(number)])
    assert len(tasks(lake)) == 1
    assert len(lake.rows()) == 10


def test_many_deleted_rows_start_automatic_maintenance(lake):
    lake.ingest([order(number) for number in range(10)])
    lake.configure(MERGE_ON_READ | {"datalake_sdk_maintenance_deleted_rows": "3"})
    lake.upsert([order(number, "paid") for number in range(2)])
    assert any(task.delete_files for task in tasks(lake))
    lake.upsert([order(number, "sent") for number in range(2, 5)])
    assert not any(task.delete_files for task in tasks(lake))


def test_many_small_files_start_automatic_maintenance(lake):
    lake.ingest([order(0)])
    lake.configure({"datalake_sdk_maintenance_small_files": "5", "datalake_sdk_maintenance_versions": "1000"})
    for number in range(1, 5):
        lake.ingest([order(number)])
    assert len(tasks(lake)) == 1


def test_maintenance_does_nothing_if_it_is_not_due(lake):
    lake.ingest([order(1)])
    before = lake.iceberg().metadata_location
    assert lake.maintain(force=False).skipped == "nothing is due"
    assert lake.iceberg().metadata_location == before


def test_a_failed_maintenance_does_not_fail_the_ingestion(lake, caplog):
    lake.ingest([order(1)])
    lake.configure({"datalake_sdk_maintenance_versions": "often"})
    lake.ingest([order(2)])
    assert len(lake.rows()) == 2
    assert "maintenance failed" in caplog.text
    with pytest.raises(InvalidTablePropertyError, match="'often'"):
        lake.maintain()


def test_a_task_can_maintain_its_table(lake):
    job = BaseProcessingWrapper(project_name="shop", domain_name="sales", stage_name="dev", local_root=lake.local_root)
    lake.ingest([order(1)])
    lake.ingest([order(2)])
    result = job.perform_table_maintenance("sales.orders", force_maintenance=True)
    assert result.maintenance.files_compacted == 2
    assert json.dumps(result.as_dict())


def test_commits_remove_old_metadata_files(lake):
    lake.ingest([order(1)])
    lake.configure(MANUAL | {"write.metadata.previous-versions-max": "3"})
    for number in range(2, 9):
        lake.ingest([order(number)])
    assert len([file for file in lake.files() if file.endswith(".metadata.json")]) == 4


def test_old_metadata_that_a_concurrent_commit_has_removed_is_not_reported(lake, caplog):
    lake.ingest([order(1)])
    lake.configure(MANUAL | {"write.metadata.previous-versions-max": "1"})
    stale = lake.iceberg()
    lake.ingest([order(2)])
    lake.ingest([order(3)])
    remove_old_metadata(stale, lake.iceberg().metadata)
    assert not caplog.records
