"""Small files that are decoded together have the rows, types and errors of files that are decoded separately."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from datalake_sdk.batches import FilesTask
from datalake_sdk.errors import DatalakeError
from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.text import small_files

FEW = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

WHOLE_FILE = 4096
"""Size of a block that holds any of the files."""

VALUES = st.sampled_from(
    ["", "1", "2.5", "-0", "0.1234567890123456789", "007", "x", "é", "true", "NA", "2024-07-01", "2024-07-01 10:00:00"]
)
FIELDS = st.one_of(VALUES, st.sampled_from(['"a,b"', '"a\nb"', '"a""b"', '"', 'a"b', '""', '"x', " 1 "]))
HEADERS = st.sampled_from(["a,b", "b,a", "a,b,c", '"a","b"', "a", "a;b"])
ENDS = st.sampled_from(["\n", "\r\n", "\r"])
SCALARS = st.sampled_from(
    [
        "1",
        "2.5",
        "-0",
        "1e400",
        "123456789012345678901",
        "null",
        "NaN",
        "true",
        '"x"',
        '"2024-07-01"',
        '"NA"',
        "[1]",
        "{}",
    ]
)


@st.composite
def csv_files(draw: st.DrawFn) -> bytes:
    header, end = draw(HEADERS), draw(ENDS)
    rows = draw(st.lists(st.lists(FIELDS, min_size=1, max_size=3), max_size=4))
    width = header.count(",") + 1
    lines = [
        header,
        *(",".join((row * width)[: draw(st.sampled_from([width, width, width, len(row)]))]) for row in rows),
    ]
    text = end.join(lines) + draw(st.sampled_from([end, "", end * 2]))
    return draw(st.sampled_from([bytes, gzip.compress, lambda data: b"\xef\xbb\xbf" + data]))(text.encode())


@st.composite
def json_files(draw: st.DrawFn) -> bytes:
    keys = st.sampled_from(["a", "b", "c"])
    objects = draw(st.lists(st.dictionaries(keys, SCALARS, max_size=3), min_size=1, max_size=4))
    lines = ["{" + ", ".join(f'"{key}": {value}' for key, value in each.items()) + "}" for each in objects]
    text = draw(
        st.sampled_from(
            [
                "\n".join(lines),
                "\n".join(lines) + "\n\n",
                f"[{','.join(lines)}]",
                "".join(lines),
                "\n".join([*lines, "{"]),
            ]
        )
    )
    return draw(st.sampled_from([bytes, gzip.compress]))(text.encode())


@contextmanager
def separately() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(small_files, "SMALL_SIZE", -1)
        yield


def outcome(read_file: Any, folder: Path, **options: Any) -> Any:
    """The table; or the error, of which only the class is comparable if several files are invalid."""
    try:
        return read_file(str(folder), **options)
    except DatalakeError as error:
        return error


def write(tmp_path_factory: pytest.TempPathFactory, suffix: str, contents: list[bytes]) -> Path:
    folder = tmp_path_factory.mktemp("in")
    for number, content in enumerate(contents):
        (folder / f"{number:03}{suffix}").write_bytes(content)
    return folder


def check_same(read_file: Any, folder: Path, *, is_ordered: bool = True, **options: Any) -> None:
    """Compares rows and types, or errors; `is_ordered` includes the order of columns."""
    together = outcome(read_file, folder, **options)
    with separately():
        apart = outcome(read_file, folder, **options)
    if not isinstance(apart, DatalakeError):
        fields = list if is_ordered else set
        assert fields(together.schema) == fields(apart.schema)
        assert together.to_pylist() == apart.to_pylist()
        return
    assert isinstance(together, DatalakeError)
    errors = set()
    for path in sorted(folder.iterdir()):
        error = outcome(read_file, path, **options)
        errors.add(error.message if isinstance(error, DatalakeError) else None)
    assert str(together) == str(apart) or together.message in errors


@FEW
@given(st.lists(csv_files(), min_size=2, max_size=6), st.sampled_from([32, WHOLE_FILE]))
def test_csv_files_are_decoded_together_as_they_are_separately(tmp_path_factory, read_file, contents, block_size):
    check_same(read_file, write(tmp_path_factory, ".csv", contents), block_size=block_size)


@FEW
@given(st.lists(json_files(), min_size=2, max_size=6), st.sampled_from([32, WHOLE_FILE]))
@example([b"{}", b"{}"], WHOLE_FILE)
def test_json_files_are_decoded_together_as_they_are_separately(tmp_path_factory, read_file, contents, block_size):
    # If types have to be inferred again, the order of columns depends on where a block ends.
    is_ordered = block_size == WHOLE_FILE
    check_same(read_file, write(tmp_path_factory, ".json", contents), is_ordered=is_ordered, block_size=block_size)


def folder_of(write_file: Any, suffix: str, *contents: str) -> str:
    paths = [write_file(f"in/{number:03}{suffix}", content) for number, content in enumerate(contents)]
    return str(Path(paths[0]).parent)


@pytest.mark.parametrize(
    ("suffix", "contents"),
    [
        (".csv", ["a,b\n1,x\n", "a,b\n2,y", "a,b\n"]),
        (".jsonl", ['{"a": 1}\n', '[{"a": 2}]', '{"a": 3}{"a": 4}']),
    ],
)
def test_small_files_are_one_batch(write_file, suffix, contents):
    (task,) = open_input(folder_of(write_file, suffix, *contents), InputOptions()).tasks()
    assert isinstance(task, FilesTask)
    assert len(task.files) == 3


@pytest.mark.parametrize(
    ("suffix", "contents", "message"),
    [
        (".csv", ["a,b\n1,2\n", "a,b\n1,2\n3\n", "a,b\n5,6\n"], "001.csv', line 3"),
        (".csv", ["a\n1\n", 'a\n"2\n', 'a\n"3\n'], "001.csv', line 2"),
        (".jsonl", ['{"a": 1}\n', '{"a": 1}\n{"a": \n', '{"a": 1}\n'], "001.jsonl', line 2"),
        (".json", ['[{"a": 1}]', '[{"a": 1}, {"a": 01}]'], "001.json', object 2"),
    ],
)
def test_errors_name_the_file_and_the_line(write_file, read_file, suffix, contents, message):
    with pytest.raises(DatalakeError, match=message):
        read_file(folder_of(write_file, suffix, *contents))


def test_a_value_that_does_not_fit_its_declared_type_is_located_in_its_file(write_file, read_file):
    folder = folder_of(write_file, ".csv", "a\n1\n", "a\n2\n\nx\n", "a\n3\n")
    with pytest.raises(DatalakeError, match=r"001\.csv', line 4"):
        read_file(folder, types={"a": pa.int64()}, declared=frozenset({"a"}))


def test_types_are_inferred_from_all_files(write_file, read_file, monkeypatch):
    monkeypatch.setattr(small_files, "_SAMPLE_SIZE", 1)
    files = [json.dumps({"a": number, **({"b": "x"} if number == 5 else {})}) for number in range(8)]
    table = read_file(folder_of(write_file, ".jsonl", *files, '{"c": 1, "a": 0.5}'))
    assert table.schema == pa.schema({"a": pa.float64(), "b": pa.string(), "c": pa.int64()})
    assert table["a"].to_pylist() == [*map(float, range(8)), 0.5]


def test_rows_of_files_that_are_decoded_together_are_counted(write_file):
    contents = ['a\n"x\ny"\n\nz\n', "a\n", "a\n1"]
    (task,) = open_input(folder_of(write_file, ".csv", *contents), InputOptions()).tasks()
    assert isinstance(task, FilesTask)
    assert task.count_rows() == [2, 0, 1]


def test_a_file_that_changes_while_it_is_read_is_decoded_separately(write_file):
    folder = folder_of(write_file, ".csv", "a,b\n1,x\n", "a,b\n2,y\n")
    (task,) = open_input(folder, InputOptions()).tasks()
    write_file("in/001.csv", "b,a\nz,3\n")
    assert task().to_pydict() == {"a": [1, 3], "b": ["x", "z"]}
