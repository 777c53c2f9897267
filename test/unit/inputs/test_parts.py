from __future__ import annotations

import gzip
import pickle

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake_sdk.errors import DatalakeError, RaggedRowError
from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.parts import Part, TextParts, TypedParts, typed_parts
from datalake_sdk.inputs.paths import input_files
from datalake_sdk.inputs.registry import input_formats
from datalake_sdk.operations.read import read_files
from datalake_sdk.platforms.select import open_platform, resolve_environment

BLOCK = 64


def no_storage():
    raise AssertionError("the files are local")


def natively(tmp_path, path):
    """The rows that a single process reads."""
    platform = open_platform(resolve_environment(None, None, None, local_root=tmp_path / "lake"))
    return read_files(platform, str(path)).read_all()


def in_parts(paths, input_format, part_size):
    """The number of parts, and the rows that several processes read."""
    text = TextParts(input_formats()[input_format], InputOptions(), no_storage, part_size, BLOCK)
    parts = [part for path in paths for part in text.split(Part(str(path), 0, None, path.stat().st_size))]
    columns = text.columns(parts, [text.infer(part) for part in parts])
    schema = pa.schema([(column.name, column.type) for column in columns])
    batches = [batch for part in parts for batch in text.batches(columns, part)]
    return len(parts), pa.Table.from_batches(batches, schema)


fields = st.one_of(
    st.integers(-(10**12), 10**12).map(str),
    st.sampled_from(["", "NA", "1.5", "1e3", "true", "2020-01-01", "2020-01-01T10:00:00Z", "abc"]),
    st.text(st.sampled_from('a",\n\r é'), max_size=6).map(lambda text: '"' + text.replace('"', '""') + '"'),
)


@settings(max_examples=40)
@given(rows=st.lists(st.tuples(fields, fields), max_size=40), part_size=st.sampled_from([BLOCK, 3 * BLOCK]))
def test_csv_parts_equal_the_whole_file(tmp_path_factory, rows, part_size):
    folder = tmp_path_factory.mktemp("csv")
    path = folder / "a.csv"
    path.write_bytes(("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows)).encode())
    _, table = in_parts([path], "csv", part_size)
    assert table.equals(natively(folder, path))


def without_order(data_type: pa.DataType) -> object:
    """A type without the order of fields, which depends on the block size."""
    if pa.types.is_list(data_type):
        return [without_order(data_type.value_type)]
    return (
        {field.name: without_order(field.type) for field in data_type} if pa.types.is_struct(data_type) else data_type
    )


values = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5), st.booleans(), st.none()
)
nested = st.one_of(st.lists(values, max_size=2), st.dictionaries(st.sampled_from("xy"), values))
objects = st.dictionaries(st.sampled_from("abc"), st.one_of(values, nested))


@settings(max_examples=40)
@given(lines=st.lists(objects, min_size=1, max_size=30))
def test_json_parts_have_the_types_and_rows_of_the_whole_files(tmp_path_factory, lines):
    import json

    folder = tmp_path_factory.mktemp("json")
    paths = [folder / "a.jsonl", folder / "b.jsonl"]
    for path, some in zip(paths, [lines, lines[::-1]], strict=True):
        path.write_text("".join(json.dumps(line) + "\n" for line in some), encoding="utf-8")
    _, table = in_parts(paths, "json", BLOCK)
    whole = natively(folder, folder)
    assert table.to_pylist() == whole.to_pylist()
    assert without_order(pa.struct(table.schema)) == without_order(pa.struct(whole.schema))


def test_long_files_are_split_and_compressed_files_are_not(tmp_path):
    text = ("a,b\n" + "1,2\n" * 200).encode()
    (tmp_path / "a.csv").write_bytes(text)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(text))
    count, table = in_parts([tmp_path / "a.csv"], "csv", BLOCK)
    assert count > 5
    assert in_parts([tmp_path / "a.csv.gz"], "csv", BLOCK) == (1, table)


def test_row_groups_of_a_parquet_file_are_split(tmp_path):
    import pyarrow.parquet as pq

    table = pa.table({"a": list(range(100))})
    pq.write_table(table, tmp_path / "a.parquet", row_group_size=10)
    parquet = input_formats()["parquet"]
    parts = typed_parts([parquet.open(file) for file in input_files(str(tmp_path / "a.parquet"))], part_size=200)
    read = TypedParts(parquet, table.schema, InputOptions(), no_storage)
    assert len(parts) > 3
    assert pa.Table.from_batches([batch for part in parts for batch in read.batches(part)]) == table


def test_errors_survive_pickling_between_processes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3\n", encoding="utf-8")
    with pytest.raises(RaggedRowError) as caught:
        open_input(str(path), InputOptions())
    error = pickle.loads(pickle.dumps(caught.value))
    assert (type(error), str(error), error.hint) == (RaggedRowError, str(caught.value), caught.value.hint)
    assert isinstance(error, DatalakeError)
