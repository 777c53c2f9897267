"""JSON arrays and sequences of objects yield the same rows as JSON Lines."""

from __future__ import annotations

import gzip
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake_sdk import errors
from datalake_sdk.inputs.json.documents import array_as_lines, sequence_as_lines

strings = st.text(st.sampled_from('a"\\{}[],\n é\u2028'), max_size=6)
values = st.recursive(
    st.one_of(strings, st.integers(-9, 9), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(strings, inner, max_size=2)),
    max_leaves=4,
)
objects = st.lists(st.dictionaries(strings, values, max_size=3), min_size=1, max_size=5)


def pieces(text, size):
    data = text.encode()
    chunks = iter([data[start : start + size] for start in range(0, len(data), size)])
    return lambda _size: next(chunks, b"")


def rewritten(as_lines, text, size):
    read_chunk, lines = as_lines("a.json", pieces(text, size)), b""
    while data := read_chunk(1):
        lines += data
    return [json.loads(line) for line in lines.decode().split("\n") if line]


@settings(max_examples=50)
@given(rows=objects, indent=st.sampled_from([None, 1]), size=st.sampled_from([1, 2, 3, 7, 1000]))
def test_chunk_boundaries_do_not_change_objects(rows, indent, size):
    documents = [json.dumps(row, indent=indent, ensure_ascii=False) for row in rows]
    assert rewritten(array_as_lines, f" [{', '.join(documents)}\n]\n", size) == rows
    assert rewritten(array_as_lines, "".join(f"[{document}]" for document in documents), size) == rows
    for separator in ("\n", "", " \r\n"):
        assert rewritten(sequence_as_lines, separator.join(documents), size) == rows


ROWS = [{"a": n, "b": {"c": [f"x{n}", None]}, "d": "2020-01-01"} for n in range(200)]


@pytest.mark.parametrize("block_size", [100, 1 << 20])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "\r\n[\r\n" + ",\r\n".join(map(json.dumps, ROWS)) + "\r\n]\r\n",
        json.dumps(ROWS[:9]) + "\n[]\n" + json.dumps(ROWS[9:]),
        "\n".join(json.dumps(row, indent=2) for row in ROWS),
        "".join(map(json.dumps, ROWS)),
        " ".join(map(json.dumps, ROWS)),
    ],
)
def test_rows_and_types_equal_those_of_json_lines(write_file, read_file, text, block_size):
    expected = read_file(write_file("lines.jsonl", "".join(json.dumps(row) + "\n" for row in ROWS)))
    assert read_file(write_file("a.json", text), block_size=block_size) == expected
    assert read_file(write_file("marked.json", "\ufeff" + text), block_size=block_size) == expected
    assert read_file(write_file("b", gzip.compress(text.encode("utf-16"))), encoding="utf-16") == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[{"a": 1}, {"a": 2}', "missing ] after object 2"),
        ('[{"a": 1}, {"a": 2},]', "unexpected ',]' after object 2"),
        ('[{"a": 1}, {"a": ', "it ends inside object 2"),
        ('[{"a": 1}, {"a": "}]', "it ends inside object 2"),
        ('[{"a": 1} {"a": 2}]', "missing comma before object 2"),
        ('[{"a": 1},, {"a": 2}]', "unexpected ',,' before object 2"),
        ('[{"a": 1}]]', "unexpected ']]' after object 1"),
        ('{\n"a": 1\n}\n{\n', "it ends inside object 2"),
        ('{\n"a": 1\n},\n{"a": 2}', "unexpected ',' before object 2"),
    ],
)
def test_invalid_sequences_of_objects_are_rejected(write_file, read_file, text, reason):
    path = write_file("a.json", text)
    with pytest.raises(errors.CorruptInputError) as caught:
        read_file(path)
    assert caught.value.message == f"input '{path}' is damaged: {reason}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[1, 2, 3]", "object 1: the value is a number, not an object"),
        ('["a b", "c"]', "object 1: the value is a string, not an object"),
        ('[{"a": 1}, 7, {"a": 2}]', "object 2: the value is a number, not an object"),
        ('[{"a": 1}, null]', "object 2: the value is null, not an object"),
    ],
)
def test_other_values_in_an_array_are_rejected(write_file, read_file, text, reason):
    path = write_file("a.json", text)
    with pytest.raises(errors.InvalidJsonLineError) as caught:
        read_file(path)
    assert caught.value.message == f"input '{path}', {reason}"
    assert caught.value.hint == 'Each row must be one JSON object: {"name": value, ...}.'


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ('{"a": }', "not valid JSON: Expecting value at column 7"),
        ("[1]", "the value is an array, not an object"),
        ('{"a": "\n"}', "not valid JSON: Unterminated string starting at at column 7"),
        ('{"a": "oops"}', "column 'a' is declared as long, but contains 'oops'"),
    ],
)
def test_invalid_object_is_reported_with_its_number(write_file, read_file, wrong, reason):
    path = write_file("a.json", f'[{{"a":\n1}},\n{{"a": 2}}, {wrong}]')
    with pytest.raises(errors.DatalakeError) as caught:
        read_file(path, types={"a": pa.int64()}, declared=frozenset({"a"}))
    assert caught.value.message.startswith(f"input '{path}', object 3: {reason}")


@pytest.mark.parametrize("text", ["[]", " [ ]\n[\n] "])
def test_an_array_without_objects_has_no_rows(write_file, read_file, tmp_path, text):
    assert read_file(write_file("in/a.json", text)).num_rows == 0
    write_file("in/b.json", '[{"a": 1}]')
    assert read_file(str(tmp_path / "in")).to_pylist() == [{"a": 1}]
