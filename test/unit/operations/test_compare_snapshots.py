from __future__ import annotations

import json

import pytest
from pyiceberg.types import LongType

from datalake_sdk.errors import NoEarlierSnapshotError, UnknownSnapshotError
from datalake_sdk.operations.compare_snapshots import SnapshotTotals, compare_snapshots
from datalake_sdk.settings import TableName

ORDERS = TableName("sales", "orders")


@pytest.fixture
def table(lake):
    """A table with three snapshots, the last with a new column."""
    created = lake.create("sales.orders", rows=[{"id": 1}, {"id": 2}])
    lake.append(created, [{"id": 3}])
    with created.update_schema() as update:
        update.add_column("amount", LongType())
    lake.append(created, [{"id": 4, "amount": 5}])
    return created


def test_the_last_two_snapshots_are_compared_by_default(lake, table):
    found = compare_snapshots(lake.platform, ORDERS)
    assert (found.before.rows, found.after.rows) == (3, 4)
    assert (found.before.files, found.after.files) == (2, 3)
    assert found.after.bytes > found.before.bytes
    assert [commit.added_rows for commit in found.commits] == [1]
    assert found.added_columns == {"amount": "long"}
    assert found.removed_columns == found.changed_columns == {}


def test_snapshots_are_selected_by_their_ids(lake, table):
    first, second, third = (snapshot.snapshot_id for snapshot in table.metadata.snapshots)
    found = compare_snapshots(lake.platform, ORDERS, first, third)
    assert [commit.snapshot_id for commit in found.commits] == [third, second]
    assert found.is_ancestor
    assert json.loads(json.dumps(found.as_dict()))["table"] == "dev_sales.orders"


def test_the_other_direction_shows_what_a_rollback_would_change(lake, table):
    first, _, third = (snapshot.snapshot_id for snapshot in table.metadata.snapshots)
    found = compare_snapshots(lake.platform, ORDERS, third, first)
    assert (found.before.rows, found.after.rows) == (4, 2)
    assert found.removed_columns == {"amount": "long"}
    assert not found.is_ancestor


def test_a_snapshot_that_does_not_exist_is_reported(lake, table):
    with pytest.raises(UnknownSnapshotError, match="has no snapshot 42"):
        compare_snapshots(lake.platform, ORDERS, 42)


def test_a_table_with_one_snapshot_has_nothing_to_compare(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    with pytest.raises(NoEarlierSnapshotError, match=r"dev_sales\.orders: snapshot \d+ has no earlier one"):
        compare_snapshots(lake.platform, ORDERS)


def test_a_table_without_snapshots_is_reported(lake):
    lake.create("sales.orders", rows=[{"id": 1}])
    table = lake.platform.catalog.load_table(("dev_sales", "orders"))
    empty = lake.create("sales.empty", schema=table.schema())
    assert empty.current_snapshot() is None
    with pytest.raises(NoEarlierSnapshotError, match="it has no snapshot"):
        compare_snapshots(lake.platform, TableName("sales", "empty"))


def test_a_snapshot_can_be_compared_with_itself(lake, table):
    current = table.metadata.current_snapshot_id
    found = compare_snapshots(lake.platform, ORDERS, current, current)
    assert found.before == found.after == SnapshotTotals(4, 3, found.after.bytes)
    assert found.commits == ()
