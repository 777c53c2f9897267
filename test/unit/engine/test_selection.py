from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest

from datalake_sdk.engine.selection import KeyFilter, Selection, checksums
from datalake_sdk.errors import QueryFailedError
from test.behavior.lake import Lake


def written(lake: Lake, rows: pa.Table) -> Selection:
    snapshot_id = lake.ingest(rows).snapshot_id
    assert snapshot_id is not None
    return Selection(lake.iceberg(), snapshot_id)


def sums(selection: Selection, key_filter: KeyFilter | None = None):
    return checksums(selection, {column.name: column for column in selection.schema}, key_filter)


@pytest.fixture
def lake(tmp_path):
    return Lake(tmp_path)


def test_the_order_of_rows_does_not_matter(lake):
    one = written(lake.named("one"), pa.table({"id": [1, 2], "name": ["a", None]}))
    other = written(lake.named("other"), pa.table({"id": [2, 1], "name": [None, "a"]}))
    assert sums(one) == sums(other)


def test_values_that_changed_rows_are_seen_in_the_sum_of_whole_rows(lake):
    one = sums(written(lake.named("one"), pa.table({"id": [1, 2], "name": ["a", "b"]})))
    other = sums(written(lake.named("other"), pa.table({"id": [1, 2], "name": ["b", "a"]})))
    assert (one.columns, one.rows) == (other.columns, other.rows)
    assert one.whole != other.whole


def test_only_rows_with_given_keys_count(lake):
    some = written(lake.named("some"), pa.table({"order": [2, 2, 7]}))
    rows = written(lake, pa.table({"id": [1, 2, 3]}))
    assert sums(rows, KeyFilter(some, {"id": "order"})).rows == 1


def test_as_many_connections_are_opened_for_many_columns_as_for_one(lake, monkeypatch):
    one = written(lake.named("one"), pa.table({"c0": [1]}))
    many = written(lake.named("many"), pa.table({f"c{number}": [1] for number in range(20)}))
    opened = []
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda *arguments: opened.append(arguments) or connect(*arguments))
    sums(one)
    for_one = len(opened)
    sums(many)
    assert len(opened) == 2 * for_one


def test_a_condition_on_a_column_that_is_not_there_is_told(lake):
    rows = written(lake, pa.table({"id": [1]}))
    with pytest.raises(QueryFailedError, match="nope"):
        sums(Selection(rows.table, rows.snapshot_id, where="nope = 1"))
