"""Upserts of changes: rows that are flagged as deleted, and several rows with the same key."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from datalake_sdk.errors import (
    AmbiguousDuplicatesError,
    DuplicateKeysError,
    TerminalError,
)
from datalake_sdk.settings import DuplicateKeys, IngestionMode
from datalake_sdk.table_contract import ColumnConfiguration, TableConfiguration

pytestmark = pytest.mark.write_contract


def change(number, version, status="new", gone=False):
    return {"id": number, "version": version, "status": status, "gone": gone}


def stored(number, version, status="new"):
    return {"id": number, "version": version, "status": status}


def apply(lake, changes, **options):
    latest = {"on_duplicate": DuplicateKeys.LAST, "order_by": "version", "delete_when": "gone", **options}
    return lake.write(pa.Table.from_pylist(changes), IngestionMode.UPSERT, upsert_keys=("id",), **latest)


@pytest.mark.every_storage
def test_flagged_rows_are_deleted_by_key_in_the_commit_of_the_upsert(lake):
    lake.ingest([stored(1, 1), stored(2, 1), stored(3, 1)])
    result = apply(
        lake, [change(1, 2, "paid"), change(2, 2, gone=True), change(9, 2, gone=True), change(4, 2, gone=None)]
    )
    assert lake.rows() == [stored(1, 2, "paid"), stored(3, 1), stored(4, 2)]
    assert (result.rows_read, result.rows_inserted, result.rows_updated, result.rows_deleted) == (4, 1, 1, 1)
    assert len(lake.iceberg().snapshots()) == 2
    assert "gone" not in lake.schema()


def test_a_batch_of_deletions_only_is_one_commit_and_can_be_repeated(lake):
    lake.ingest([stored(1, 1), stored(1, 1), stored(2, 1)])
    gone = [change(1, 2, gone=True), change(7, 2, gone=True)]
    result = apply(lake, gone, ingestion_id="run-1")
    assert (lake.rows(), result.rows_deleted, result.rows_read) == ([stored(2, 1)], 2, 2)
    assert apply(lake, gone, ingestion_id="run-1").skipped
    assert apply(lake, [change(7, 2, gone=True)]).rows_deleted == 0
    assert lake.rows() == [stored(2, 1)]


def test_the_last_row_of_a_key_is_stored_or_deletes_it(lake):
    lake.ingest([stored(1, 0), stored(2, 0), stored(3, 0)])
    result = apply(
        lake,
        [
            *(change(1, version, f"v{version}") for version in (2, 3, 1)),
            *(change(2, 1), change(2, 2, gone=True), change(2, 2, "other", gone=True)),
            *(change(3, 2, gone=True), change(3, 3, "back")),
            *(change(4, 1), change(4, 1)),
        ],
    )
    assert lake.rows() == [stored(1, 3, "v3"), stored(3, 3, "back"), stored(4, 1)]
    assert (result.rows_read, result.rows_inserted, result.rows_updated, result.rows_deleted) == (10, 1, 2, 1)
    assert lake.referenced_files() == lake.data_files()


@pytest.mark.parametrize("tie", [change(2, 5, "paid"), change(2, 5, gone=True)])
def test_different_rows_that_are_equally_the_last_one_are_rejected(lake, tie):
    lake.ingest([stored(2, 0)])
    with pytest.raises(AmbiguousDuplicatesError, match=r"for 1 key of upsert_keys 'id', for example id=2; nothing"):
        apply(lake, [change(1, 1), change(2, 5), tie, change(2, 4)])
    assert lake.rows() == [stored(2, 0)]


def test_null_and_nan_are_before_every_value(lake):
    versions = [(1, None), (1, -1.0), (2, float("nan")), (2, float("-inf")), (3, None)]
    apply(lake, [change(number, version, str(version)) for number, version in versions])
    assert [row["status"] for row in lake.rows()] == ["-1.0", "-inf", "None"]
    with pytest.raises(AmbiguousDuplicatesError):
        apply(lake, [change(1, None, "a"), change(1, float("nan"), "b")])


@pytest.mark.every_storage
def test_duplicate_keys_are_refused_by_default_even_if_they_are_flagged(lake):
    with pytest.raises(DuplicateKeysError, match="for example id=1"):
        apply(lake, [change(1, 1), change(1, 2, gone=True)], on_duplicate=DuplicateKeys.REFUSE, order_by=None)


def test_nested_columns_decide_whether_tied_rows_differ(lake):
    def row(*tags):
        return {"id": 1, "version": 1, "tags": list(tags), "m": {"at": datetime.datetime(2026, 1, 1)}}

    apply(lake, [row("a"), row("a")], delete_when=None)
    assert lake.rows() == [row("a")]
    with pytest.raises(AmbiguousDuplicatesError):
        apply(lake, [row("a"), row("a", "b")], delete_when=None)


@pytest.mark.parametrize(
    ("column", "one", "other"),
    [
        (pa.list_(pa.int64()), None, []),
        (pa.list_(pa.list_(pa.int64())), [None], [[]]),
        (pa.struct([("a", pa.int64())]), None, {"a": None}),
        (pa.string(), None, ""),
    ],
)
def test_null_and_empty_values_decide_whether_tied_rows_differ(lake, column, one, other):
    def upsert(*values):
        same = {"id": [1] * len(values), "version": [1] * len(values)}
        batch = pa.table({**same, "value": pa.array(values, column)})
        lake.ingest(batch, "upsert", ("id",), on_duplicate="last", order_by="version")

    upsert(one, one)
    with pytest.raises(AmbiguousDuplicatesError, match="id=1"):
        upsert(one, other)


def test_null_and_false_flags_are_equal_in_tied_rows(lake):
    apply(lake, [change(1, 5, gone=None), change(1, 5, gone=False), change(2, 5)])
    assert lake.rows() == [stored(1, 5), stored(2, 5)]


def test_last_rows_are_chosen_by_keys_and_order_as_stored(lake):
    numbers = TableConfiguration(columns={name: ColumnConfiguration(type="long") for name in ("id", "version")})
    changes = [{"id": "1", "version": "9", "s": "a"}, {"id": "01", "version": "10", "s": "b"}]
    apply(lake, [*changes, {"id": "1", "version": "010", "s": "b"}], delete_when=None, configuration=numbers)
    assert lake.rows() == [{"id": 1, "version": 10, "s": "b"}]


def test_updated_rows_keep_stored_values_of_missing_columns_beside_deletions(lake):
    lake.ingest([stored(number, 1, f"s{number}") for number in (1, 2, 3)], partitions=("status",))
    result = apply(lake, [{"id": 3, "version": 2, "gone": False}, {"id": 2, "version": 2, "gone": True}])
    assert lake.rows() == [stored(1, 1, "s1"), stored(3, 2, "s3")]
    assert (result.rows_updated, result.rows_deleted) == (1, 1)


@pytest.mark.local_files
@pytest.mark.not_on_spark("checked by the native plan")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"delete_when": "status"}, "delete_when is 'status', which has type string"),
        ({"delete_when": "deleted"}, "delete_when contains 'deleted', which is not in the data"),
        ({"delete_when": "id"}, "delete_when is 'id', which is also in upsert_keys"),
        ({"order_by": "at"}, "order_by contains 'at', which is not in the data"),
        ({"order_by": None}, "on_duplicate is 'last', but order_by is not set"),
        ({"on_duplicate": DuplicateKeys.REFUSE}, "on_duplicate is 'refuse', but order_by is 'version'"),
    ],
)
def test_invalid_columns_of_an_upsert_are_named(lake, options, message):
    with pytest.raises(TerminalError) as error:
        apply(lake, [change(1, 1)], **options)
    assert message in str(error.value)
    assert not lake.exists()
