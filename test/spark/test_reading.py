"""Files as Spark DataFrames: the columns, types, rows and errors of the native reader."""

from __future__ import annotations

import bz2
import gzip
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalake_sdk.errors import (
    DatalakeError,
    DeclaredTypeError,
    InapplicableOptionError,
    UnknownColumnError,
    UnknownTableError,
    UnsplittableInputError,
    UnsupportedSparkTypeError,
)
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.operations import read
from datalake_sdk.settings import TableName
from datalake_sdk.spark_engine.reading import read_files, read_table
from datalake_sdk.spark_engine.spark_internals import arrow_rows
from test.format_files import FILES, ROWS, options_of

GOOD = {
    "numbers.csv": b"i,big,d,e,dec\n1,9223372036854775807,1.5,1e3,0.1234567890123456789\n,-1,2,4,\n",
    "overflow.csv": b"a\n9223372036854775808\n1\n",
    "mixed.csv": b"a,b,c\n1,true,2020-01-01\nx,0,2020-01-01T10:00:00\n",
    "times.csv": b"d,t,z\n2020-01-01,2020-01-01 10:00:00.123456,2020-01-01T10:00:00+02:00\n,,\n",
    "nulls.csv": b'a,b,c\nNA,"",\n1,x,\n',
    "quotes.csv": b'a,"b ""c"""\n"line\nbreak","x,y"\n"1",2\n',
    "crlf.csv": b"a,b\r\n1,2\r\n3,4",
    "mark.csv": b"\xef\xbb\xbfa\n1\n",
    "names.csv": b"Order ID,a.b,\n1,2,3\n",
    "header.csv": b"a,b\n",
    "returns.csv": b'a,b\r1,"x\ny"\r2,z\n3,',
    "leading.csv": b"zip\n01234\n98765\n",
    "tabs.tsv": b"a\tb\n1\t2\n",
    "packed.csv.gz": gzip.compress(b"a,b\n1,x\n2,y\n"),
    "packed.jsonl.bz2": bz2.compress(b'{"a": 1}\n{"a": 2.5}\n'),
    "nested.jsonl": b'{"a": {"b": [1, 2.5], "c": null}}\n{"a": {"b": [], "d": "x"}, "e": true}\n{"e": null}\n',
    "kinds.jsonl": b'{"a": 1, "b": "2020-01-01"}\n{"a": "x", "b": "2020-01-01T00:00:00Z"}\n{"a": [1], "b": null}\n',
    "array.json": b'[{"a": 1, "b": "x"},\n {"a": 2.5}]\n',
    "nothing.json": b"[]",
    "pretty.json": b'{\n  "a": 1\n}\n{\n  "a": 2\n}\n',
    "digits.jsonl": b'{"a": 0.12345678901234567890}\n{"a": 1}\n',
}
BAD = {
    "ragged.csv": b"a,b\n1,2\n3\n",
    "open_quote.csv": b'a,b\n1,"2\n3,4\n',
    "latin.csv": b"a\nx\n\xe9\n",
    "twice.csv": b"a,a\n1,2\n",
    "semicolons.csv": b"a;b\n1;2\n",
    "cut.csv.gz": gzip.compress(b"a,b\n1,x\n" * 50)[:-12],
    "broken.jsonl": b'{"a": 1}\n{"a": \n',
    "array.json": b'[{"a": 1},\n',
    "no.parquet": b"PAR1 and no more",
    "empty.csv": b"",
    "cut.avro": FILES["a.avro"][:30],
    "cut.orc": FILES["a.orc"][:-9],
    "cut.xlsx": FILES["a.xlsx"][:-99],
}


def natively(lake, path, options=None):
    return read.read_files(lake.platform, str(path), options).read_all()


def on_spark(lake, path, options=None):
    return arrow_rows(read_files(lake.session, lake.platform, str(path), options or InputOptions()))


def plain(table):
    """Spark's Arrow schemas name the items of lists differently."""
    return [(field.name, str(field.type).replace("element:", "item:")) for field in table.schema], table.to_pylist()


@pytest.mark.parametrize("name", GOOD)
def test_types_and_rows_equal_those_of_the_native_reader(lake, tmp_path, name):
    (tmp_path / name).write_bytes(GOOD[name])
    assert plain(on_spark(lake, tmp_path / name)) == plain(natively(lake, tmp_path / name))


@pytest.mark.parametrize("name", FILES)
def test_every_format_is_read_like_the_native_reader(lake, tmp_path, name):
    (tmp_path / name).write_bytes(FILES[name])
    options = InputOptions(**options_of(name))
    read = on_spark(lake, tmp_path / name, options)
    assert plain(read) == plain(natively(lake, tmp_path / name, options))
    assert read.to_pylist() == ROWS


@pytest.mark.parametrize("name", [*BAD, "missing.csv"])
def test_errors_equal_those_of_the_native_reader(lake, tmp_path, name):
    if name in BAD:
        (tmp_path / name).write_bytes(BAD[name])
    with pytest.raises(DatalakeError) as native:
        natively(lake, tmp_path / name)
    with pytest.raises(DatalakeError) as spark:
        on_spark(lake, tmp_path / name)
    assert (type(spark.value), str(spark.value)) == (type(native.value), str(native.value))


def test_files_of_a_folder_are_combined_by_column_name(lake, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv").write_text("id,x\n1,1\n", encoding="utf-8")
    (folder / "b.csv").write_text("y,id\n2020-01-01,2.5\n", encoding="utf-8")
    (folder / "_skipped.csv").write_text("z\n1\n", encoding="utf-8")
    assert plain(on_spark(lake, folder)) == plain(natively(lake, folder))
    assert plain(on_spark(lake, folder / "*.csv")) == plain(natively(lake, folder))


def test_parquet_files_are_combined_and_keep_their_types(lake, tmp_path):
    first = pa.table(
        {
            "id": pa.array([1, 2], pa.int32()),
            "price": pa.array([1, None], pa.decimal128(10, 2)),
            "at": pa.array([0, 1], pa.timestamp("us")),
            "on": pa.array([0, 1], pa.timestamp("us", "UTC")),
            "tags": pa.array([["a"], None]),
            "by": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
            "raw": pa.array([b"x", None]),
        }
    )
    pq.write_table(first, tmp_path / "a.parquet", row_group_size=1)
    pq.write_table(pa.table({"id": pa.array([5], pa.int64()), "more": [True]}), tmp_path / "b.parquet")
    assert plain(on_spark(lake, tmp_path / "*.parquet")) == plain(natively(lake, tmp_path / "*.parquet"))


def test_a_type_that_spark_does_not_support_is_rejected_with_the_column_name(lake, tmp_path):
    pq.write_table(pa.table({"at": pa.array([0], pa.time64("us"))}), tmp_path / "a.parquet")
    with pytest.raises(UnsupportedSparkTypeError, match="column 'at' has type time"):
        on_spark(lake, tmp_path / "a.parquet")


def test_declared_types_are_binding(lake, tmp_path):
    (tmp_path / "a.csv").write_text("a\n1\nx\n", encoding="utf-8")
    options = InputOptions(types={"a": pa.int64()}, declared=frozenset({"a"}))
    with pytest.raises(DeclaredTypeError, match="line 3"):
        on_spark(lake, tmp_path / "a.csv", options)


def test_options_have_the_same_effect_as_in_the_native_reader(lake, tmp_path):
    options = InputOptions(
        csv_delimiter=";", quote="'", escape="\\", comment="#", skip_rows=1, null_values=("-",), encoding="latin-1",
        decimal_mark=",", thousands_mark=".", date_formats=("%d.%m.%Y",), timezone="Europe/Paris",
    )  # fmt: skip
    path = tmp_path / "a.csv"
    path.write_bytes(
        "à propos\n# c;d\na;b;n;d;t\n1;'é;';1.234,5;1.2.2024;2024-07-01 12:00\n#2;3\n-;\\#x;-;-;-\n".encode("latin-1")
    )
    read = on_spark(lake, path, options)
    assert plain(read) == plain(natively(lake, path, options))
    first, second = (list(row.values()) for row in read.to_pylist())
    assert first == [1, "é;", 1234.5, date(2024, 2, 1), datetime(2024, 7, 1, 10, tzinfo=UTC)]
    assert second == [None, "#x", None, None, None]
    with pytest.raises(InapplicableOptionError, match="csv_delimiter"):
        on_spark(lake, path, InputOptions(input_format="json", csv_delimiter=";"))


def test_standard_input_is_rejected_with_a_hint(lake):
    with pytest.raises(UnsplittableInputError, match="'-'") as caught:
        on_spark(lake, "-")
    assert "file" in caught.value.hint


def test_a_table_is_read_with_all_or_selected_columns(lake):
    lake.native().ingest([{"id": 1, "name": "a"}], mode="append")
    table = TableName.parse(str(lake.table))
    assert arrow_rows(read_table(lake.session, lake.platform, table)).to_pylist() == [{"id": 1, "name": "a"}]
    assert arrow_rows(read_table(lake.session, lake.platform, table, ["name"])).to_pylist() == [{"name": "a"}]
    with pytest.raises(UnknownTableError):
        read_table(lake.session, lake.platform, TableName("sales", "nothing"))
    with pytest.raises(UnknownColumnError, match="nam"):
        read_table(lake.session, lake.platform, table, ["nam"])
