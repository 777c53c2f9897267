from __future__ import annotations

import os
import signal

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


def test_a_process_creates_one_database_for_all_its_tables(lake, tmp_path, monkeypatch):
    sums(written(lake.named("one"), pa.table({"c0": [1]})))
    other = written(Lake(tmp_path / "other"), pa.table({f"c{number}": [1] for number in range(20)}))
    monkeypatch.setattr(duckdb, "connect", lambda **_: pytest.fail("created another database"))
    sums(other)
    assert Selection(other.table, other.snapshot_id).stream().read_all().num_rows == 1


def test_a_forked_process_reads_a_table(lake):
    rows = written(lake, pa.table({"id": [1, 2]}))
    assert sums(rows).rows == 2
    child = os.fork()
    if not child:
        signal.alarm(60)
        os._exit(0 if sums(rows).rows == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_macro_exists_only_in_its_connection(lake):
    rows = written(lake, pa.table({"id": [1]}))
    macro = "CREATE OR REPLACE TEMP MACRO sdk_one() AS 1;"
    assert sums(Selection(rows.table, rows.snapshot_id, where="id = sdk_one()", setup=macro)).rows == 1
    with pytest.raises(QueryFailedError, match="sdk_one"):
        sums(Selection(rows.table, rows.snapshot_id, where="id = sdk_one()"))


def test_a_condition_on_a_missing_column_is_an_error(lake):
    rows = written(lake, pa.table({"id": [1]}))
    with pytest.raises(QueryFailedError, match="nope"):
        sums(Selection(rows.table, rows.snapshot_id, where="nope = 1"))
