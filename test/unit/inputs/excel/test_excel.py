"""Sheets of workbooks are read with the types of their cells."""

from __future__ import annotations

import gc
import gzip
import io
import os
import resource
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from python_calamine import CalamineWorkbook

from datalake_sdk import errors
from datalake_sdk.temporary_folders import process_folder

XLS = Path(__file__).parent / "fixtures" / "orders.xls"
"""Written with xlwt 1.3: sheet Orders has a header and two rows, sheet Other is empty."""
WHEN = datetime(2020, 1, 2, 3, 4, 5, 678000)


def workbook(*rows, sheets=(), epoch=None):
    """The bytes of a workbook whose first sheet, Data, has these rows."""
    book = openpyxl.Workbook()
    if epoch is not None:
        book.epoch = epoch
    book.active.title = "Data"
    for row in rows:
        book.active.append(row)
    for name in sheets:
        book.create_sheet(name).append([f"only in {name}"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def types(table):
    return {field.name: str(field.type) for field in table.schema}


def test_cells_keep_their_types(write_file, read_file):
    path = write_file(
        "a.xlsx",
        workbook(
            ["whole", "number", "when", "day", "time", "flag", "text", "share"],
            [1.0, 1.5, WHEN, date(2020, 1, 2), time(10, 30), True, "x", 0.45],
            [2**40, 2, datetime(2020, 1, 3), date(9999, 12, 31), time(0), False, " y ", 1],
        ),
    )
    table = read_file(path)
    assert types(table) == {
        "whole": "int64",
        "number": "double",
        "when": "timestamp[us]",
        "day": "date32[day]",
        "time": "string",
        "flag": "bool",
        "text": "string",
        "share": "double",
    }
    assert table.to_pylist() == [
        {"whole": 1, "number": 1.5, "when": WHEN, "day": date(2020, 1, 2), "time": "10:30:00", "flag": True,
         "text": "x", "share": 0.45},
        {"whole": 2**40, "number": 2, "when": datetime(2020, 1, 3), "day": date(9999, 12, 31), "time": "00:00:00",
         "flag": False, "text": " y ", "share": 1},
    ]  # fmt: skip


def test_mixed_columns_blank_cells_and_error_cells_are_read(write_file, read_file):
    rows = [
        ["mixed", "numbers", "nothing", "errors", "span"],
        [1, "NA", None, "#N/A", timedelta(hours=26, minutes=30)],
        [date(2020, 1, 2), 2.5, None, 7, timedelta(seconds=1.5)],
        [None, None, None, None, None],
        ["x", None, None, None, None],
    ]
    book = openpyxl.load_workbook(io.BytesIO(workbook(*rows)))
    book.active["D2"].data_type = "e"
    out = io.BytesIO()
    book.save(out)
    table = read_file(write_file("a.xlsx", out.getvalue()))
    assert table.to_pydict() == {
        "mixed": ["1", "2020-01-02", "x"],
        "numbers": [None, 2.5, None],
        "nothing": [None, None, None],
        "errors": [None, 7, None],
        "span": ["26:30:00", "00:00:01.500000", None],
    }


def test_header_is_the_first_nonblank_row_or_the_given_row(write_file, read_file):
    content = workbook(
        [], [None, "Orders of 2020"], [], [None, "id", None, 2020], [None, 1, None, 7], [None, 2, "x", 8]
    )
    assert read_file(write_file("a.xlsx", content)).column_names[0] == "Orders of 2020"
    table = read_file(write_file("a.xlsx", content), header_row=4)
    assert table.to_pylist() == [{"id": 1, "2020": 7, "column_3": None}, {"id": 2, "2020": 8, "column_3": "x"}]


def test_columns_without_name_and_values_are_omitted(write_file, read_file):
    book = openpyxl.load_workbook(io.BytesIO(workbook(["a", None, "b"], [1, None, "x"])))
    book.active["F40"].number_format = "0.00"
    out = io.BytesIO()
    book.save(out)
    assert read_file(write_file("a.xlsx", out.getvalue())) == pa.table({"a": [1], "b": ["x"]})


def test_merged_cells_have_their_value_in_the_first_cell(write_file, read_file):
    book = openpyxl.load_workbook(io.BytesIO(workbook(["a", "b"], ["x", 1], [None, 2])))
    book.active.merge_cells("A2:A3")
    out = io.BytesIO()
    book.save(out)
    assert read_file(write_file("a.xlsx", out.getvalue())).to_pydict() == {"a": ["x", None], "b": [1, 2]}


def test_dates_follow_the_1904_date_system_of_the_workbook(write_file, read_file):
    content = workbook(["day"], [date(2020, 1, 2)], epoch=CALENDAR_MAC_1904)
    assert read_file(write_file("a.xlsx", content))["day"].to_pylist() == [date(2020, 1, 2)]


def test_excel_97_workbook_is_read(read_file):
    assert read_file(str(XLS)).to_pylist() == [
        {"id": 1, "amount": 1.5, "day": date(2020, 1, 2), "placed at": datetime(2020, 1, 2, 3, 4, 5), "paid": True,
         "note": "é"},
        {"id": 2, "amount": 3, "day": date(2021, 12, 31), "placed at": datetime(2021, 12, 31, 23, 59, 59),
         "paid": False, "note": None},
    ]  # fmt: skip


def test_values_equal_those_of_the_library(write_file, read_file):
    rows = [[n / 7, 10.0**n, f"x{n}", n % 2 == 0, date(1930, 1, 1) + timedelta(days=997 * n)] for n in range(-9, 99)]
    path = write_file("a.xlsx", workbook(["a", "b", "c", "d", "e"], *rows))
    with CalamineWorkbook.from_path(path) as book:
        _, *expected = book.get_sheet_by_index(0).to_python()
    assert [list(row.values()) for row in read_file(path).to_pylist()] == expected


@pytest.mark.parametrize("block_size", [50, 1 << 20])
def test_a_sheet_is_chosen_by_name(write_file, read_file, caplog, block_size):
    path = write_file("a.xlsx", workbook(["a"], [1], sheets=["Ümsatz"]))
    assert read_file(path, block_size=block_size, sheet="Ümsatz").column_names == ["only in Ümsatz"]
    assert not caplog.messages
    assert read_file(path).column_names == ["a"]
    assert caplog.messages == [f"input '{path}' has the sheets Data, Ümsatz: reading 'Data'"]


def test_sheets_of_a_folder_are_combined_and_all_blocks_are_inferred(write_file, read_file, tmp_path):
    write_file("in/1.xlsx", workbook(["a"], *[[n] for n in range(99)], [0.5]))
    write_file("in/2.xls.gz", gzip.compress(XLS.read_bytes()))
    table = read_file(str(tmp_path / "in"), block_size=64)
    assert types(table)["a"] == "double"
    assert table["a"].to_pylist() == [*range(99), 0.5, None, None]
    assert table["id"].to_pylist()[-2:] == [1, 2]


def test_many_workbooks_keep_no_files_open_and_leave_none_behind(write_file, read_file, tmp_path):
    content = workbook(["a"], [1])
    for number in range(40):
        write_file(f"in/{number}.xlsx", content)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    next_descriptor = os.dup(0)
    os.close(next_descriptor)
    resource.setrlimit(resource.RLIMIT_NOFILE, (next_descriptor + 20, hard))
    try:
        assert read_file(str(tmp_path / "in"))["a"].to_pylist() == [1] * 40
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    gc.collect()
    assert not list(process_folder().glob("sheet-*"))


def error_of(read_file, path, **options):
    with pytest.raises(errors.DatalakeError) as caught:
        read_file(path, **options)
    return caught.value


def archive(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return out.getvalue()


BOOK = workbook(["a", "b"], [1, "x"], sheets=["Other"])


@pytest.mark.parametrize(
    "content",
    [b"no workbook", BOOK[:-300], BOOK[:9], archive({"a.txt": "x"}), XLS.read_bytes()[:700], XLS.read_bytes()[:4100]],
)
def test_invalid_workbooks_are_rejected_with_their_name(write_file, read_file, content):
    path = write_file("a.xlsx", content)
    error = error_of(read_file, path)
    assert isinstance(error, errors.CorruptInputError)
    assert error.message.startswith(f"input '{path}' is damaged: ")


def stream_name(name):
    """Directory entry of a stream in a compound file: its padded name and the length of the name."""
    return name.encode("utf-16-le").ljust(64, b"\0") + (2 * len(name) + 2).to_bytes(2, "little")


def test_sheet_with_invalid_compression_is_rejected(write_file, read_file):
    with zipfile.ZipFile(io.BytesIO(BOOK)) as parts:
        part = parts.getinfo("xl/worksheets/sheet1.xml")
    start = part.header_offset + 30 + len(part.filename)
    path = write_file("a.xlsx", BOOK[:start] + b"\xff" * 40 + BOOK[start + 40 :])
    error = error_of(read_file, path)
    assert isinstance(error, errors.CorruptInputError)
    assert error.message.startswith(f"input '{path}' is damaged: it is not a workbook: ")


@pytest.mark.parametrize("name", ["a.xlsx", "a.xlsm"])
def test_password_protected_workbook_is_rejected(write_file, read_file, name):
    """Office stores an encrypted workbook in a stream of this name in a compound file."""
    content = XLS.read_bytes().replace(stream_name("Workbook"), stream_name("EncryptedPackage"))
    path = write_file(name, content)
    error = error_of(read_file, path)
    assert isinstance(error, errors.PasswordProtectedInputError)
    assert error.message == f"input '{path}' is protected by a password"


@pytest.mark.parametrize("options", [{"timezone": "UTC"}, {"date_formats": ("%d.%m.%Y",)}, {"encoding": "latin-1"}])
def test_text_options_are_rejected(write_file, read_file, options):
    assert isinstance(error_of(read_file, write_file("a.xlsx", BOOK), **options), errors.InapplicableOptionError)


def test_unknown_sheet_is_rejected_with_the_existing_sheets(write_file, read_file):
    error = error_of(read_file, write_file("a.xlsx", BOOK), sheet="Dta")
    assert isinstance(error, errors.UnknownSheetError)
    assert error.hint == "Its sheets are 'Data', 'Other'."


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (workbook(), {}, "is empty"),
        (BOOK, {"header_row": 9}, "row 9 contains no column names"),
        (workbook(["a", "b", "a"], [1, 2, 3]), {}, "column 'a' occurs more than once"),
    ],
)
def test_sheet_without_valid_header_is_rejected(write_file, read_file, content, options, message):
    path = write_file("a.xlsx", content)
    error = error_of(read_file, path, **options)
    assert error.message.startswith(f"input '{path}', sheet 'Data'")
    assert error.message.endswith(message)


def test_value_that_violates_its_declared_type_is_reported_with_its_row(write_file, read_file):
    path = write_file("a.xlsx", workbook([], ["a"], [1], [], ["oops"]))
    error = error_of(read_file, path, types={"a": pa.int64()}, declared=frozenset({"a"}))
    location = f"input '{path}', sheet 'Data', row 5"
    assert error.message == f"{location}: column 'a' is declared as long, but contains 'oops'"


def test_sheet_that_exceeds_memory_is_rejected(write_file, read_file):
    book = openpyxl.load_workbook(io.BytesIO(BOOK))
    book.active["XFD1048576"] = 1
    out = io.BytesIO()
    book.save(out)
    error = error_of(read_file, write_file("a.xlsx", out.getvalue()))
    assert isinstance(error, errors.OversizedInputError)
    assert "17,179,869,184 cells, including blank ones" in error.message


def test_workbook_part_that_exceeds_memory_is_rejected(write_file, read_file):
    content = archive({"xl/worksheets/sheet1.xml": bytes(513 << 20)})
    error = error_of(read_file, write_file("a.xlsx", content))
    assert isinstance(error, errors.OversizedInputError)
    assert "513 MB in part xl/worksheets/sheet1.xml" in error.message


ODS_BEGIN = (
    '<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x"><office:body><office:spreadsheet>'
    '<table:table table:name="S">'
)
ODS_END = "</table:table></office:spreadsheet></office:body></office:document-content>"


def ods(*rows, end=ODS_END):
    """The bytes of an OpenDocument spreadsheet with a header cell and the given XML rows."""
    out = io.BytesIO()
    header = '<table:table-row><table:table-cell office:value-type="string"><text:p>a</text:p></table:table-cell>'
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        parts.writestr("META-INF/manifest.xml", "<manifest/>")
        parts.writestr("content.xml", "".join([ODS_BEGIN, header, "</table:table-row>", *rows, end]))
    return out.getvalue()


def ods_row(columns=1, rows=1, value='office:value-type="float" office:value="7"'):
    cell = f'<table:table-cell table:number-columns-repeated="{columns}" {value}/>'
    return f'<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row>'


def test_repeated_blank_opendocument_cells_need_no_memory(write_file, read_file):
    blank = ods_row(16384, 1_048_573, value="")
    assert read_file(write_file("a.ods", ods(ods_row(), ods_row(), blank))).to_pydict() == {"a": [7, 7]}


@pytest.mark.parametrize("row", [ods_row(columns=2 * 10**9), ods_row(rows=4 * 10**9), ods_row(10**4, 10**4)])
def test_repeated_opendocument_cells_are_counted(write_file, read_file, row):
    with pytest.raises(errors.OversizedInputError, match="cells, including blank ones, in content.xml"):
        read_file(write_file("a.ods", ods(row)))


@pytest.mark.parametrize("end", ["", "</table:table>", "<table:table-row>"])
def test_truncated_opendocument_sheet_is_rejected(write_file, read_file, end):
    with pytest.raises(errors.CorruptInputError, match="content.xml is not XML"):
        read_file(write_file("a.ods", ods(ods_row(), end=end)))
