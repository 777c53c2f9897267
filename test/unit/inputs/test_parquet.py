"""Parquet files are read with their stored types and combined by column name."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalake_sdk.errors import DatalakeError, InvalidValuesError
from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.parquet import ParquetFile
from datalake_sdk.inputs.source import InputFile
from datalake_sdk.inputs.typed_stream import TypedStream


@pytest.mark.parametrize("group_limit", [1 << 16, 1 << 20])
def test_row_groups_are_decoded_as_a_whole_or_in_slices(tmp_path, read_all, group_limit):
    table = pa.table({"a": range(100_000), "b": [{"c": [n, None]} for n in range(100_000)]})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=70_000)
    stream = TypedStream([ParquetFile(InputFile(str(tmp_path / "a.parquet")), group_limit)], InputOptions())
    assert read_all(stream) == table
    assert stream.bytes_read == stream.total_bytes


def test_small_files_are_decoded_together(tmp_path, read_all):
    tables = [{"a": [1, 2]}, {"a": [3]}, {"a": [0.5], "b": ["x"]}, {"a": []}]
    for number, columns in enumerate(tables):
        pq.write_table(pa.table(columns), tmp_path / f"{number}.parquet")
    stream = open_input(str(tmp_path), InputOptions())
    (task,) = stream.tasks()
    assert task.count_rows() == [2, 1, 1, 0]
    assert read_all(stream).to_pydict() == {"a": [1, 2, 3, 0.5], "b": [None, None, None, "x"]}


def test_an_error_in_one_of_many_small_files_names_it(tmp_path):
    declared = InputOptions(types={"a": pa.int64()}, declared=frozenset({"a"}))
    for number, value in enumerate(["1", "x", "2"]):
        pq.write_table(pa.table({"a": [value]}), tmp_path / f"{number}.parquet")
    with pytest.raises(DatalakeError, match=r"1\.parquet"):
        [task() for task in open_input(str(tmp_path), declared).tasks()]


def test_types_are_kept_and_encodings_are_decoded(tmp_path, read_file):
    table = pa.table(
        {
            "small": pa.array([1], pa.int8()),
            "word": pa.array(["x"]).dictionary_encode(),
            "words": pa.array([["x"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
            "view": pa.array(["x"], pa.string_view()),
            "nothing": pa.nulls(1),
            "nano": pa.array([1], pa.timestamp("ns", "Europe/Paris")),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    assert [str(data_type) for data_type in read_file(str(tmp_path)).schema.types] == [
        "int8",
        "string",
        "list<item: string>",
        "string",
        "null",
        "timestamp[ns, tz=Europe/Paris]",
    ]


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (pa.int8(), pa.int64(), pa.int64()),
        (pa.int64(), pa.float32(), pa.float64()),
        (pa.float32(), pa.float64(), pa.float64()),
        (pa.decimal128(10, 2), pa.decimal128(12, 4), pa.decimal128(12, 4)),
        (pa.date32(), pa.timestamp("us"), pa.timestamp("us")),
        (pa.string(), pa.large_string(), pa.large_string()),
        (pa.struct({"x": pa.int8()}), pa.struct({"y": pa.string()}), pa.struct({"x": pa.int8(), "y": pa.string()})),
    ],
)
def test_column_types_of_two_files_are_combined(tmp_path, read_file, first, second, both):
    pq.write_table(pa.table({"a": pa.nulls(1, first), "b": [1]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"c": ["x"], "a": pa.nulls(1, second)}), tmp_path / "2.parquet")
    table = read_file(str(tmp_path))
    assert table.schema.field("a").type == both
    assert table.select(["b", "c"]).to_pylist() == [{"b": 1, "c": None}, {"b": None, "c": "x"}]


@pytest.mark.parametrize(
    ("first", "second"),
    [(pa.int64(), pa.string()), (pa.decimal128(10, 2), pa.float64()), (pa.string(), pa.binary())],
)
def test_files_without_a_lossless_common_type_are_rejected(tmp_path, first, second):
    pq.write_table(pa.table({"a": pa.nulls(1, first)}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": pa.nulls(1, second)}), tmp_path / "2.parquet")
    with pytest.raises(Exception, match="column 'a' is"):
        open_input(str(tmp_path), InputOptions())


def test_integers_beyond_double_precision_are_rejected_among_doubles(tmp_path, read_file):
    pq.write_table(pa.table({"a": [2**53 + 1]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": [0.5]}), tmp_path / "2.parquet")
    with pytest.raises(Exception, match="column 'a' is int64 .*9007199254740993"):
        read_file(str(tmp_path))


def test_columns_are_cast_to_declared_types_only(tmp_path, read_file):
    pq.write_table(pa.table({"Price": ["1.50"], "n": pa.array([1], pa.int32())}), tmp_path / "a.parquet")
    types = {"price": pa.decimal128(10, 2), "n": pa.int64()}
    table = read_file(str(tmp_path), types=types, declared=frozenset({"price"}))
    assert table.to_pydict() == {"Price": [Decimal("1.50")], "n": [1]}
    assert table.schema.field("n").type == pa.int32()


def test_a_file_without_rows_has_columns(tmp_path, read_file):
    pq.write_table(pa.table({"a": pa.array([], pa.int64())}), tmp_path / "a.parquet")
    assert read_file(str(tmp_path)) == pa.table({"a": pa.array([], pa.int64())})


def test_int96_timestamps_keep_every_year(tmp_path, read_file):
    moments = [datetime(1, 1, 1), datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(9999, 12, 31, 3)]
    table = pa.table({"t": moments, "l": [[moment] for moment in moments]})
    pq.write_table(table, tmp_path / "a.parquet", use_deprecated_int96_timestamps=True)
    assert read_file(str(tmp_path / "a.parquet")).to_pydict() == table.to_pydict()


def test_nanoseconds_are_truncated_for_a_declared_timestamp(tmp_path, read_file):
    pq.write_table(pa.table({"t": pa.array([-1], pa.timestamp("ns"))}), tmp_path / "a.parquet")
    options = {"types": {"t": pa.timestamp("us")}, "declared": frozenset({"t"})}
    assert read_file(str(tmp_path), **options)["t"].to_pylist() == [datetime(1969, 12, 31, 23, 59, 59, 999999)]


def test_slices_with_large_values_have_few_rows(tmp_path):
    pq.write_table(pa.table({"a": ["x" * 1000 + str(n) for n in range(1000)]}), tmp_path / "a.parquet")
    pieces = ParquetFile(InputFile(str(tmp_path / "a.parquet")), 100_000).pieces()
    assert max(piece.decode().num_rows for piece in pieces) <= 100


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (pa.array([b"\xc3"]).view(pa.string()), "Invalid UTF8 sequence"),
        (pa.array([-1]).view(pa.time64("us")), "not within the acceptable range"),
    ],
)
def test_invalid_values_are_rejected_with_file_and_column(tmp_path, read_file, values, reason):
    for column in (values, pa.ListArray.from_arrays([0, 1], values)):
        pq.write_table(pa.table({"good": [1], "bad": column}), tmp_path / "a.parquet")
        with pytest.raises(InvalidValuesError, match=rf"column 'bad' contains an invalid value: .*{reason}"):
            read_file(str(tmp_path / "a.parquet"))
