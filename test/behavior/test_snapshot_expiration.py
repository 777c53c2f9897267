"""Expiration of snapshots keeps those of branches and tags, also of concurrently created ones."""

from __future__ import annotations

import pytest
from pyiceberg.table.update import SetSnapshotRefUpdate

EXPIRE = {"datalake_sdk_automatic_maintenance": "false", "history.expire.max-snapshot-age-ms": "0"}
DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def overwritten(lake):
    """A lake whose table has one data file and some earlier snapshots, without automatic maintenance."""
    lake.ingest([{"id": 0}])
    lake.configure(EXPIRE)
    for number in range(1, 4):
        lake.ingest([{"id": number}], "overwrite")
    return lake


def snapshot_ids(lake):
    return [snapshot.snapshot_id for snapshot in lake.iceberg().snapshots()]


def test_a_branch_with_its_own_maximum_age_keeps_its_snapshots(overwritten):
    before = snapshot_ids(overwritten)
    branch = {"ref-name": "audit", "type": "branch", "snapshot-id": before[-2], "max-snapshot-age-ms": DAY_MS}
    update = SetSnapshotRefUpdate.model_validate(branch)
    overwritten.platform.catalog.commit_table(overwritten.iceberg(), (), (update,))
    overwritten.configure({"datalake_sdk_max_snapshots": "1"})
    assert overwritten.maintain().snapshots_expired == 0
    assert snapshot_ids(overwritten) == before


def test_a_tag_that_is_created_during_an_expiration_keeps_its_snapshot(overwritten, interrupted):
    oldest = snapshot_ids(overwritten)[0]
    late = interrupted(lambda lake: lake.iceberg().manage_snapshots().create_tag(oldest, "audit").commit())
    late.maintain()
    assert overwritten.iceberg().scan(snapshot_id=oldest).to_arrow()["id"].to_pylist() == [0]
    assert "audit" in overwritten.iceberg().metadata.refs
