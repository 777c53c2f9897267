"""CSV files are read cell by cell with inferred types, independently of block boundaries."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import cycle
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from datalake_sdk.batches import TypesChangedError
from datalake_sdk.errors import EmptyInputError, RaggedRowError, UnclosedQuoteError
from datalake_sdk.inputs.csv.reader import csv_file
from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.paths import input_files
from datalake_sdk.inputs.text.stream import TextStream

TINY = 16


def types(table: pa.Table) -> dict[str, str]:
    return {field.name: str(field.type) for field in table.schema}


def test_values_have_their_types(write_file, read_file):
    path = write_file(
        "a.csv", 'id,amount,at,on,ok,zip\n1,2.5,2024-01-01 10:00:00,2024-01-01,true,00501\n2,,,,,"x, y"\n'
    )
    table = read_file(path)
    assert table.to_pylist() == [
        {
            "id": 1,
            "amount": 2.5,
            "at": datetime(2024, 1, 1, 10),
            "on": date(2024, 1, 1),
            "ok": True,
            "zip": "00501",
        },
        {"id": 2, "amount": None, "at": None, "on": None, "ok": None, "zip": "x, y"},
    ]


def test_quoted_fields_may_contain_delimiters_line_breaks_and_quotes(write_file, read_file):
    path = write_file("a.csv", 'a,b\n"1;2","say ""hi""\nthere"\n"x,y",5" pipe\n')
    assert read_file(path, TINY).to_pylist() == [
        {"a": "1;2", "b": 'say "hi"\nthere'},
        {"a": "x,y", "b": '5" pipe'},
    ]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("block_size", [TINY, 1 << 20])
def test_any_line_break_ends_a_row(write_file, read_file, line_break, block_size):
    path = write_file("a.csv", line_break.join(["a,b", "1,x", "2,y", "", "3,z", "4,last"]))
    assert read_file(path, block_size).to_pydict() == {"a": [1, 2, 3, 4], "b": ["x", "y", "z", "last"]}


def test_header_may_contain_quotes_line_breaks_and_blank_names(write_file, read_file):
    path = write_file("a.csv", '\n"first\nname",,"a, b"\n1,2,3\n')
    assert read_file(path).to_pydict() == {"first\nname": [1], "column_2": [2], "a, b": [3]}


def test_byte_order_mark_is_not_part_of_the_first_name(write_file, read_file):
    assert read_file(write_file("a.csv", "\ufeffa\n1\n")).to_pydict() == {"a": [1]}


@pytest.mark.parametrize(("encoding", "text"), [("latin-1", "é"), ("cp1252", "€"), ("utf-16", "😀é")])
def test_encoding_option_reads_other_encodings(write_file, read_file, encoding, text):
    rows = f"name,n\n{text},1\n" + f"{text * 3},2\n" * 9
    path = write_file("a.csv", rows.encode(encoding))
    assert read_file(path, TINY, encoding=encoding)["name"].to_pylist() == [text] + [text * 3] * 9


def test_the_default_delimiter_of_tsv_files_is_a_tab(write_file, read_file):
    assert read_file(write_file("a.tsv", "a\tb\n1\t2\n")).to_pydict() == {"a": [1], "b": [2]}
    assert read_file(write_file("b.tsv", "a|b\n1|2\n"), csv_delimiter="|").to_pydict() == {"a": [1], "b": [2]}


def test_header_without_rows_yields_columns_of_type_null(write_file, read_file):
    table = read_file(write_file("a.csv", "a,b\n"))
    assert (table.num_rows, types(table)) == (0, {"a": "null", "b": "null"})


def test_null_markers_are_null_in_number_columns_and_strings_in_string_columns(write_file, read_file):
    path = write_file("a.csv", "n,country\n1,NA\nNA,FR\n")
    assert read_file(path).to_pydict() == {"n": [1, None], "country": ["NA", "FR"]}


@pytest.mark.parametrize("missing", ["", "NA", "null", '""', "\\N", "-nan"])
@pytest.mark.parametrize("block_size", [TINY, 1 << 20])
def test_column_with_only_null_markers_has_type_null(write_file, read_file, missing, block_size):
    path = write_file("a.csv", "id,x\n" + f"1,{missing}\n2,\n" * 9)
    table = read_file(path, block_size)
    assert types(table) == {"id": "int64", "x": "null"}
    assert table["x"].null_count == 18
    assert read_file(path, block_size, types={"x": pa.float64()})["x"].null_count == 18


@pytest.mark.parametrize("block_size", [TINY, 1 << 20])
def test_null_markers_before_the_first_string_stay_strings(write_file, read_file, block_size):
    path = write_file("a.csv", "a,b\n" + "1,NA\n" * 20 + "2,Namibia\n")
    assert read_file(path, block_size)["b"].to_pylist() == ["NA"] * 20 + ["Namibia"]


def test_nan_among_numbers_is_null(write_file, read_file):
    path = write_file("a.csv", "a\n0.5\n1.5\nnan\n" + "2.5\n" * 40)
    assert read_file(path)["a"].null_count == 1


def test_null_values_option_applies_everywhere_and_extends_the_common_markers(write_file, read_file):
    path = write_file("a.csv", 'n,m,text\n1,-,"-"\n-,NA,x\n3,4,NA\n')
    assert read_file(path, null_values=("-",)).to_pydict() == {
        "n": [1, None, 3],
        "m": [None, None, 4],
        "text": [None, "x", "NA"],
    }


def test_common_null_markers_can_be_disabled(write_file, read_file):
    path = write_file("a.csv", "n,m\n1,2\n-,NA\n")
    assert read_file(path, null_values=("-",), usual_nulls=False).to_pydict() == {"n": [1, None], "m": ["2", "NA"]}


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        ("7", "int64"),
        ("12.5", "double"),
        ("9007199254740993", "int64"),
        ("9223372036854775808", "decimal128(38, 0)"),
        ("NA", "int64"),
        ("oops", "string"),
        ("007", "string"),
    ],
)
def test_late_value_widens_the_column(write_file, read_file, late, expected):
    numbers = [str(number) for number in range(50)]
    path = write_file("a.csv", "a\n" + "\n".join([*numbers, late]) + "\n")
    column = read_file(path, TINY)["a"]
    assert str(column.type) == expected
    values = [late, None] if late == "NA" else [Decimal(late)] if expected != "string" else [late]
    assert column[-1].as_py() in values
    assert column[:50].cast(pa.int64() if expected != "string" else pa.string()).to_pylist() == (
        numbers if expected == "string" else [int(number) for number in numbers]
    )


def test_column_that_starts_empty_takes_the_type_of_its_first_values(write_file, read_file):
    path = write_file("a.csv", "a,b,c\n" + ",NA,\n" * 20 + "2024-01-01,5,x\n")
    assert types(read_file(path, TINY)) == {"a": "date32[day]", "b": "int64", "c": "string"}


def test_resolved_types_do_not_change(write_file):
    path = write_file("a.csv", "a,b,c\n" + "1,,2024-01-01\n" * 20 + "x,2.5,2024-01-01 10:00\n" + "NA,NA,\n" * 20)
    stream = open_input(path, InputOptions(), TINY)
    with pytest.raises(TypesChangedError):
        [task() for task in stream.tasks()]
    stream.resolve_types()
    assert [str(data_type) for data_type in stream.schema.types] == ["string", "double", "timestamp[us]"]
    assert sum(task().num_rows for task in stream.tasks()) == 41


def test_table_type_is_kept_while_values_fit(write_file, read_file):
    path = write_file("a.csv", "Zip Code,Amount\n501,1\n502,2\n")
    table = read_file(path, types={"zip_code": pa.string(), "amount": pa.float64()})
    assert table.to_pydict() == {"Zip Code": ["501", "502"], "Amount": [1.0, 2.0]}


def test_declared_type_is_binding(write_file, read_file):
    path = write_file("a.csv", "zip,flag,price\n00501,1,NA\n00502,0,2.50\n")
    declared = {"zip": pa.int32(), "flag": pa.bool_(), "price": pa.decimal128(10, 2)}
    table = read_file(path, types=declared, declared=frozenset(declared))
    assert table.to_pydict() == {
        "zip": [501, 502],
        "flag": [True, False],
        "price": [None, Decimal("2.50")],
    }


def test_columns_of_files_are_combined_by_name(write_file, read_file, tmp_path):
    write_file("in/a.csv", "x,y\n1,a\n")
    write_file("in/b.csv", "z,x\ntrue,2.5\n")
    assert read_file(str(tmp_path / "in")).to_pylist() == [
        {"x": 1.0, "y": "a", "z": None},
        {"x": 2.5, "y": None, "z": True},
    ]


def test_progress_counts_the_bytes_of_the_file(write_file):
    path = write_file("a.csv", "a\n" + "1\n" * 100)
    stream = open_input(path, InputOptions(), TINY)
    for task in stream.tasks():
        task()
        assert 0 < stream.bytes_read <= stream.total_bytes
    assert stream.bytes_read == stream.total_bytes == 202


CELLS = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
TABLES = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1))
LINE_BREAKS = st.sampled_from(["\n", "\r\n", "\r"])
BLOCK_SIZES = st.sampled_from([1, 4, 12, 1 << 20])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32-le"])


def strings_of(path: Path, options: InputOptions, block_size: int, names: list[str]) -> list[list[str | None]]:
    """Reads a CSV file as strings."""
    as_text = replace(options, types=dict.fromkeys(names, pa.string()))
    stream = TextStream([csv_file(input_files(str(path))[0], as_text, block_size)], as_text)
    return [list(row.values()) for task in stream.tasks() for row in task().to_pylist()]


@given(
    rows=TABLES,
    block_size=st.integers(1, 64),
    delimiter=st.sampled_from(",;\t|"),
    quote=st.sampled_from("\"'`"),
    quoting=st.booleans(),
    breaks=st.lists(LINE_BREAKS, min_size=1),
    encoding=ENCODINGS,
    compress=st.sampled_from([bytes, gzip.compress]),
)
def test_strings_round_trip_cell_by_cell(
    tmp_path_factory, rows, block_size, delimiter, quote, quoting, breaks, encoding, compress
):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    names = [f"c{position}" for position in range(len(rows[0]))]
    text = ""
    for row, line_break in zip([names, *rows], cycle(breaks), strict=False):
        out = io.StringIO(newline="")
        style = csv.QUOTE_ALL if quoting else csv.QUOTE_MINIMAL
        # Python 3.11 only quotes line breaks that occur in the line terminator.
        csv.writer(out, delimiter=delimiter, quotechar=quote, quoting=style, lineterminator="\r\n").writerow(row)
        text += out.getvalue().removesuffix("\r\n") + line_break
    path.write_bytes(compress(text.encode(encoding)))
    options = InputOptions(csv_delimiter=delimiter, quote=quote, encoding=encoding)
    is_quoted = quoting or len(names) == 1
    expected = [[cell if cell or is_quoted else None for cell in row] for row in rows]
    assert strings_of(path, options, block_size, names) == expected


@given(text=st.text(alphabet='a"\n\r,', max_size=40), block_size=BLOCK_SIZES)
def test_rows_of_arbitrary_text_equal_those_of_pythons_reader(tmp_path_factory, text, block_size):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(b"x,y\n" + text.encode())
    expected = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    try:
        read = strings_of(path, InputOptions(), block_size, ["x", "y"])
    except RaggedRowError as error:
        bad = next(row for row in expected if len(row) != 2)
        assert error.message.endswith(f"expected 2 columns, found {len(bad)}")
        assert f"line {line_of(text, bad)}:" in error.message
    except UnclosedQuoteError:
        followed = list(csv.reader(io.StringIO(text + "\nz,z", newline="")))
        assert followed[-1] != ["z", "z"]
    else:
        assert [[cell or "" for cell in row] for row in read] == expected


def line_of(text: str, row: list[str]) -> int:
    """Number of the line, in a file with one header line, on which the row starts."""
    reader, before = csv.reader(io.StringIO(text, newline="")), 0
    while next(reader) != row:
        before = reader.line_num
    lines = list(io.StringIO(text, newline=""))[:before]
    return 2 + "".join(lines).count("\n")


COMMENTED = st.lists(
    st.sampled_from(["a,b", '"#x",y', '"1\n#2",z', '"1,",z', "#", "# it's", '#a,"b', "", "#,#"]), max_size=9
)


@example(lines=['"1,",z', "#"], block_size=1 << 20, line_break="\n", is_ended=True)
@given(lines=COMMENTED, block_size=BLOCK_SIZES, line_break=LINE_BREAKS, is_ended=st.booleans())
def test_comments_are_skipped_and_quoted_prefixes_are_kept(tmp_path_factory, lines, block_size, line_break, is_ended):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    text = line_break.join(['# c,"d', "x,y", *lines]) + line_break * is_ended
    path.write_bytes(text.encode())
    kept = [line for line in lines if not line.startswith("#")]
    expected = [row for row in csv.reader(kept_lines(kept, line_break)) if row]
    assert strings_of(path, InputOptions(comment="#"), block_size, ["x", "y"]) == expected


def kept_lines(lines: list[str], line_break: str) -> io.StringIO:
    """The text of the lines, in the form that Python's reader expects."""
    return io.StringIO(line_break.join(lines), newline="")


ESCAPED = st.lists(st.lists(st.text(alphabet='a\\"\n\r,#', max_size=6), min_size=2, max_size=2), min_size=1)


@given(rows=ESCAPED, block_size=BLOCK_SIZES, quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONE]))
def test_escaped_characters_are_literal(tmp_path_factory, rows, block_size, quoting):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, quoting=quoting, doublequote=False, escapechar="\\", lineterminator="\r\n")
        writer.writerows([["x", "y"], *rows])
    quote = '"' if quoting == csv.QUOTE_ALL else ""
    read = strings_of(path, InputOptions(escape="\\", quote=quote), block_size, ["x", "y"])
    assert [[cell or "" for cell in row] for row in read] == rows


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"id,name\r1,a\r2,b\n", [(1, "a"), (2, "b")]),
        (b'id,name\r1,"x\ny"\r2,z\r', [(1, "x\ny"), (2, "z")]),
        (b"id,name\r1,a\n2,b\n3,c\n", [(1, "a"), (2, "b"), (3, "c")]),
        (b"\rid,name\n1,a\n", [(1, "a")]),
        (b'id,name\n"1",x\n"2",', [(1, "x"), (2, None)]),
        (b'id,name\n1,x\n2,""', [(1, "x"), (2, "")]),
    ],
)
@pytest.mark.parametrize("block_size", [4, TINY, 1 << 20])
def test_every_row_is_read_exactly_once(write_file, read_file, content, rows, block_size):
    table = read_file(write_file("a.csv", content), block_size)
    assert table.to_pylist() == [{"id": number, "name": name} for number, name in rows]


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_skip_rows_skips_lines_before_the_header(write_file, read_file, line_break):
    path = write_file("a.csv", line_break.join(['Report "2024', "", "a,b", "1,2", "3"]))
    with pytest.raises(RaggedRowError, match="line 5: expected 2 columns, found 1"):
        read_file(path, skip_rows=2)


def test_file_shorter_than_skip_rows_is_empty(write_file, read_file):
    with pytest.raises(EmptyInputError):
        read_file(write_file("a.csv", "a\n1\n"), skip_rows=5)


def test_blank_lines_of_a_single_column_are_skipped_but_quoted_empty_fields_are_rows(write_file, read_file):
    assert read_file(write_file("a.csv", 'v\n\nx\n""\n\ny\n')).to_pydict() == {"v": ["x", "", "y"]}


def test_columns_without_a_valid_name_are_named_by_position(write_file, read_file):
    assert read_file(write_file("a.csv", " ,%,a\n1,2,3\n")).to_pydict() == {"column_1": [1], "column_2": [2], "a": [3]}


NUMBERS = ["1", "-7", "2.5", "1e3", "0.1234567890123456789", "9007199254740993", "007"]
MOMENTS = ["2024-01-01", "2024-01-01 10:00", "2024-01-01T10:00Z"]
VALUES = st.sampled_from(["", "NA", "nan", "true", "x", '"q\nr"', '""', *NUMBERS, *MOMENTS])


@given(rows=st.lists(st.tuples(VALUES, VALUES), max_size=12), block_size=st.integers(1, 40))
def test_block_size_does_not_change_values_or_types(tmp_path_factory, read_file, rows, block_size):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows))
    assert read_file(str(path), block_size) == read_file(str(path))


@given(rows=st.lists(st.tuples(VALUES, VALUES), max_size=12), block_size=st.integers(1, 40))
def test_resolved_types_are_those_of_the_whole_file(tmp_path_factory, rows, block_size):
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows))
    stream = open_input(str(path), InputOptions(), block_size)
    stream.resolve_types()
    assert stream.schema == open_input(str(path), InputOptions()).schema


@pytest.mark.parametrize("markers", [("", "NA"), ("1.5", "x"), ("12345678901234567890", "2024-01-01")])
def test_a_wide_file_has_the_values_and_types_of_each_of_its_columns(markers, write_file, read_file):
    """Columns of one type are converted together: an unusual value affects its own column only."""
    plain = {
        "integer": ("1{}", "22"),
        "double": ("{}.5", "1e3"),
        "date": ("2024-01-1{}", ""),
        "flag": ("true", "FALSE"),
    }
    columns = {
        f"{kind}_{number}": [value.format(number) for value in values]
        for number in range(3)
        for kind, values in plain.items()
    }
    for marker, name in zip(markers, ("integer_1", "date_2"), strict=True):
        columns[name][-1] = marker
    rows = [columns, *([",".join(row)] * 40 for row in zip(*columns.values(), strict=True))]
    text = "\n".join([",".join(rows[0]), *rows[1], *rows[2]])
    together = read_file(write_file("wide.csv", text), 2048)
    for name, values in columns.items():
        alone = "\n".join([name, *[values[0] or '""'] * 40, *[values[1] or '""'] * 40])
        assert together[name].combine_chunks() == read_file(write_file("one.csv", alone))[name].combine_chunks(), name
