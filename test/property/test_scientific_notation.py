"""Casts of doubles to varchar on DuckDB have the format of Trino for every double."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake_sdk.sql.duckdb.java_numbers import scientific
from datalake_sdk.sql.duckdb.macros import definitions

MAGNITUDES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-(10**8), 10**8),
    st.integers(-(10**17), 10**17).map(float),
    st.decimals(-(10**7), 10**7, places=2).map(float),
)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        connection.execute(definitions("sdk_double_to_varchar"))
        yield connection


@given(st.lists(MAGNITUDES, min_size=1, max_size=50))
def test_cast_of_a_double_to_varchar_is_exact(connection, numbers):
    connection.register("doubles", pa.table({"x": pa.array(numbers, pa.float64())}))
    rows = connection.execute("SELECT sdk_double_to_varchar(x) FROM doubles").fetchall()
    assert [text for (text,) in rows] == [scientific(number) for number in numbers]
