"""Dataframes of every library are streamed without buffering and without importing other libraries."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from datalake_sdk.errors import (
    MixedColumnError,
    RepeatedColumnError,
    UnreadableColumnTypeError,
    UnsupportedDataframeError,
)
from datalake_sdk.inputs.dataframes.stream import stream_from_dataframe

TABLE = pa.table({"n": [1, None, 3], "t": ["x", "y", None]})


class Capsule:
    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return TABLE.__arrow_c_stream__(requested_schema)


DATAFRAMES: dict[str, Callable[[], object]] = {
    "pyarrow table": lambda: TABLE,
    "pyarrow batch": lambda: TABLE.to_batches()[0],
    "pyarrow reader": TABLE.to_reader,
    "pyarrow dataset": lambda: ds.dataset(TABLE),
    "polars": lambda: pl.from_arrow(TABLE),
    "polars lazy": lambda: pl.from_arrow(TABLE).lazy(),
    "duckdb": lambda: duckdb.from_arrow(TABLE),
    "capsule": Capsule,
    "pandas": lambda: pd.DataFrame({"n": pd.array([1, None, 3], "Int64"), "t": ["x", "y", None]}, index=[7, 8, 9]),
    "pandas objects": lambda: pd.DataFrame(TABLE.to_pydict(), dtype=object),
}


@pytest.mark.parametrize("kind", DATAFRAMES)
def test_every_supported_dataframe_is_streamed(kind, read_all):
    stream = stream_from_dataframe(DATAFRAMES[kind]())
    stream.resolve_types()
    assert read_all(stream).cast(TABLE.schema) == TABLE


def test_large_batches_are_sliced():
    stream = stream_from_dataframe(pa.table({"a": range(300_000)}))
    assert [task().num_rows for task in stream.tasks()] == [131_072, 131_072, 37_856]


def test_tasks_of_batches_with_long_rows_are_small():
    batch = pa.record_batch({"text": ["x" * 1_000_000] * 20})
    for value in (batch, pa.table({"text": batch["text"]})):
        sizes = [task().nbytes for task in stream_from_dataframe(value).tasks()]
        assert len(sizes) == 3
        assert max(sizes) <= 8 << 20


def test_tasks_do_not_hold_the_large_batches_of_a_stream():
    schema, held = pa.schema({"text": pa.string()}), []

    def batches():
        for _ in range(3):
            held.append(pa.total_allocated_bytes() - before)
            yield pa.record_batch({"text": pa.array([b"x" * 1_000_000] * 40).cast(pa.string())})

    before = pa.total_allocated_bytes()
    stream = stream_from_dataframe(pa.RecordBatchReader.from_batches(schema, batches()))
    for task in stream.tasks():
        assert task().num_rows == 8
    assert max(held) < 10_000_000


@pytest.mark.parametrize("make", [lambda data: pd.DataFrame(data), pa.table, lambda data: pl.DataFrame(data)])
def test_rows_of_a_long_dataframe_keep_their_order(make, read_all):
    rows = {"a": range(300_000)}
    assert read_all(stream_from_dataframe(make(rows)))["a"].to_pylist() == list(rows["a"])


def test_record_batch_readers_are_not_buffered():
    taken = []

    def batches():
        for number in range(100):
            taken.append(number)
            yield pa.record_batch({"a": [number]})

    reader = pa.RecordBatchReader.from_batches(pa.schema({"a": pa.int64()}), batches())
    tasks = stream_from_dataframe(reader).tasks()
    next(tasks)()
    assert len(taken) == 1


def test_lazy_frames_are_not_collected_as_a_whole(read_all):
    frame = pl.LazyFrame({"a": range(300_000)}).filter(pl.col("a") % 2 == 0)
    stream = stream_from_dataframe(frame)
    sizes = [task().num_rows for task in stream.tasks()]
    assert sum(sizes) == 150_000
    assert max(sizes) <= 131_072


def test_pandas_types_become_plain_arrow_types(read_all):
    dataframe = pd.DataFrame(
        {
            "category": pd.Categorical(["u", "v"]),
            "at": pd.to_datetime(["2024-01-01 10:00", None]),
            "nan": [1.5, float("nan")],
            "nothing": pd.Series([None, None], dtype=object),
            "no category": pd.Categorical([None, None]),
            3: [True, False],
        }
    )
    table = read_all(stream_from_dataframe(dataframe))
    assert table.to_pydict() == {
        "category": ["u", "v"],
        "at": [datetime(2024, 1, 1, 10), None],
        "nan": [1.5, None],
        "nothing": [None, None],
        "no category": [None, None],
        "3": [True, False],
    }
    assert not pa.types.is_dictionary(table.schema.field("category").type)
    assert pa.types.is_null(table.schema.field("nothing").type)
    assert pa.types.is_null(table.schema.field("no category").type)


def test_late_value_of_an_object_column_determines_its_type(read_all):
    dataframe = pd.DataFrame({"a": pd.Series([None] * 200_000 + ["x"], dtype=object)})
    assert read_all(stream_from_dataframe(dataframe))["a"][-1].as_py() == "x"


def test_columns_of_mixed_types_are_rejected_with_their_name():
    with pytest.raises(MixedColumnError, match="column 'mixed' mixes values of several types"):
        stream_from_dataframe(pd.DataFrame({"good": [1, 2], "mixed": [1, "x"]}))


PARIS = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([date(2024, 1, 1), datetime(2024, 1, 1, 12)], "dates and datetimes"),
        ([datetime(2024, 1, 1, 12), date(2024, 1, 1)], ""),
        ([datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=PARIS)], "timestamps with and without time zone"),
        ([datetime(2024, 1, 1, tzinfo=PARIS), datetime(2024, 1, 1)], "timestamps with and without time zone"),
        ([10**40], ""),
    ],
)
def test_mixed_dates_and_times_are_rejected(values, reason):
    with pytest.raises(MixedColumnError, match=f"column 'v' mixes values of several types: {reason}"):
        stream_from_dataframe(pd.DataFrame({"v": pd.Series(values, dtype=object)}))


@pytest.mark.parametrize(
    ("series", "expected"),
    [
        (pd.Series([2**63, None, 1], dtype=object), [Decimal(2**63), None, Decimal(1)]),
        (pd.Series(pd.arrays.SparseArray([0, 1])), [0, 1]),
        (pd.Series([date(2024, 1, 1), pd.NaT, None], dtype=object), [date(2024, 1, 1), None, None]),
        (pd.Series([datetime(2024, 1, 1), pd.NaT], dtype=object), [datetime(2024, 1, 1), None]),
    ],
)
def test_unusual_pandas_columns_keep_their_values(read_all, series, expected):
    assert read_all(stream_from_dataframe(pd.DataFrame({"v": series})))["v"].to_pylist() == expected


@pytest.mark.parametrize(
    ("dataframe", "data_type"),
    [
        (lambda: duckdb.sql("SELECT 340282366920938463463374607431768211455::UHUGEINT AS v"), "type UHUGEINT"),
        (lambda: duckdb.sql("SELECT '101'::BIT AS v"), "type BIT"),
        (lambda: duckdb.sql("SELECT '01:00:00+02'::TIMETZ AS v"), "type TIME WITH TIME ZONE"),
        (lambda: pl.DataFrame({"v": pl.Series([object()], dtype=pl.Object)}), "type Object"),
        (lambda: pl.DataFrame({"v": pl.Series([1], dtype=pl.Int128)}), "type Int128"),
        (lambda: pl.DataFrame({"v": pl.Series([1], dtype=pl.Int128)}).lazy(), "type Int128"),
        (lambda: pd.DataFrame({"v": pd.period_range("2024-01", periods=2, freq="M")}), r"type period\[M\]"),
        (lambda: pd.DataFrame({"v": [1 + 2j]}), "type complex128"),
    ],
)
def test_types_without_an_arrow_equivalent_are_rejected(dataframe, data_type):
    with pytest.raises(
        UnreadableColumnTypeError, match=f"column 'v' of the dataframe has {data_type}.*\n.*'v' first: "
    ):
        stream_from_dataframe(dataframe())


@pytest.mark.parametrize(
    "dataframe",
    [
        pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.DataFrame([[1, 2]], columns=[1, "1"]),
    ],
)
def test_duplicate_columns_are_rejected(dataframe):
    with pytest.raises(RepeatedColumnError, match="dataframe: column '(a|1)' occurs more than once"):
        stream_from_dataframe(dataframe)


@pytest.mark.parametrize("value", [[{"a": 1}], {"a": [1]}, "a.csv", None, pd.Series([1]), pa.chunked_array([[1]])])
def test_other_objects_are_rejected_with_the_supported_types(value):
    with pytest.raises(UnsupportedDataframeError) as raised:
        stream_from_dataframe(value)
    assert raised.value.message.startswith("a dataframe was expected, got ")
    assert "pandas, polars or pyarrow" in raised.value.hint


def test_streaming_imports_no_dataframe_library():
    program = (
        "import sys; from datalake_sdk.inputs.dataframes.stream import stream_from_dataframe\n"
        "assert not {'pandas', 'polars', 'duckdb'} & set(sys.modules)\n"
        "import pyarrow as pa\n"  # pyarrow tries to import pandas when it creates an array
        "[task() for task in stream_from_dataframe(pa.table({'a': [1]})).tasks()]\n"
        "assert not {'polars', 'duckdb'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
