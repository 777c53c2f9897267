"""Fixed-width text yields the same rows and types as CSV with the same fields."""

from __future__ import annotations

import gzip
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake_sdk import errors
from datalake_sdk.inputs.fixed_width import FixedColumn, fixed_columns

TEXT = "id   city      day        amount\n1    São Paulo 2020-01-02   1.50\n23   Kyoto     2021-12-31\n"
WIDTHS = ("5", "10", "10", "8")
ROWS = [
    {"id": 1, "city": "São Paulo", "day": date(2020, 1, 2), "amount": 1.5},
    {"id": 23, "city": "Kyoto", "day": date(2021, 12, 31), "amount": None},
]


@pytest.mark.parametrize("block_size", [10, 1 << 20])
@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_fields_are_split_trimmed_and_typed(write_file, read_file, line_break, block_size):
    content = TEXT.replace("\n", line_break)
    table = read_file(write_file("a.txt", content), block_size=block_size, widths=WIDTHS)
    assert table.to_pylist() == ROWS
    packed = write_file("b", gzip.compress(content.encode("utf-16")))
    assert read_file(packed, block_size=block_size, widths=WIDTHS, encoding="utf-16") == table


@pytest.mark.parametrize(
    "widths",
    [
        ("id:5,city:10,day:10,amount:8",),
        ("id:5", "city:10", "day:10", "amount:8"),
        ("id:1-5, city:6-15, day:16-25, amount:26-33",),
        ("id:1-4,city:6-14,day:16-25,amount:27-33",),
    ],
)
def test_widths_option_may_name_the_columns(write_file, read_file, widths):
    rows = TEXT.partition("\n")[2]
    assert read_file(write_file("a.fwf", "\ufeff" + rows), widths=widths).to_pylist() == ROWS


def test_positions_may_skip_text_and_the_first_line_may_be_the_header(write_file, read_file):
    table = read_file(write_file("a.txt", TEXT), widths=("1-4", "16-25", "26-33"))
    assert table.column_names == ["id", "day", "amount"]
    assert table["day"].to_pylist() == [row["day"] for row in ROWS]


def test_csv_notation_options_apply_to_fixed_width_text(write_file, read_file):
    path = write_file("a.txt", "31.12.2020 1.234,5 -\n")
    options = {"date_formats": ("%d.%m.%Y",), "decimal_mark": ",", "thousands_mark": ".", "null_values": ("-",)}
    assert read_file(path, widths=("day:11", "n:8", "x:1"), **options).to_pylist() == [
        {"day": date(2020, 12, 31), "n": 1234.5, "x": None}
    ]


def test_blank_lines_comments_and_skipped_lines_are_ignored(write_file, read_file):
    text = "a report of many characters\n#\n\nid  n\n 1  5\n# 2\n    \n 3   \n"
    table = read_file(write_file("a.txt", text), widths=(4, 2), skip_rows=1, comment="#")
    assert table.to_pylist() == [{"id": 1, "n": 5}, {"id": 3, "n": None}]


def test_text_after_the_last_column_is_rejected(write_file, read_file):
    path = write_file("a.txt", "\nab\n12  \n12\n\n12 3\n")
    with pytest.raises(errors.LongLineError) as caught:
        read_file(path, widths=(1, 1))
    assert caught.value.message == f"input '{path}', line 6: the line has 4 characters, but the last column ends at 2"


@pytest.mark.parametrize(("widths", "line"), [(("a:2", "b:2"), 3), (("2", "2"), 4)])
def test_value_that_violates_its_declared_type_is_reported_with_its_line(write_file, read_file, widths, line):
    header = "" if line == 3 else "a b\n"
    path = write_file("a.txt", header + "1 2\n\n1 x\n")
    with pytest.raises(errors.DeclaredTypeError) as caught:
        read_file(path, widths=widths, types={"b": pa.int64()}, declared=frozenset({"b"}))
    assert caught.value.message.startswith(f"input '{path}', line {line}: column 'b'")


MIXED_BREAKS = "1 2\r1 3\r\n\n1 4\r"


@pytest.mark.parametrize(("widths", "header"), [(("a:2", "b:1"), ""), (("2", "1"), "a b\r\n")])
@pytest.mark.parametrize("last", ["1 x\n", "1 x"])
def test_lines_with_mixed_line_breaks_are_counted_by_line_feeds(write_file, read_file, widths, header, last):
    path = write_file("a.txt", header + MIXED_BREAKS + last)
    with pytest.raises(errors.DeclaredTypeError, match=f"line {4 if header else 3}: column 'b'"):
        read_file(path, widths=widths, types={"b": pa.int64()}, declared=frozenset({"b"}))
    long = write_file("b.txt", header + MIXED_BREAKS + last.replace("x", "5 6"))
    with pytest.raises(errors.LongLineError, match=f"line {4 if header else 3}: the line has 5 characters"):
        read_file(long, widths=widths)


def test_lines_that_end_with_carriage_returns_are_counted(write_file, read_file):
    path = write_file("a.txt", "1 2\r1 3\r1 x\r")
    with pytest.raises(errors.DeclaredTypeError, match="line 3: column 'b'"):
        read_file(path, widths=("a:2", "b:1"), types={"b": pa.int64()}, declared=frozenset({"b"}))
    with pytest.raises(errors.LongLineError, match="line 2: the line has 3 characters"):
        read_file(write_file("b.txt", "1 \r1 3\r"), widths=("a:1", "b:1"))


def test_undecodable_bytes_are_reported_with_their_offset(write_file, read_file):
    path = write_file("a.txt", b"a b\n1 \xe9\n")
    with pytest.raises(errors.UndecodableInputError) as caught:
        read_file(path, widths=(2, 2))
    assert caught.value.message == f"input '{path}': byte 0xe9 at offset 6 is not valid utf-8"


@pytest.mark.parametrize("widths", ["", "x", "0", "5-3", "a:5,6", "5,,6", "a:", "0-4", "-5"])
def test_invalid_widths_are_rejected(write_file, read_file, widths):
    with pytest.raises(errors.InvalidInputOptionError) as caught:
        read_file(write_file("a.txt", "a\n"), widths=(widths,))
    assert caught.value.message.startswith(f"widths is '{widths}'; it must be ")


def test_widths_are_required_and_apply_to_this_format_only(write_file, read_file):
    with pytest.raises(errors.InvalidInputOptionError, match="widths is ''"):
        read_file(write_file("a.fwf", "a\n"))
    with pytest.raises(errors.InvalidInputOptionError, match="skip_rows is '-1'"):
        read_file(write_file("b.fwf", "a\n"), widths=("5",), skip_rows=-1)
    with pytest.raises(errors.InapplicableOptionError):
        read_file(write_file("a.csv", "a\n"), input_format="csv", widths=("5",))


def test_widths_are_consecutive_and_positions_are_absolute():
    assert fixed_columns(["3", "5-6", "2"]) == [
        FixedColumn(None, 0, 3),
        FixedColumn(None, 4, 6),
        FixedColumn(None, 6, 8),
    ]


fields = st.one_of(st.integers(0, 99_999).map(str), st.text(st.sampled_from('aé"#,. 1'), max_size=5).map(str.strip))


@settings(max_examples=50)
@given(
    rows=st.lists(st.tuples(fields, fields, fields).filter(any), min_size=1, max_size=9),
    block_size=st.sampled_from([1, 20, 999]),
)
def test_arbitrary_fields_round_trip(tmp_path_factory, read_file, rows, block_size):
    path = tmp_path_factory.mktemp("fixed") / "a.txt"
    path.write_text("".join(f"{a:>5}{b:<5}{c:<5}".rstrip() + "\n" for a, b, c in rows), encoding="utf-8")
    types = dict.fromkeys("abc", pa.string())
    table = read_file(str(path), block_size, widths=("a:5,b:5,c:5",), types=types)
    assert [tuple(value or "" for value in row.values()) for row in table.to_pylist()] == rows


def test_numbers_and_dates_follow_the_notation_options(write_file, read_file):
    path = write_file("a.txt", "1.234,5  31.12.2024\n    7,0   1.2.2024\n")
    options = {"decimal_mark": ",", "thousands_mark": ".", "date_formats": ("%d.%m.%Y",)}
    assert read_file(path, widths=("amount:9", "day:11"), **options).to_pydict() == {
        "amount": [1234.5, 7.0],
        "day": [date(2024, 12, 31), date(2024, 2, 1)],
    }
