from __future__ import annotations

import datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyiceberg.schema import Schema
from pyiceberg.types import DoubleType, LongType, NestedField, StringType, TimestamptzType

from datalake_sdk.engine.partitions import Partitioner, PartitionKey, partition_spec, spec_keys
from datalake_sdk.errors import InvalidPartitionKeyError

SCHEMA = Schema(
    NestedField(1, "id", LongType(), required=False),
    NestedField(2, "name", StringType(), required=False),
    NestedField(3, "at", TimestamptzType(), required=False),
)


def partitioner(*keys: str) -> Partitioner:
    return Partitioner(partition_spec("t", [PartitionKey.parse(key) for key in keys], SCHEMA), SCHEMA)


def rows(ids, names, times=None):
    times = times or [None] * len(ids)
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "name": pa.array(names, pa.string()),
            "at": pa.array(times, pa.timestamp("us", "UTC")),
        }
    )


def numbered(values):
    table = rows([number for number, _ in values], [name for _, name in values])
    return table.append_column("position", pa.array(range(len(values))))


@pytest.mark.parametrize(
    "text", ["id", "year(at)", "month(at)", "day(at)", "hour(at)", "bucket(16, id)", "truncate(4, name)"]
)
def test_a_partition_key_is_formatted_as_it_is_parsed(text):
    assert str(PartitionKey.parse(text)) == text


def test_the_column_name_of_a_partition_key_is_normalized():
    assert PartitionKey.parse("day( Order Date )").column == "order_date"


@pytest.mark.parametrize(
    "text",
    ["", "week(at)", "bucket(id)", "bucket(0, id)", "truncate(2147483648, id)", "day(3, at)", "day(at", "day(a,b)"],
)
def test_an_invalid_partition_key_is_an_error(text):
    with pytest.raises(InvalidPartitionKeyError, match="partition_keys contains"):
        PartitionKey.parse(text)


def test_the_keys_of_a_spec_are_those_it_was_built_from():
    keys = [PartitionKey.parse(key) for key in ("name", "day(at)", "bucket(8, id)")]
    assert list(spec_keys(partition_spec("t", keys, SCHEMA), SCHEMA)) == keys


def test_one_column_can_have_two_transforms():
    groups = partitioner("bucket(2, id)", "truncate(10, id)").groups(rows([1, 1, 25], ["a", "b", "c"]))
    assert sorted(sum(batch.num_rows for batch in group) for _, group in groups) == [1, 2]


@given(st.lists(st.tuples(st.none() | st.integers(0, 3), st.none() | st.sampled_from(["a", "b", ""])), min_size=1))
def test_rows_are_grouped_by_partition_values(values):
    table = numbered(values)
    seen = []
    for record, batches in partitioner("id", "name").groups(table):
        group = pa.Table.from_batches(batches)
        positions = group["position"].to_pylist()
        assert positions == sorted(positions)
        assert {values[position] for position in positions} == {(record[0], record[1])}
        assert table.take(positions).equals(group)
        seen += positions
    assert sorted(seen) == list(range(len(values)))


@given(st.lists(st.tuples(st.none() | st.integers(0, 3), st.none() | st.sampled_from(["a", "b"])), min_size=1))
def test_record_codes_agree_with_groups(values):
    table = numbered(values)
    split = partitioner("id", "name")
    codes, records = split.record_codes(table)
    for record, group in split.groups(table):
        positions = pa.Table.from_batches(group)["position"].to_pylist()
        assert {records[codes[position]] for position in positions} == {record}


def test_partition_folders_are_named_as_in_hive():
    at = datetime.datetime(2024, 5, 6, tzinfo=datetime.UTC)
    split = partitioner("day(at)", "name")
    (record, _), *_ = split.groups(rows([1], ["a b"], [at]))
    assert split.path(record) == "at_day=2024-05-06/name=a+b"


def test_long_partition_values_are_shortened_in_folder_names():
    split = partitioner("name")
    (record, _), *_ = split.groups(rows([1], ["x" * 1000]))
    assert len(split.path(record)) <= 255


def test_zeros_with_different_signs_are_different_partitions():
    schema = Schema(NestedField(1, "number", DoubleType(), required=False))
    zeros = Partitioner(partition_spec("t", [PartitionKey.parse("number")], schema), schema)
    _, records = zeros.record_codes(pa.table({"number": [0.0, -0.0]}))
    assert sorted(map(str, records)) == ["Record[-0.0]", "Record[0.0]"]
