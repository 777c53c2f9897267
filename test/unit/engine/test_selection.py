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


def test_the_whole_row_checksum_detects_values_swapped_between_rows(lake):
    one = sums(written(lake.named("one"), pa.table({"id": [1, 2], "name": ["a", "b"]})))
    other = sums(written(lake.named("other"), pa.table({"id": [1, 2], "name": ["b", "a"]})))
    assert (one.columns, one.rows) == (other.columns, other.rows)
    assert one.whole != other.whole


def test_a_key_filter_selects_rows_by_key(lake):
    some = written(lake.named("some"), pa.table({"order": [2, 2, 7]}))
    rows = written(lake, pa.table({"id": [1, 2, 3]}))
    assert sums(rows, KeyFilter(some, {"id": "order"})).rows == 1


def test_the_number_of_connections_does_not_depend_on_the_number_of_columns(lake, monkeypatch):
    one = written(lake.named("one"), pa.table({"c0": [1]}))
    many = written(lake.named("many"), pa.table({f"c{number}": [1] for number in range(20)}))
    opened = []
    connect = duckdb.connect
    monkeypatch.setattr(duckdb, "connect", lambda **config: opened.append(config) or connect(**config))
    sums(one)
    for_one = len(opened)
    sums(many)
    assert len(opened) == 2 * for_one


def test_a_condition_on_a_missing_column_is_an_error(lake):
    rows = written(lake, pa.table({"id": [1]}))
    with pytest.raises(QueryFailedError, match="nope"):
        sums(Selection(rows.table, rows.snapshot_id, where="nope = 1"))
