from __future__ import annotations

import pyarrow as pa

from datalake_sdk.engine.projection import FIELD_ID, project


def field(name, data_type, number):
    return pa.field(name, data_type, metadata={FIELD_ID: str(number).encode()})


STORED = pa.schema([field("a", pa.int32(), 1), field("b", pa.struct([field("x", pa.int32(), 3)]), 2)])
ROWS = pa.Table.from_pylist([{"a": 1, "b": {"x": 7}}, {"a": None, "b": None}], schema=STORED)


def test_columns_are_matched_by_id_not_by_name():
    target = pa.schema([field("b", pa.int32(), 1), field("a", STORED.field("b").type, 2)])
    assert project(ROWS, STORED, target).to_pylist() == [{"b": 1, "a": {"x": 7}}, {"b": None, "a": None}]


def test_a_column_missing_from_the_file_is_null():
    target = pa.schema([field("new", pa.string(), 9), field("a", pa.int32(), 1)])
    assert project(ROWS, STORED, target).to_pylist() == [{"new": None, "a": 1}, {"new": None, "a": None}]


def test_values_are_widened_within_structs():
    inner = pa.struct([field("y", pa.string(), 4), field("x", pa.int64(), 3)])
    target = pa.schema([field("a", pa.int64(), 1), field("b", inner, 2)])
    assert project(ROWS, STORED, target).to_pylist() == [{"a": 1, "b": {"y": None, "x": 7}}, {"a": None, "b": None}]


def test_structs_within_lists_and_maps_evolve():
    old, new = (
        pa.struct([field("x", pa.int32(), 3)]),
        pa.struct([field("x", pa.int64(), 3), field("y", pa.string(), 4)]),
    )
    for before, after, value, expected in [
        (pa.list_(field("element", old, 2)), pa.list_(field("element", new, 2)), [{"x": 1}], [{"x": 1, "y": None}]),
        (
            pa.map_(pa.string(), field("value", old, 2)),
            pa.map_(pa.string(), field("value", new, 2)),
            [("k", {"x": 1})],
            [("k", {"x": 1, "y": None})],
        ),
    ]:
        stored, target = pa.schema([field("v", before, 1)]), pa.schema([field("v", after, 1)])
        rows = pa.Table.from_pylist([{"v": value}, {"v": None}, {"v": []}], schema=stored)
        assert project(rows, stored, target).to_pylist() == [{"v": expected}, {"v": None}, {"v": []}]
