"""JSON Lines are read with the same values by Arrow and by the exact reader."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.json.arrow_reader import fitted, read_with_arrow
from datalake_sdk.inputs.json.exact_reader import Nulls, array_of_values, read_objects, shape_of_values
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.text.blocks import Block
from datalake_sdk.inputs.text.columns import Column, column
from datalake_sdk.inputs.text.conversion import USUAL_NULLS

TINY = 16
NULLS = Nulls(USUAL_NULLS, frozenset())


def lines(*rows: Any) -> str:
    return "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def types(table: pa.Table) -> dict[str, str]:
    return {field.name: str(field.type) for field in table.schema}


def test_values_have_their_types(write_file, read_file):
    path = write_file(
        "a.jsonl",
        lines(
            {"id": 1, "amount": 2.5, "ok": True, "zip": "00501", "on": "2024-01-01", "at": "2024-01-01T10:00:00+02:00"},
            {"id": 2, "zip": None, "new": "n/y"},
        ),
    )
    first = {
        "id": 1,
        "amount": 2.5,
        "ok": True,
        "zip": "00501",
        "on": date(2024, 1, 1),
        "at": datetime(2024, 1, 1, 8, tzinfo=UTC),
        "new": None,
    }
    assert read_file(path).to_pylist() == [first, dict.fromkeys(first) | {"id": 2, "new": "n/y"}]


def test_objects_become_structs_and_arrays_become_lists(write_file, read_file):
    rows = [
        {"a": {"b": {"c": 1}}, "l": [1, 2], "o": [{"x": 1}, {"y": "z"}]},
        {"a": {"b": None}, "l": [], "o": None},
        {"a": None, "l": [None, 2.5], "o": [None]},
    ]
    table = read_file(write_file("a.jsonl", lines(*rows)))
    assert types(table) == {
        "a": "struct<b: struct<c: int64>>",
        "l": "list<item: double>",
        "o": "list<item: struct<x: int64, y: string>>",
    }
    assert table["o"].to_pylist() == [[{"x": 1, "y": None}, {"x": None, "y": "z"}], None, [None]]
    assert table["l"].to_pylist() == [[1.0, 2.0], [], [None, 2.5]]


@pytest.mark.parametrize(
    ("first", "second", "data_type", "expected"),
    [
        ("1", "12.5", "double", [1.0, 12.5]),
        ("1", "9223372036854775808", "decimal128(38, 0)", [1, 2**63]),
        ("0.5", "9007199254740993", "decimal128(38, 1)", [Decimal("0.5"), 2**53 + 1]),
        ("0.5", "0.12345678901234567890", "decimal128(38, 20)", [Decimal("0.5"), Decimal("0.1234567890123456789")]),
        ("0.5", "0.30000000000000004", "double", [0.5, 0.30000000000000004]),
        ("0.5", "1e5", "double", [0.5, 100000.0]),
        ("0.5", "1e400", "string", ["0.5", "1e400"]),
        ("0.5", "NaN", "double", [0.5, None]),
        ("0.5", "-Infinity", "double", [0.5, float("-inf")]),
        ("1", '"NA"', "int64", [1, None]),
        ("1", '"5"', "string", ["1", "5"]),
        ("1", "true", "string", ["1", "true"]),
        ("1.50", '"x"', "string", ["1.50", "x"]),
        ('"x"', '{"b": 1.50, "c": ["é", null]}', "string", ["x", '{"b": 1.50, "c": ["é", null]}']),
        ("[1]", "5", "string", ["[1]", "5"]),
        ("[1]", "NaN", "list<item: int64>", [[1], None]),
        ('{"b": 1}', "null", "struct<b: int64>", [{"b": 1}, None]),
        ('{"b": 1}', '"NA"', "struct<b: int64>", [{"b": 1}, None]),
        ('{"b": 1}', '{"b": "x", "c": 2}', "struct<b: string, c: int64>", [{"b": "1", "c": None}, {"b": "x", "c": 2}]),
        ("{}", "null", "string", ["{}", None]),
        ("{}", '{"b": 1}', "struct<b: int64>", [{"b": None}, {"b": 1}]),
        ("[]", "[null]", "list<item: string>", [[], [None]]),
        ("[]", "[1]", "list<item: int64>", [[], [1]]),
        ("null", "1", "int64", [None, 1]),
        ("null", '"x"', "string", [None, "x"]),
        ('"2024-01-01"', '"2024-01-01 10:00"', "timestamp[us]", [datetime(2024, 1, 1), datetime(2024, 1, 1, 10)]),
        ('"2024-01-01"', '"NA"', "date32[day]", [date(2024, 1, 1), None]),
        ('"2024-01-01"', '"soon"', "string", ["2024-01-01", "soon"]),
        ('"2024-01-01"', "20240101", "string", ["2024-01-01", "20240101"]),
        ('"00501"', '"00502"', "string", ["00501", "00502"]),
        ('"true"', '"false"', "string", ["true", "false"]),
    ],
)
@pytest.mark.parametrize("filler", [0, 30])
def test_two_values_have_a_common_type(write_file, read_file, first, second, data_type, expected, filler):
    path = write_file("a.jsonl", lines(f'{{"a": {first}}}', *["{}"] * filler, f'{{"a": {second}}}'))
    column = read_file(path, TINY)["a"]
    assert str(column.type) == data_type
    assert [value for value in column.to_pylist() if value is not None] == [
        value for value in expected if value is not None
    ]
    assert column.null_count == filler + expected.count(None)


def test_late_keys_become_columns(write_file, read_file):
    path = write_file("a.jsonl", lines(*[{"a": 1}] * 20, {"a": 2, "b": {"c": "x"}}))
    assert read_file(path, TINY)["b"].to_pylist() == [None] * 20 + [{"c": "x"}]


def test_keys_are_case_sensitive(write_file, read_file):
    assert read_file(write_file("a.jsonl", lines({"a": 1, "A": "x"}))).to_pylist() == [{"a": 1, "A": "x"}]


@pytest.mark.parametrize("missing", ["null", "NaN"])
@pytest.mark.parametrize("block_size", [TINY, 1 << 20])
def test_column_with_only_null_markers_has_type_null(write_file, read_file, missing, block_size):
    table = read_file(write_file("a.jsonl", lines(*[f'{{"id": 1, "x": {missing}}}', '{"id": 2}'] * 9)), block_size)
    assert types(table) == {"id": "int64", "x": "null"}
    assert table["x"].null_count == 18


@pytest.mark.parametrize("text", ["NA", ""])
@pytest.mark.parametrize("block_size", [TINY, 1 << 20])
@pytest.mark.parametrize("filler", [1, 30])
def test_null_markers_alone_stay_strings(write_file, read_file, text, block_size, filler):
    path = write_file("a.jsonl", lines(*[{"id": 1, "x": None}] * filler, {"id": 2, "x": text}, {"id": 3}))
    assert read_file(path, block_size)["x"].to_pylist() == [None] * filler + [text, None]


@pytest.mark.parametrize("other", ['"x"', "true", "1.5", '["x"]'])
def test_nan_is_null_among_values_of_any_type(write_file, read_file, other):
    path = write_file("a.jsonl", lines('{"a": NaN, "b": [NaN]}', f'{{"a": {other}, "b": [{other}]}}'))
    value = json.loads(other)
    assert read_file(path).to_pylist() == [{"a": None, "b": [None]}, {"a": value, "b": [value]}]


def test_minus_zero_keeps_its_sign_as_a_string_and_is_an_integer_among_integers(write_file, read_file):
    rows = lines('{"t": -0, "n": -0, "o": {"x": -0}}', '{"t": "x", "n": 1, "o": {"x": [-0]}}')
    assert read_file(write_file("a.jsonl", rows)).to_pylist() == [
        {"t": "-0", "n": 0, "o": {"x": "-0"}},
        {"t": "x", "n": 1, "o": {"x": "[-0]"}},
    ]


def test_null_values_option_applies_everywhere_and_common_markers_can_be_disabled(write_file, read_file):
    path = write_file("a.jsonl", lines({"n": 1, "t": "-", "o": {"x": "-"}}, {"n": "-", "t": "NA", "o": {"x": "y"}}))
    assert read_file(path, null_values=("-",), usual_nulls=False).to_pylist() == [
        {"n": 1, "t": None, "o": {"x": None}},
        {"n": None, "t": "NA", "o": {"x": "y"}},
    ]


def test_table_types_of_nested_fields_are_kept(write_file, read_file):
    path = write_file("a.jsonl", lines({"n": 1, "o": {"someCount": 1}}))
    stored = {"n": pa.float64(), "o": pa.struct([("some_count", pa.float64())])}
    assert types(read_file(path, types=stored)) == {"n": "double", "o": "struct<someCount: double>"}


def test_a_string_column_of_the_table_remains_a_string_column(write_file, read_file):
    path = write_file("a.jsonl", lines({"a": {"b": 1}}, {"a": 5}, {"a": "x"}))
    assert read_file(path, TINY, types={"a": pa.string()})["a"].to_pylist() == ['{"b": 1}', "5", "x"]


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        (pa.string(), "1.50", "1.50"),
        (pa.int64(), '"007"', 7),
        (pa.float32(), "0.123456789", 0.12345679104328156),
        (pa.decimal128(10, 2), "1.5", Decimal("1.50")),
        (pa.date32(), '"2024-01-01"', date(2024, 1, 1)),
        (pa.int64(), '"NA"', None),
    ],
)
def test_declared_type_is_binding(write_file, read_file, declared, value, expected):
    path = write_file("a.jsonl", f'{{"a": {value}}}\n')
    table = read_file(path, types={"a": declared}, declared=frozenset({"a"}))
    assert (table.schema.field("a").type, table["a"].to_pylist()) == (declared, [expected])


def test_blank_lines_and_carriage_returns_are_ignored(write_file, read_file):
    path = write_file("a.jsonl", '\n{"a": 1}\r\n\r\n  {"a": 2}\n \n{"a": 3}')
    for block_size in (TINY, 1 << 20):
        assert read_file(path, block_size)["a"].to_pylist() == [1, 2, 3]


@pytest.mark.parametrize("late", ["null", "[]", "5", '{"a": 1} {"a": 2}', '{"a": 1'])
def test_rows_must_be_objects(write_file, late):
    stream = open_input(write_file("a.jsonl", lines(*[{"a": 1}] * 9, late)), InputOptions(), TINY)
    with pytest.raises(Exception, match="line 10"):
        [task() for task in stream.tasks()]


WORDS = st.text(alphabet='ab":,[]{}\\ 1é\n', max_size=6)
NUMBERS = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(json.dumps),
    st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
)
SCALARS = st.one_of(
    NUMBERS,
    WORDS.map(json.dumps),
    st.sampled_from(["null", "true", "false", '"NA"', '""', '"2024-01-01"', '"2024-01-01 10:00"', '"5"']),
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.dictionaries(st.sampled_from("xy"), inner).map(
            lambda fields: "{" + ", ".join(f'"{key}": {value}' for key, value in fields.items()) + "}"
        ),
    ),
    max_leaves=4,
)
OBJECTS = st.dictionaries(st.sampled_from("ab"), JSON, min_size=1).map(
    lambda fields: "{" + ", ".join(f'"{key}":{value}' for key, value in fields.items()) + "}"
)


def columns_of(rows: Sequence[str]) -> list[Column]:
    objects = read_objects("\n".join(rows), NULLS)
    return [
        column(name, shape_of_values(objects.column(name), NULLS, None), InputOptions(), is_final=False)
        for name in objects.names
    ]


@given(known=st.lists(OBJECTS, min_size=1, max_size=3), rows=st.lists(OBJECTS, min_size=1, max_size=3))
def test_arrow_reader_equals_the_exact_reader(known, rows):
    data = "".join(row + "\n" for row in rows).encode()
    columns = columns_of(known)
    regular = read_with_arrow(Block(data, len(data), 0, is_last=True), columns)
    if regular is None:
        return
    objects = read_objects(data.decode(), NULLS)
    for known_column in columns:
        values = objects.column(known_column.name)
        fast = fitted(regular[known_column.name], known_column.type, USUAL_NULLS)
        if known_column.admits(shape_of_values(values, NULLS, None)):
            assert fast == array_of_values(values, known_column.type, NULLS)
        else:
            assert fast is None or known_column.is_open


@pytest.mark.parametrize(
    "value",
    ["01", "1.", ".5", "+5", "0x1F", "1e", "1.e5", "-", "nan", "inf", "True", "nul", "", "1 2", "[1}", "'1'", '"a\tb"'],
)
@pytest.mark.parametrize("usual", ["1", "1.5", "true", '"x"'])
def test_invalid_json_after_valid_lines_is_rejected_with_its_line(write_file, usual, value):
    rows = [f'{{"a":{usual},"b":{usual}}}'] * 9 + [f'{{"a":{value},"b":{usual}}}'] + [f'{{"a":{usual},"b":{value}}}']
    stream = open_input(write_file("a.jsonl", lines(*rows)), InputOptions(), 120)
    with pytest.raises(Exception, match="line 10"):
        [task() for task in stream.tasks()]


@pytest.mark.parametrize("last", ['{"n":1,"t":"x"}}', '{"n":1,"t":"x"},', '{"n":1,"t":"x"'])
def test_text_after_the_last_object_is_rejected_with_its_line(write_file, last):
    stream = open_input(write_file("a.jsonl", lines(*['{"n":1,"t":"x"}'] * 9, last)), InputOptions(), 64)
    with pytest.raises(Exception, match="line 10"):
        [task() for task in stream.tasks()]


@pytest.mark.parametrize(
    ("usual", "late"),
    [
        ('{"n":1,"t":"x"}', '{"n""t":"x"}'),
        ('{"n":1,"t":"x"}', '{"t":"y","t":"x"}'),
        ('{"n":1,"t":"x"}', '{"n":1,"t":"x"'),
        ('{"n":1,"t":"x"}', '{"n":1,"t":"x"}}'),
        ('{"n":1}', '{"k\tk":1}'),
    ],
)
def test_a_block_of_invalid_lines_is_rejected_with_the_first_line(write_file, usual, late):
    regular = lines({"k\tk": 1}, *[usual] * 4999)
    stream = open_input(write_file("a.jsonl", regular + lines(*[late] * 9)), InputOptions(), len(regular))
    with pytest.raises(Exception, match="line 5001"):
        [task() for task in stream.tasks()]


@given(rows=st.lists(OBJECTS, min_size=1, max_size=6), block_size=st.integers(1, 60))
@example(rows=['{"a":" "}', '{"a":[]}'], block_size=1)
def test_block_size_does_not_change_values_or_types(tmp_path_factory, read_file, rows, block_size):
    path = tmp_path_factory.mktemp("json") / "a.jsonl"
    path.write_text(lines(*rows))
    cut, whole = read_file(str(path), block_size), read_file(str(path))
    for name in whole.column_names:
        if name in cut.column_names or whole[name].null_count < len(whole):
            assert cut[name].to_pylist() == whole[name].to_pylist()
            assert cut[name].type == whole[name].type


@given(rows=st.lists(OBJECTS, min_size=1, max_size=6), block_size=st.integers(1, 60))
def test_resolved_types_are_those_of_the_whole_file(tmp_path_factory, rows, block_size):
    path = tmp_path_factory.mktemp("json") / "a.jsonl"
    path.write_text(lines(*rows))
    stream = open_input(str(path), InputOptions(), block_size)
    stream.resolve_types()
    assert set(stream.schema) == set(open_input(str(path), InputOptions()).schema)
