from __future__ import annotations

import datetime
import decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake_sdk.engine.keys import index_keys
from datalake_sdk.errors import DuplicateKeysError, NullKeysError

COLUMNS = {
    "int": (pa.int32(), st.integers(-5, 5)),
    "long": (pa.int64(), st.integers(-5, 5) | st.integers(-5, 5).map(lambda number: number << 24)),
    "date": (pa.date32(), st.dates(datetime.date(2024, 1, 1), datetime.date(2024, 1, 9))),
    "timestamp": (pa.timestamp("us"), st.sampled_from([datetime.datetime(2024, 1, day) for day in range(1, 9)])),
    "text": (pa.string(), st.sampled_from(["", "a", "b", "ab", "ä", "0"])),
    "decimal": (pa.decimal128(9, 2), st.integers(0, 9).map(lambda number: decimal.Decimal(number) / 4)),
    "wide decimal": (pa.decimal128(38, 0), st.integers(-3, 3).map(decimal.Decimal)),
    "double": (pa.float64(), st.sampled_from([0.0, -0.0, 1.5, float("inf"), float("nan")])),
    "boolean": (pa.bool_(), st.booleans()),
    "binary": (pa.binary(), st.binary(max_size=2)),
}


@st.composite
def keys_and_stored_rows(draw):
    names = draw(st.lists(st.sampled_from(list(COLUMNS)), min_size=1, max_size=3, unique=True))
    row = st.tuples(*[COLUMNS[name][1] for name in names])
    nullable = st.tuples(*[st.none() | COLUMNS[name][1] for name in names])
    keys = draw(st.lists(row, min_size=1, max_size=12, unique_by=comparable))
    return names, keys, draw(st.lists(nullable, max_size=20))


def comparable(key):
    return tuple("nan" if value != value else value for value in key)


def table(names, rows):
    columns = [pa.array([row[index] for row in rows], COLUMNS[name][0]) for index, name in enumerate(names)]
    return pa.table(columns, names=names)


@given(keys_and_stored_rows())
def test_a_stored_row_matches_if_and_only_if_its_key_is_in_the_batch(example):
    names, keys, stored = example
    index = index_keys("t", table(names, keys))
    positions, code_indices = index.search(table(names, stored))
    wanted = {comparable(key): number for number, key in enumerate(keys)}
    expected = [(position, wanted[comparable(row)]) for position, row in enumerate(stored) if comparable(row) in wanted]
    assert list(zip(positions.tolist(), index.rows[code_indices].tolist(), strict=True)) == expected


def test_decimals_whose_halves_have_equal_hashes_are_different_keys():
    assert index_keys("t", table(["wide decimal"], [(decimal.Decimal(0),), (decimal.Decimal(-1),)])).num_rows == 2


@pytest.mark.parametrize("names", [("long",), ("text",), ("long", "text"), ("double",)])
def test_duplicate_keys_are_counted_and_listed(names):
    rows = [tuple({"long": 1, "text": "a", "double": float("nan")}[name] for name in names)] * 2
    with pytest.raises(DuplicateKeysError, match=r"1 key of upsert_keys"):
        index_keys("t", table(names, rows))


@pytest.mark.parametrize("name", ["long", "text"])
def test_at_most_five_duplicate_keys_are_listed(name):
    values = [number if name == "long" else str(number) for number in [*range(10, 17), *range(10, 17), 99]]
    with pytest.raises(DuplicateKeysError, match=r"7 keys") as caught:
        index_keys("t", table((name,), [(value,) for value in values]))
    shown = [number for number in range(10, 100) if f"{name}={number}" in str(caught.value)]
    assert shown == [10, 11, 12, 13, 14]


def test_rows_with_null_keys_are_counted():
    rows = [(1, None), (None, None), (2, "a")]
    with pytest.raises(NullKeysError, match="upsert_keys 'long', 'text' contain null in 2 rows"):
        index_keys("t", table(("long", "text"), rows))


def test_a_null_key_does_not_match_zero():
    index = index_keys("t", table(("long",), [(0,)]))
    positions, _ = index.search(table(("long",), [(None,), (0,)]))
    assert positions.tolist() == [1]
