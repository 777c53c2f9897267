"""Invalid inputs are rejected with an error that reports the location, the cause and the next action."""

from __future__ import annotations

import bz2
import gzip
import io
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datalake_sdk import errors
from datalake_sdk.errors import DatalakeError, TerminalError, UsageError
from datalake_sdk.inputs.files import open_input
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.parquet import ParquetFile
from datalake_sdk.inputs.source import InputFile
from datalake_sdk.inputs.text.blocks import BLOCK_SIZE
from datalake_sdk.inputs.typed_stream import TypedStream

TINY = 16


def error_of(read: Any, path: str, **options: Any) -> DatalakeError:
    with pytest.raises(DatalakeError) as raised:
        read(path, **options)
    return raised.value


def test_missing_file_suggests_similar_names(write_file, read_file, tmp_path):
    write_file("flights.csv", "a\n1\n")
    error = error_of(read_file, str(tmp_path / "flight.csv"))
    assert isinstance(error, errors.InputNotFoundError)
    assert isinstance(error, UsageError)
    assert error.message == f"input '{tmp_path}/flight.csv' does not exist"
    assert "'flights.csv'" in error.hint


def test_missing_folder_has_no_suggestions(read_file, tmp_path):
    error = error_of(read_file, str(tmp_path / "none" / "a.csv"))
    assert (error.message, error.hint) == (
        f"input '{tmp_path}/none/a.csv' does not exist",
        "Check the path.",
    )


def test_glob_without_match_is_rejected(read_file, tmp_path):
    error = error_of(read_file, str(tmp_path / "*.csv"))
    assert isinstance(error, errors.NoInputFilesError)
    assert error.message == f"input '{tmp_path}/*.csv' matches no file"


def test_folder_without_files_is_rejected(write_file, read_file, tmp_path):
    write_file("_SUCCESS", "x")
    write_file(".hidden.csv", "a\n1\n")
    error = error_of(read_file, str(tmp_path))
    assert isinstance(error, errors.NoInputFilesError)
    assert error.message == f"input '{tmp_path}' is a folder without files"
    assert "'_'" in error.hint


def test_file_removed_while_reading_is_reported(write_file):
    path = write_file("a.csv", "a\n1\n")
    stream = open_input(path, InputOptions())
    Path(path).unlink()
    with pytest.raises(errors.UnreadableInputError) as raised:
        next(stream.tasks())
    assert raised.value.message == f"input '{path}' cannot be read: No such file or directory"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet", "a"])
def test_empty_file_is_rejected_with_its_name(write_file, read_file, name):
    path = write_file(name, "")
    error = error_of(read_file, path)
    assert isinstance(error, errors.EmptyInputError)
    assert error.message == f"input '{path}' is empty"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_file_of_blank_lines_is_empty(write_file, read_file, name):
    assert isinstance(error_of(read_file, write_file(name, "\n\r\n\n")), errors.EmptyInputError)


@pytest.mark.parametrize("block_size", [TINY, 1 << 20])
@pytest.mark.parametrize(("row", "found"), [("1", 1), ("1,2,3", 3)])
def test_ragged_row_is_reported_with_its_line(write_file, read_file, block_size, row, found):
    path = write_file("a.csv", 'a,b\n1,"x\ny"\n\n' + "3,4\n" * 20 + row + "\n5,6\n")
    error = error_of(read_file, path, block_size=block_size)
    assert isinstance(error, errors.RaggedRowError)
    assert error.message == f"input '{path}', line 25: expected 2 columns, found {found}"
    assert "must be quoted" in error.hint


def test_the_expected_number_of_columns_may_be_one(write_file, read_file):
    assert "line 2: expected 1 column, found 2" in error_of(read_file, write_file("a.csv", "a\n1,2\n")).message


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("a,b\n1,x\r2,y\n3\n4,z", 3),
        ("a,b\r1,x\r3\r4,z", 3),
        ("a,b\r1,x\r3\n4,z", 1),
        ("a,b\n1,x\n2,y\r\n3\r", 4),
        ("a,b\r\n1,x\r\n3\r\n", 3),
    ],
)
def test_lines_are_counted_by_line_feeds_or_if_there_are_none_by_carriage_returns(write_file, read_file, content, line):
    assert f"line {line}: expected 2 columns, found 1" in error_of(read_file, write_file("a.csv", content)).message


def test_line_break_split_between_reads_is_counted_once(write_file, read_file):
    first = "x" * (BLOCK_SIZE - 1) + "\r\n"
    assert read_file(write_file("a.csv", first + "skipped\r\na,b\r\n1,2"), skip_rows=2).to_pydict() == {
        "a": [1],
        "b": [2],
    }


def test_wrong_delimiter_suggests_the_likely_one(write_file, read_file):
    path = write_file("a.csv", "a;b;c\n1;2;3\n")
    error = error_of(read_file, path)
    assert isinstance(error, errors.WrongDelimiterError)
    assert error.message.endswith("csv_delimiter ',' yields a single column, but the header contains ';'")
    assert "--csv-delimiter ';'" in error.hint


def test_quoted_header_may_contain_other_delimiters(write_file, read_file):
    assert read_file(write_file("a.csv", '"a;b"\n1\n')).to_pydict() == {"a;b": [1]}


def test_quoted_header_with_another_delimiter_is_rejected(write_file, read_file):
    error = error_of(read_file, write_file("a.csv", '"id";"name"\n"1";"a"\n'))
    assert isinstance(error, errors.WrongDelimiterError)
    assert "the header contains ';'" in error.message


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quote": "ab"}, "quote is 'ab'; it must be one ASCII character, or empty to disable quoting"),
        ({"quote": ","}, "csv_delimiter is ','; it must be one ASCII character, neither a quote nor a line break"),
        ({"escape": ","}, "escape is ','; it must be one ASCII character, neither the delimiter nor the quote"),
        ({"comment": ",#"}, "comment is ',#'; it must be a string without line breaks that does not start with"),
        ({"comment": "#\n"}, "comment is '#\n'; it must be a string without line breaks"),
        ({"skip_rows": -1}, "skip_rows is '-1'; it must be a non-negative number of lines"),
    ],
)
def test_invalid_options_are_rejected(write_file, read_file, options, message):
    error = error_of(read_file, write_file("a.csv", "a\n1\n"), **options)
    assert isinstance(error, UsageError)
    assert message in error.message


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.jsonl", '{"a": 1}\n', {"comment": "#"}, "is json; the option comment applies to csv, fixed-width only"),
        ("a.jsonl", '{"a": 1}\n', {"csv_delimiter": ","}, "is json; the option csv_delimiter applies to csv only"),
        (
            "a.parquet",
            "PAR1",
            {"null_values": ("-",)},
            "is parquet; the option null_values applies to csv, json, excel",
        ),
        (
            "a.parquet",
            "PAR1",
            {"encoding": "latin-1"},
            "is parquet; the option encoding applies to csv, json, fixed-width only",
        ),
    ],
)
def test_options_of_other_formats_are_rejected(write_file, read_file, name, content, options, message):
    error = error_of(read_file, write_file(name, content), **options)
    assert isinstance(error, errors.InapplicableOptionError)
    assert isinstance(error, UsageError)
    assert message in error.message


def test_unknown_extension_is_rejected_with_the_supported_ones(write_file, read_file, tmp_path):
    write_file("in/a.csv", "a\n1\n")
    write_file("in/notes.md.gz", "# Notes\n")
    error = error_of(read_file, str(tmp_path / "in"))
    assert isinstance(error, errors.UnknownExtensionError)
    assert isinstance(error, UsageError)
    assert "notes.md.gz': extension '.md' is not supported; it must be one of .csv, .tsv" in error.message
    assert "--input-format csv" in error.hint
    assert read_file(str(tmp_path / "in" / "notes.md.gz"), input_format="csv").num_rows == 0


@pytest.mark.parametrize("delimiter", ["", ",,", '"', "\n", "é"])
def test_invalid_delimiters_are_rejected(write_file, read_file, delimiter):
    error = error_of(read_file, write_file("a.csv", "a\n1\n"), csv_delimiter=delimiter)
    assert isinstance(error, errors.InvalidDelimiterError)
    assert error.message.startswith(f"csv_delimiter is '{delimiter}'; it must be one ASCII character")


def test_duplicate_column_names_are_rejected(write_file, read_file):
    path = write_file("a.csv", "a,b,a\n1,2,3\n")
    error = error_of(read_file, path)
    assert isinstance(error, errors.RepeatedColumnError)
    assert error.message == f"input '{path}': column 'a' occurs more than once"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_undecodable_bytes_are_reported_with_their_offset(write_file, read_file, name, start):
    row = b'{"name": "ok"}\n' if name == "a.jsonl" else b"name\n"
    text = start + row * 10 + row.replace(b"e", b"\xe9")
    path = write_file(name, text)
    error = error_of(read_file, path, block_size=TINY)
    assert isinstance(error, errors.UndecodableInputError)
    assert error.message == f"input '{path}': byte 0xe9 at offset {text.index(0xE9)} is not valid utf-8"
    assert "--encoding" in error.hint


def test_undecodable_ragged_row_prints_nothing(write_file, read_file, capfd):
    error = error_of(read_file, write_file("a.csv", b"a,b\n" + b"1,2\n" * 9 + b"\xe9\n"), block_size=TINY)
    assert isinstance(error, errors.UndecodableInputError)
    assert capfd.readouterr().err == ""


def test_undecodable_header_is_reported(write_file, read_file):
    error = error_of(read_file, write_file("a.csv", b"a,b\xe9\n1,2\n"))
    assert "byte 0xe9 at offset 3 is not valid utf-8" in error.message


def test_undecodable_bytes_of_another_encoding_are_reported(write_file, read_file):
    error = error_of(read_file, write_file("a.csv", b"name\nab\x81\n"), encoding="cp1252")
    assert "byte 0x81 at offset 7 is not valid cp1252" in error.message


@pytest.mark.parametrize("encoding", ["klingon", "base64"])
def test_unknown_encodings_are_rejected(write_file, read_file, encoding):
    error = error_of(read_file, write_file("a.csv", "a\n1\n"), encoding=encoding)
    assert isinstance(error, errors.UnknownEncodingError)
    assert error.message == f"encoding is '{encoding}', which is not supported"


@pytest.mark.parametrize(
    ("compressed", "name"),
    [
        (gzip.compress, "gzip"),
        (bz2.compress, "bz2"),
        (lambda data: pa.compress(data, "zstd", asbytes=True), "zstd"),
    ],
)
def test_truncated_compressed_files_are_rejected(write_file, read_file, compressed, name):
    path = write_file("a.csv", compressed(b"a\n" + b"".join(b"%d\n" % (n * n) for n in range(9999)))[:-20])
    error = error_of(read_file, path)
    assert isinstance(error, errors.CorruptInputError)
    assert error.message == f"input '{path}' is damaged: its {name} data is truncated"


def test_damaged_compressed_files_are_rejected(write_file, read_file):
    data = bytearray(gzip.compress(b"a\n" + b"".join(b"%d\n" % (n * n) for n in range(9999))))
    data[1000:1100] = b"\xff" * 100
    error = error_of(read_file, write_file("a.csv", bytes(data)))
    assert isinstance(error, errors.CorruptInputError)
    assert "is damaged: gzip: " in error.message


@pytest.mark.parametrize("content", [b"PAR1 and nothing else", b"no magic at all", b"PAR1" + b"x" * 99 + b"PAR1"])
def test_damaged_parquet_footers_are_rejected(write_file, read_file, content):
    path = write_file("a.parquet", content)
    error = error_of(read_file, path)
    assert isinstance(error, errors.CorruptInputError)
    assert error.message.startswith(f"input '{path}' is damaged: ")


@pytest.mark.parametrize("group_limit", [0, 1 << 20])
def test_damaged_parquet_pages_are_rejected(tmp_path, read_all, group_limit):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [f"text {n}" for n in range(999)]}), path, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[60:500] = b"\xff" * 440
    path.write_bytes(data)
    error = error_of(read_all, TypedStream([ParquetFile(InputFile(str(path)), group_limit)], InputOptions()))
    assert isinstance(error, errors.CorruptInputError)
    assert str(path) in error.message


def test_parquet_files_compressed_as_a_whole_are_rejected(write_file, read_file, tmp_path):
    pq.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    error = error_of(read_file, write_file("b", gzip.compress((tmp_path / "a.parquet").read_bytes())))
    assert error.message.endswith("is damaged: it is a file of format 'parquet' compressed as a whole")


def test_folder_with_two_formats_is_rejected_with_both(write_file, read_file, tmp_path):
    write_file("in/a.csv", "a\n1\n")
    write_file("in/b.jsonl", '{"a": 1}\n')
    error = error_of(read_file, str(tmp_path / "in"))
    assert isinstance(error, errors.MixedInputFormatsError)
    assert "a.csv is csv" in error.message
    assert "b.jsonl is json" in error.message


def test_unknown_formats_are_rejected(write_file, read_file):
    error = error_of(read_file, write_file("a.csv", "a\n1\n"), input_format="xls")
    assert isinstance(error, errors.UnknownInputFormatError)
    assert error.message == "input_format is 'xls'; it must be one of csv, json, parquet, orc, avro, excel, fixed-width"


@pytest.mark.parametrize("block_size", [TINY, 1 << 20])
def test_unclosed_quote_is_reported_with_its_line(write_file, read_file, block_size):
    path = write_file("a.csv", "a,b\n" + "1,2\n" * 9 + '3,"open\n' + "4,5\n" * 9)
    error = error_of(read_file, path, block_size=block_size)
    assert isinstance(error, errors.UnclosedQuoteError)
    assert error.message == (f"input '{path}', line 11: the quoted field is not closed before the end of the file")


def test_unclosed_quote_does_not_exhaust_memory(write_file, read_file):
    path = write_file("a.csv", 'a,b\n1,2\n3,"open\n' + ("4,5" * 1000 + "\n") * 23_000 + '"\n')
    error = error_of(read_file, path)
    assert isinstance(error, errors.UnclosedQuoteError)
    assert error.message.endswith("line 3: the quoted field is not closed within 64 MB")


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_endless_row_does_not_exhaust_memory(write_file, read_file, name):
    start = '{"a": 1}\n' if name == "a.jsonl" else "a\n1\n"
    error = error_of(read_file, write_file(name, start + "x" * (65 << 20) + "\n"))
    assert isinstance(error, errors.OversizedRowError)
    assert error.message.endswith("the row does not end within 64 MB")


@pytest.mark.parametrize("block_size", [TINY, 1 << 20])
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"a": 1', "not valid JSON: Expecting ',' delimiter at column 8"),
        ('{"a": 1} {"a": 2}', "not valid JSON: Extra data at column 10"),
        ("[1]", "the value is an array, not an object"),
        ("null", "the value is null, not an object"),
        ("12.5", "the value is a number, not an object"),
        ('{"a": 1, "a": 2}', "not valid JSON: an object has the key 'a' more than once"),
        ('{"a": ' + "1" * 5000 + "}", "an integer has more than 4,300 digits"),
        ('{"a": "\\ud800"}', "not valid JSON: an unpaired surrogate"),
        ('{"a": ' + "[" * 101 + "]" * 101 + "}", "values are nested more than 100 levels deep"),
        ('{"a": ' + "[" * 99_999, "values are nested more than 100 levels deep"),
    ],
)
def test_invalid_json_lines_are_reported_with_their_line(write_file, read_file, line, reason, block_size):
    path = write_file("a.jsonl", '{"a": 1}\n\n' + '{"a": 2}\n' * 9 + line + '\n{"a": 3}\n')
    error = error_of(read_file, path, block_size=block_size)
    assert isinstance(error, errors.InvalidJsonLineError)
    assert error.message == f"input '{path}', line 12: {reason}"
    assert "one JSON object" in error.hint


@pytest.mark.parametrize("block_size", [TINY, 1 << 20])
@pytest.mark.parametrize(
    ("name", "start", "rows"),
    [("a.csv", 'a,b\n"x\ny",1\n', ["z,2", "z,oops"]), ("a.jsonl", "\n\n", ['{"a": "z", "b": 2}', '{"b": "oops"}'])],
)
def test_value_that_violates_its_declared_type_is_reported(write_file, read_file, block_size, name, start, rows):
    path = write_file(name, start + (rows[0] + "\n") * 9 + rows[1] + "\n")
    declared = {"types": {"b": pa.int64()}, "declared": frozenset({"b"})}
    error = error_of(read_file, path, block_size=block_size, **declared)
    assert isinstance(error, errors.DeclaredTypeError)
    assert isinstance(error, TerminalError)
    line = 13 if name == "a.csv" else 12
    assert error.message == f"input '{path}', line {line}: column 'b' is declared as long, but contains 'oops'"


def test_parquet_value_that_violates_its_declared_type_is_reported(tmp_path, read_file):
    pq.write_table(pa.table({"b": ["1", "oops"]}), tmp_path / "a.parquet")
    declared = {"types": {"b": pa.int64()}, "declared": frozenset({"b"})}
    error = error_of(read_file, str(tmp_path), **declared)
    assert isinstance(error, errors.DeclaredTypeError)
    assert error.message == f"input '{tmp_path}/a.parquet': column 'b' is declared as long, but contains 'oops'"


def test_conflicting_parquet_types_are_reported_with_column_and_files(tmp_path, read_file):
    pq.write_table(pa.table({"a": [1], "b": ["x"]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"a": [2], "b": [2]}), tmp_path / "2.parquet")
    error = error_of(read_file, str(tmp_path))
    assert isinstance(error, errors.ConflictingInputTypesError)
    assert error.message == f"column 'b' is string in {tmp_path}/1.parquet and int64 in {tmp_path}/2.parquet"


def test_empty_standard_input_is_rejected(monkeypatch, read_file):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert error_of(read_file, "-").message == "input '-' is empty"


def test_json_with_invalid_utf8_reports_the_byte_and_the_encoding_option(read_file, write_file):
    error = error_of(read_file, write_file("a.jsonl", b'{"name":"caf\xe9"}\n'))
    assert error.message.endswith("byte 0xe9 at offset 12 is not valid utf-8")
    assert "--encoding latin-1" in error.hint
