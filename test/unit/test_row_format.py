from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake_sdk.row_format import csv_header, csv_rows, json_rows


def as_json(value: Any, data_type: pa.DataType | None = None) -> str:
    """Returns a value as JSON."""
    (row,) = json_rows(pa.record_batch({"v": pa.array([value], data_type)}))
    return row.removeprefix('{"v": ').removesuffix("}")


@pytest.mark.parametrize(
    ("value", "data_type", "text"),
    [
        (None, pa.string(), "null"),
        (True, None, "true"),
        (2**63 - 1, None, "9223372036854775807"),
        (0.1, None, "0.1"),
        (float("nan"), None, "null"),
        (float("-inf"), None, "null"),
        (Decimal("12345678901234567890.1200"), None, "12345678901234567890.1200"),
        (date(2013, 1, 31), None, '"2013-01-31"'),
        (time(5, 17, 0, 20), None, '"05:17:00.000020"'),
        (datetime(2013, 1, 1, 5), pa.timestamp("us"), '"2013-01-01T05:00:00"'),
        (datetime(2013, 1, 1, 5, 0, 0, 500), pa.timestamp("us"), '"2013-01-01T05:00:00.000500"'),
        (datetime(2013, 1, 1, 5, tzinfo=UTC), pa.timestamp("us", "Europe/Paris"), '"2013-01-01T05:00:00Z"'),
        (b"\x00\xff", None, '"AP8="'),
        (UUID(int=10).bytes, pa.uuid(), '"00000000-0000-0000-0000-00000000000a"'),
        ('"Ü"\n\\', None, r'"\"Ü\"\n\\"'),
        ([1, None], None, "[1, null]"),
        ([], None, "[]"),
        (None, pa.list_(pa.int64()), "null"),
        (None, pa.struct({"a": pa.int64()}), "null"),
        (None, pa.binary(), "null"),
        ([(1, None), (2, [b"x"])], pa.map_(pa.int64(), pa.list_(pa.binary())), '{"1": null, "2": ["eA=="]}'),
        ([({"a": "b"}, True)], pa.map_(pa.struct({"a": pa.string()}), pa.bool_()), r'{"{\"a\": \"b\"}": true}'),
        ({"a": float("nan"), "b": [0.5, float("inf")]}, None, '{"a": null, "b": [0.5, null]}'),
        (9 * 10**18, pa.timestamp("us"), '"287168-08-24T16:00:00"'),
        ([9 * 10**18], pa.list_(pa.timestamp("us", "UTC")), '["287168-08-24T16:00:00Z"]'),
        (2**31 - 1, pa.date32(), '"5881580-07-11"'),
    ],
)
def test_a_value_as_json(value: Any, data_type: pa.DataType | None, text: str):
    assert as_json(value, data_type) == text


def test_nested_values_are_nested_json():
    data_type = pa.struct(
        {
            "prices": pa.list_(pa.decimal128(9, 2)),
            "at": pa.timestamp("us", "UTC"),
            "tags": pa.map_(pa.string(), pa.int32()),
        }
    )
    value = {"prices": [Decimal("0.10"), None], "at": datetime(2013, 1, 1, tzinfo=UTC), "tags": {"a": 1}}
    assert as_json(value, data_type) == '{"prices": [0.10, null], "at": "2013-01-01T00:00:00Z", "tags": {"a": 1}}'


def test_slices_of_nested_values_contain_only_their_rows():
    lists = pa.array([["gone"], None, ["a", "b"], [], ["gone"]])
    maps = pa.array([[("gone", 1)], None, [("a", 1), ("b", 2)], [], [("gone", 1)]], pa.map_(pa.string(), pa.int64()))
    rows = json_rows(pa.record_batch({"l": lists, "m": maps}).slice(1, 3))
    assert rows == ['{"l": null, "m": null}', '{"l": ["a", "b"], "m": {"a": 1, "b": 2}}', '{"l": [], "m": {}}']


@given(st.lists(st.text(), min_size=1))
def test_any_string_round_trips_through_json(texts: list[str]):
    rows = json_rows(pa.record_batch({"text": pa.array(texts, pa.string())}))
    assert [json.loads(row)["text"] for row in rows] == texts


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")), min_size=1))
def test_any_string_round_trips_through_csv(texts: list[str]):
    rows = csv_rows(pa.record_batch({"text": pa.array(texts, pa.string())}))
    assert [row[0] for row in csv.reader(io.StringIO("\n".join(rows)))] == texts


def test_csv_distinguishes_null_from_an_empty_string():
    assert csv_rows(pa.record_batch({"a": ["", None, "x"], "b": [1, 2, 3]})) == ['"",1', ",2", "x,3"]


def test_csv_quotes_delimiters_quotes_and_line_breaks():
    assert csv_rows(pa.record_batch({"a": ["x,y", 'say "hi"', "1\n2"]})) == ['"x,y"', '"say ""hi"""', '"1\n2"']


def test_csv_quotes_column_names_too():
    assert csv_header(pa.schema({"a": pa.int32(), "b,c": pa.int32()})) == 'a,"b,c"\n'


def test_csv_contains_nested_values_as_json():
    assert csv_rows(pa.record_batch({"a": [[1, 2]], "b": [{"c": "d"}]})) == ['"[1, 2]","{""c"": ""d""}"']


def test_intervals_inside_other_values_have_the_format_of_athena():
    intervals = pa.array([[(0, 1, 0)], [(0, 0, -1_500_000_000), (14, 0, 0)]], pa.list_(pa.month_day_nano_interval()))
    assert csv_rows(pa.record_batch({"a": intervals})) == [
        '"[""1 00:00:00.000""]"',
        '"[""-0 00:00:01.500"", ""1-2""]"',
    ]
