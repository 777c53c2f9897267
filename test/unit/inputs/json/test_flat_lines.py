"""Flat JSON Lines are split at colons only if that gives the values of the exact reader."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake_sdk.inputs.json.exact_reader import LineError, Nulls, Objects, read_objects
from datalake_sdk.inputs.json.flat_reader import is_worthwhile, read_flat_lines
from datalake_sdk.inputs.text.blocks import Block

KEYS = {"i": pa.int64(), "s": pa.string(), "d": pa.float64(), "b": pa.bool_(), "é, x": pa.string()}
SCHEMA = pa.schema(KEYS)
NO_NULLS = Nulls(pa.array([], pa.string()), frozenset())
VALUES = {
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.string(): st.text("ab:,{}[] 05.-né", max_size=6)
    | st.sampled_from(["null", "true", "5", "}", ',"s"', "\t", '"']),
    pa.float64(): st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**6), 10**6),
    pa.bool_(): st.booleans(),
}
ROWS = st.lists(
    st.fixed_dictionaries({name: st.none() | VALUES[data_type] for name, data_type in KEYS.items()}),
    min_size=1,
    max_size=4,
)
TOKENS = st.sampled_from(
    [*'":,{}[] \n\r\t\\01-+.é\0', "e5", "null", "true", "nan", ",1", '"s":', ',"s"', '":"', '""', "null,", "inf", "0x1"]
)
EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 2), TOKENS), max_size=3)


COMPACT, SPACED = (",", ":"), (", ", ": ")
STYLES = st.tuples(st.sampled_from([COMPACT, SPACED]), st.booleans())


def lines(rows: list[dict[str, Any]], style: tuple[tuple[str, str], bool]) -> str:
    separators, is_ascii = style
    return "".join(json.dumps(row, ensure_ascii=is_ascii, separators=separators) + "\n" for row in rows)


def flat(text: str, schema: pa.Schema = SCHEMA) -> dict[str, list[Any]] | None:
    data = text.encode()
    arrays = read_flat_lines(Block(data + b"rest", len(data), 0, is_last=False), schema, are_final=False)
    if arrays is None:
        return None
    for array in arrays.values():
        array.validate(full=True)
    assert {name: array.type for name, array in arrays.items()} == dict(zip(schema.names, schema.types, strict=True))
    return {name: array.to_pylist() for name, array in arrays.items()}


def exact(text: str) -> dict[str, list[Any]] | None:
    try:
        objects = read_objects(text, NO_NULLS)
    except LineError:
        return None
    if any(value.keys() != KEYS.keys() for value in objects.values):
        return None
    columns = {name: typed_values(objects, name, data_type) for name, data_type in KEYS.items()}
    return None if None in columns.values() else columns  # type: ignore[return-value]


def typed_values(objects: Objects, name: str, data_type: pa.DataType) -> list[Any] | None:
    values = [value for value in objects.column(name) if value is not None]
    if data_type == pa.string():
        are_typed = all(type(value) is str for value in values)
    elif data_type == pa.bool_():
        are_typed = all(isinstance(value, bool) for value in values)
    elif data_type == pa.int64():
        are_typed = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    else:
        return floats(objects.column(name))
    return objects.column(name) if are_typed else None


def floats(values: list[Any]) -> list[float | None] | None:
    if any(isinstance(value, bool) or type(value) is str for value in values):
        return None
    try:
        return [None if value is None else float(value) for value in values]
    except (TypeError, ValueError):
        return None


@given(ROWS, STYLES)
def test_rows_with_all_keys_in_one_order_are_read(rows, style):
    text = lines([{name: row[name] for name in KEYS} for row in rows], style)
    result = flat(text)
    may_be_rejected = '\\"' in text or "\\u" in text or text.count("\\") * 512 > len(text.encode())
    assert result == {name: [row[name] for row in rows] for name in KEYS} or (may_be_rejected and result is None)


@settings(max_examples=1_000)
@given(ROWS, STYLES, EDITS)
def test_edited_text_is_read_as_by_the_exact_reader_or_not_at_all(rows, style, edits):
    text = lines(rows, style)
    for share, removed, inserted in edits:
        position = round(share * len(text))
        text = text[:position] + inserted + text[position + removed :]
    result = flat(text)
    assert result is None or result == exact(text)


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1,"b":"x"} ',
        '{"a":1,"b":"x"}}',
        '{"a":1,"b":"x"},',
        '{"a":1,"b":"x",}',
        '{"a":1,"b":"x"y}',
        '{"a":1,"b":"x""}',
        '{"a":1,"b":"x"y"}',
        '{"a":1,"b":x"}',
        '{"a":1,"b":"x}',
        '{"a":1,"b":5}',
        '{"a":1,"b":[1]}',
        '{"a":1,"b":Null}',
        '{"a":1,"b":}',
        '{"a":1,"b":{"c":"x"}}',
        '{"a":"1","b":"x"}',
        '{"a":1.0,"b":"x"}',
        '{"a":01,"b":"x"}',
        '{"a":+1,"b":"x"}',
        '{"a":0x1,"b":"x"}',
        '{"a":true,"b":"x"}',
        '{"a":"null","b":"x"}',
        '{"a":9223372036854775808,"b":"x"}',
        '{"a":,"b":"x"}',
        '{"b":"x","a":1}',
        '{"a":1}',
        '{"a":1,"c":"x"}',
        '{"c":1,"b":"x"}',
        '{"a":1,"b":"x"}\r{"a":1,"b":"x"}',
        '{"a":1,"b":"x","c":1}',
        '{"a":1,"a":1}',
        '{"a":1,b":"x"}',
        '{"a":1,"b":"\t"}',
        '{"a":1,"b":"\\n"}',
        '{"a": 1,"b":"x"}',
        ' {"a":1,"b":"x"}',
        '{"a":1,"b":"x"}\r',
        "",
        "5",
    ],
)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_line_of_another_form_is_not_read(line, position):
    rows = ['{"a":1,"b":"x"}', '{"a":2,"b":null}']
    rows.insert(position, line)
    assert flat("\n".join(rows) + "\n", pa.schema({"a": pa.int64(), "b": pa.string()})) is None


@pytest.mark.parametrize(
    "line",
    [
        '{"a":1,"b c":"x"}',
        '{"a": 1,"b c": "x"}',
        '{"a":1, "b c":"x"}',
        '{"a": 1, "b c":"x"}',
        '{"a":  1, "b c": "x"}',
        '{"a": 1, "b c" :"x"}',
        '{"a" :1, "b c": "x"}',
        '{ "a": 1, "b c": "x"}',
        '{"a": 1, "b c": "x" }',
        ' {"a": 1, "b c": "x"}',
        '{"a": 1, "b c": "x"} ',
        '{"a": 1, "b c": "x"},',
        '{"a": 1, "b c": "x}',
        '{"a": 1, "b c": "x"y}',
        '{"a": 1, "b c": "x""}',
        '{"a": 1, "b c": x"}',
        '{"a": 1, "bc": "x"}',
        '{"a": 1, "b d": "x"}',
        '{"a": 1, b c: "x"}',
        '{"a": 1, b c": "x"}',
        '{"a": 1, "b" c: "x"}',
        '{"a": 1, "b c:" "x"}',
        '{"a": 1, ""b c: "x"}',
        '{"a": 1 "b c": "x"}',
        '{"a": 1, "b c": [1, 2]}',
        '{"a": 1, "b c": "\\x"}',
        '{"a": 1, "b c": "\\ud800"}',
        '{"a": 1, "b c": \\u0078}',
        '{"a": 1, "b c": "x\\"}',
        '{"a": 1, "b c": "\\""}',
        '{"a": 1, "b c": "x\\\\"}',
        '{"\\u0061": 1, "b c": "x"}',
        "",
    ],
)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_line_that_does_not_have_a_space_after_each_token_is_not_read(line, position):
    rows = ['{"a": 1, "b c": "' + 5_000 * "x" + '"}', '{"a": 2, "b c": null}']
    rows.insert(position, line)
    assert flat("\n".join(rows) + "\n", pa.schema({"a": pa.int64(), "b c": pa.string()})) is None


@pytest.mark.parametrize("style", [(COMPACT, True), (SPACED, True)])
def test_escapes_other_than_quotes_are_replaced(style):
    strings = ["x" * 5_000, "é", "a: \\ b", "\0\n", "\U0001f600", "", None, "\\u0041"]
    assert flat(lines([{"s": string} for string in strings], style), pa.schema({"s": pa.string()})) == {"s": strings}


def test_text_with_many_escapes_is_not_read():
    assert flat(lines([{"s": "é"}, {"s": "x" * 200}], (COMPACT, True)), pa.schema({"s": pa.string()})) is None


def test_a_first_key_that_is_not_valid_unicode_is_not_read():
    text = '{"s":"' + 500 * "x" + '","\\ud800":1}\n'
    assert flat(text, pa.schema({"s": pa.string(), "b": pa.int64()})) is None


def test_blocks_with_little_text_per_column_are_left_to_other_readers():
    assert is_worthwhile(4 << 20, 40)
    assert not is_worthwhile(4 << 20, 400)


@pytest.mark.parametrize(
    "number", ["1.", ".5", "-.5", "1.e5", "nan", "inf", "-inf", "Infinity", "1e", "--1", "00.5", "+1.5"]
)
def test_a_number_that_is_not_json_is_not_read(number):
    assert flat(f'{{"d":1.5}}\n{{"d":{number}}}\n', pa.schema({"d": pa.float64()})) is None


@pytest.mark.parametrize("token", ["True", "tru", "1", '"true"', "t"])
def test_a_token_that_is_not_a_boolean_is_not_read(token):
    assert flat(f'{{"b":true}}\n{{"b":{token}}}\n', pa.schema({"b": pa.bool_()})) is None


@pytest.mark.parametrize("number", ["0.10000000000000000001", "9007199254740993", "12345678901234567.5"])
def test_a_number_that_would_lose_digits_is_only_read_if_types_are_final(number):
    data = f'{{"d":1.5}}\n{{"d":{number}}}\n'.encode()
    schema, block = pa.schema({"d": pa.float64()}), Block(data, len(data), 0, is_last=True)
    assert read_flat_lines(block, schema, are_final=False) is None
    final = read_flat_lines(block, schema, are_final=True)
    assert final is not None
    assert final["d"].to_pylist() == [1.5, float(number)]


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e-400", "1E-330", "2.5e-324"])
def test_a_number_out_of_the_range_of_doubles_is_not_read(number):
    assert flat(f'{{"d":1.5}}\n{{"d":{number}}}\n', pa.schema({"d": pa.float64()})) is None


@pytest.mark.parametrize("number", ["0e-400", "0.0", "1e300", "-1E-5", "2.2250738585072014e-308"])
def test_a_number_within_the_range_of_doubles_is_read(number):
    assert flat(f'{{"d":1e5}}\n{{"d":{number}}}\n', pa.schema({"d": pa.float64()})) == {"d": [1e5, float(number)]}


@pytest.mark.parametrize("text", ["{}\n", "[]\n", '{"a":1}\n', "\n"])
def test_lines_without_known_columns_are_not_read(text):
    assert flat(text, pa.schema({})) is None


@pytest.mark.parametrize("end", ["", "\n"])
def test_the_last_line_may_lack_its_line_break(end):
    assert flat('{"i":1}\n{"i":-0}' + end, pa.schema({"i": pa.int64()})) == {"i": [1, 0]}
