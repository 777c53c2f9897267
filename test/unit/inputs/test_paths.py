"""Paths, globs, folders and standard input are resolved to files of any compression."""

from __future__ import annotations

import bz2
import gzip
import io
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pytest

from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.formats import common_format
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.paths import input_files
from datalake_sdk.inputs.registry import input_formats
from test.format_files import FILES, ROWS, options_of


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


def test_folder_selects_its_files_ordered_by_name(write_file, tmp_path):
    for name in ["in/b.csv", "in/a.csv", "in/_SUCCESS", "in/.a.csv.crc", "in/sub/c.csv"]:
        write_file(name, "a\n1\n")
    assert [Path(file.name).name for file in input_files(str(tmp_path / "in"))] == ["a.csv", "b.csv"]


def test_folder_of_folders_selects_their_files(write_file, tmp_path):
    for name in ["in/y=2/m=1/b.csv", "in/y=1/a.csv", "in/_temporary/c.csv"]:
        write_file(name, "a\n1\n")
    assert [Path(file.name).name for file in input_files(str(tmp_path / "in"))] == ["a.csv", "b.csv"]


@pytest.mark.parametrize(("pattern", "names"), [("*.csv", ["a.csv"]), ("**/*.csv", ["a.csv", "b.csv"])])
def test_glob_selects_the_matching_files(write_file, tmp_path, monkeypatch, pattern, names):
    for name in ["a.csv", "sub/b.csv", "c.txt", "_d.csv"]:
        write_file(name, "a\n1\n")
    assert [Path(file.name).name for file in input_files(str(tmp_path / pattern))] == names
    monkeypatch.chdir(tmp_path)
    assert [Path(file.name).name for file in input_files(pattern)] == names


@pytest.mark.parametrize(
    ("pattern", "names"), [("**/*.csv", ["a.csv"]), ("*/_raw/*.csv", ["b.csv"]), ("_raw/**/*.csv", ["c.csv"])]
)
def test_glob_selects_no_files_in_hidden_folders_that_it_does_not_name(write_file, tmp_path, pattern, names):
    hidden = ["in/.ipynb_checkpoints/a.csv", "in/_delta_log/a.csv", "in/_raw/b.csv", "_raw/x/c.csv", "_raw/_x/d.csv"]
    for name in ["in/a.csv", *hidden]:
        write_file(name, "a\n1\n")
    assert [Path(file.name).name for file in input_files(str(tmp_path / pattern))] == names


def test_existing_file_may_be_named_like_a_glob(write_file, read_file):
    assert read_file(write_file("a[1].csv", "a\n1\n")).to_pydict() == {"a": [1]}


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.CSV", "{", "csv"),
        ("a.txt.gz", "{", "csv"),
        ("a.ndjson.zst", "x", "json"),
        ("a.parquet", "x", "parquet"),
        ("part-0", ' {"a": 1}', "json"),
        ("part-0", '[{"a": 1}]', "json"),
        ("part-0", "[a],b\n1,2\n", "csv"),
        ("part-0", "PAR1", "parquet"),
        ("part-0", "ORC", "orc"),
        ("part-0", gzip.compress(b'{"a": 1}', mtime=0), "json"),
        ("data.2024", "a,b\n", "csv"),
    ],
)
def test_format_is_inferred_from_the_name_then_from_the_content(write_file, name, content, expected):
    path = write_file(name, content)
    assert common_format(path, input_files(path), InputOptions(), input_formats()) == expected


def test_input_format_option_takes_precedence(write_file, read_file):
    assert read_file(write_file("a.csv", '{"a": 1}\n'), input_format="json").to_pydict() == {"a": [1]}


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, zstd])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a"])
def test_compression_is_detected_from_content(write_file, read_file, compress, name):
    half = "".join(f"{n},x\n" for n in range(2000))
    members = compress(f"a,b\n{half}".encode()) + compress(half.encode())
    table = read_file(write_file(name, members), block_size=1000)
    assert table["a"].to_pylist() == [*range(2000), *range(2000)]


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
@pytest.mark.parametrize("content", ["a,b\n1,x\n2,y\n", '{"a": 1, "b": "x"}\n{"a": 2, "b": "y"}\n'])
def test_standard_input_is_read_like_a_file(monkeypatch, read_file, compress, content):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(compress(content.encode()))))
    assert read_file("-", block_size=5).to_pydict() == {"a": [1, 2], "b": ["x", "y"]}


@pytest.mark.parametrize("name", FILES)
def test_every_format_is_read_from_a_file_a_folder_and_standard_input(monkeypatch, write_file, read_file, name):
    path, options = write_file(f"in/{name}", FILES[name]), options_of(name)
    assert read_file(path, **options).to_pylist() == ROWS
    assert read_file(str(Path(path).parent), **options).to_pylist() == ROWS
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FILES[name])))
    assert read_file("-", **options).to_pylist() == ROWS


def test_types_of_standard_input_can_be_resolved(monkeypatch, read_file):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\n" + b"1\n" * 50 + b"2.5\n")))
    assert read_file("-", block_size=8)["a"][-1].as_py() == 2.5


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are not supported")
def test_a_pipe_is_read_like_a_file(tmp_path, read_file):
    import os

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("a\n1\n",))
    writer.start()
    assert read_file(str(pipe)).to_pydict() == {"a": [1]}
    writer.join()


@pytest.mark.parametrize("nothing", [b"", b"\n", b"\r\n \n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0), zstd(b"\n")])
def test_empty_files_among_others_are_skipped_with_a_warning(write_file, read_file, tmp_path, caplog, nothing):
    empty = write_file("in/a.csv", nothing)
    write_file("in/b.csv", "a\n1\n")
    assert read_file(str(tmp_path / "in")).to_pydict() == {"a": [1]}
    assert caplog.messages == [f"input '{empty}' is empty: skipped"]


def test_total_bytes_is_the_size_on_disk(write_file):
    content = gzip.compress(b"a\n" + b"1\n" * 10_000)
    stream = open_input(write_file("a.csv.gz", content), InputOptions(), 100)
    assert sum(task().num_rows for task in stream.tasks()) == 10_000
    assert stream.bytes_read == stream.total_bytes == len(content)
