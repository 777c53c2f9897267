"""Changes between two snapshots, applied to a copy of the first, give the second."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.types import LongType

from datalake_sdk.engine.snapshot_changes import SnapshotChanges, changes_since
from test.behavior.lake import Lake

_IDS = st.integers(0, 5)
_BATCHES = st.lists(st.tuples(_IDS, st.integers(0, 2)), min_size=1, max_size=4, unique_by=lambda row: row[0])
_UPSERTS = st.tuples(st.just("upsert"), _BATCHES)
_DELETIONS = st.tuples(st.just("delete"), _BATCHES)
_MAINTENANCE = st.tuples(st.just("maintain"), st.just([]))
_APPENDS = st.tuples(st.just("append"), _BATCHES)


@pytest.fixture
def table(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def _write(lake: Lake, kind: str, batch: list[tuple[int, int]]) -> None:
    rows = [{"id": key, "tags": [{"n": value}], "value": float(value)} for key, value in batch]
    match kind:
        case "upsert":
            lake.upsert(rows)
        case "delete":
            lake.ingest([{**row, "gone": True} for row in rows], "upsert", ("id",), delete_when="gone")
        case "append":
            lake.ingest(rows)
        case "maintain":
            lake.maintain()


def _snapshot(lake: Lake) -> int:
    return int(lake.iceberg().current_snapshot().snapshot_id)


def _counted(rows: list[dict[str, Any]]) -> Counter[str]:
    return Counter(repr(row) for row in rows)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.one_of(_UPSERTS, _DELETIONS, _MAINTENANCE), min_size=1, max_size=4))
def test_changes_of_a_table_with_keys_are_merged_by_key(tmp_path_factory, writes):
    lake = Lake(tmp_path_factory.mktemp("lake"))
    _write(lake, "upsert", [(0, 0), (1, 1), (2, 2)])
    copy, since = {row["id"]: row for row in lake.rows()}, _snapshot(lake)
    for kind, batch in writes:
        _write(lake, kind, batch)
    changes = changes_since(lake.iceberg(), since, ["id"])
    assert isinstance(changes, SnapshotChanges)
    if changes.keys:
        for row in changes.deleted_keys().read_all().to_pylist():
            del copy[row["id"]]
    copy |= {row["id"]: row for row in changes.rows().read_all().to_pylist()}
    assert sorted(copy.values(), key=repr) == lake.rows()


@settings(max_examples=6, deadline=None)
@given(st.lists(st.one_of(_APPENDS, _MAINTENANCE), min_size=1, max_size=4))
def test_rows_of_a_table_without_keys_are_appended_once(tmp_path_factory, writes):
    lake = Lake(tmp_path_factory.mktemp("lake"))
    _write(lake, "append", [(0, 0), (0, 0), (1, 1)])
    before, since = _counted(lake.rows()), _snapshot(lake)
    for kind, batch in writes:
        _write(lake, kind, batch)
    changes = changes_since(lake.iceberg(), since)
    assert isinstance(changes, SnapshotChanges)
    assert before + _counted(changes.rows().read_all().to_pylist()) == _counted(lake.rows())


def test_a_new_column_is_part_of_the_changes(table):
    table.upsert([{"id": 1}, {"id": 2}])
    since = _snapshot(table)
    table.upsert([{"id": 2, "city": "Lyon"}])
    changes = changes_since(table.iceberg(), since, ["id"])
    assert changes.rows().read_all().to_pylist() == [{"id": 2, "city": "Lyon"}]


def test_changes_that_cannot_be_read_give_a_reason(table):
    table.ingest([{"id": 1, "city": "Lyon"}, {"id": 1, "city": "Nice"}])
    first = _snapshot(table)
    table.ingest([{"id": 2, "city": "Paris"}], "overwrite")
    assert "no upsert keys" in changes_since(table.iceberg(), first)
    assert "not unique" in changes_since(table.iceberg(), first, ["id"])
    assert "snapshot 42 has expired" in changes_since(table.iceberg(), 42)
    second, iceberg = _snapshot(table), table.iceberg()
    iceberg.manage_snapshots().rollback_to_snapshot(first).commit()
    assert "was rolled back" in changes_since(iceberg, second)
    with iceberg.update_schema() as update:
        update.rename_column("city", "town")
    assert "columns were renamed" in changes_since(iceberg, first)


def test_a_column_that_was_added_without_a_write_is_null(table):
    table.ingest([{"id": 1}])
    iceberg, since = table.iceberg(), _snapshot(table)
    with iceberg.update_schema() as update:
        update.add_column("amount", LongType())
    table.maintain()
    table.ingest([{"id": 2}])
    changes = changes_since(table.iceberg(), since)
    assert changes.rows().read_all().to_pylist() == [{"id": 2, "amount": None}]
