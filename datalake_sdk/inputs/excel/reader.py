"""Reads Excel workbooks: the rows of a sheet become JSON Lines in a temporary file, with the types of the cells."""

from __future__ import annotations

import io
import json
import os
import weakref
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import uuid4

from datalake_sdk.errors import (
    BlankHeaderError,
    EmptyInputError,
    OversizedInputError,
    RepeatedColumnError,
)
from datalake_sdk.inputs.excel.sheets import MAGIC, SIZE_LIMIT, check_sizes, chosen_sheet
from datalake_sdk.inputs.formats import TextFormat
from datalake_sdk.inputs.json.reader import JsonFile
from datalake_sdk.inputs.options import UTF_8, InputOptions
from datalake_sdk.inputs.source import InputFile, RawFile, TextSource
from datalake_sdk.inputs.text.blocks import TextInput
from datalake_sdk.inputs.text.conversion import NULL_OPTIONS
from datalake_sdk.temporary_folders import process_folder

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_EXACT_INTEGERS = 2**53
"""Doubles represent every integer below this number."""
_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True)
class _Header:
    """Header of a sheet.

    Args:
        row: Index of the header row in the sheet.
        names: Names by position; None for a blank cell.
        first_column: Index in the sheet of the column of the first entry in `names`.
    """

    row: int
    names: tuple[str | None, ...]
    first_column: int

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Name of each column, and whether it comes from the header."""
        return [
            (name or f"column_{self.first_column + position}", name is not None)
            for position, name in enumerate(self.names, start=1)
        ]


class _SheetFile(InputFile):
    """Rows of a sheet in a temporary file, which is not kept open: a folder may contain many workbooks.

    Args:
        name: Name of the workbook, for messages.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.path = process_folder() / f"sheet-{uuid4().hex}"
        weakref.finalize(self, self.path.unlink, missing_ok=True)

    def open(self) -> RawFile:
        return RawFile(os.open(self.path, os.O_RDONLY))


def excel_file(file: InputFile, options: InputOptions, block_size: int) -> JsonFile:
    """Opens a workbook; the sheet is loaded as a whole, converted and released.

    Args:
        file: The file's bytes.
        options: Sheet, header row and null markers.
        block_size: Bytes of text per block.

    Raises:
        UnknownSheetError: The sheet does not exist.
        OversizedInputError: The workbook is too large to load.
        DatalakeError: The workbook is damaged or protected, or the sheet has no valid header.
    """
    content = _content(file)
    check_sizes(file.name, content)
    sheet = chosen_sheet(file.name, content, options.sheet)
    header = _header(file.name, sheet, options.header_row)
    lines = _SheetFile(file.name)
    with lines.path.open("wb") as out:
        _write_rows(sheet, header, out)
    names = tuple(name for name in header.names if name is not None)
    return JsonFile(TextInput(lines, UTF_8, unit=f"sheet '{sheet.name}', row"), options, block_size, names)


def _content(file: InputFile) -> io.BytesIO:
    with TextSource(file, UTF_8) as source:
        content = source.read(SIZE_LIMIT + 1)
    if len(content) > SIZE_LIMIT:
        raise OversizedInputError(file.name, f"more than {SIZE_LIMIT >> 20} MB")
    return io.BytesIO(content)


def _header(name: str, sheet: CalamineSheet, row: int | None) -> _Header:
    if sheet.start is None:
        raise EmptyInputError(name, sheet.name)
    location = f"input '{name}', sheet '{sheet.name}'"
    first_row, first_column = sheet.start
    index = first_row if row is None else row - 1
    cells = next((cells for position, cells in enumerate(sheet.iter_rows()) if position == index), [])
    names = tuple(_name(cell) for cell in cells)
    if not any(names):
        raise BlankHeaderError(location, index + 1)
    header = _Header(index, names, first_column)
    column, count = Counter(column for column, _ in header.columns).most_common(1)[0]
    if count > 1:
        raise RepeatedColumnError(location, column)
    return header


def _name(cell: Any) -> str | None:
    value = _value(cell)
    return None if value is None or not str(value).strip() else str(value)


def _write_rows(sheet: CalamineSheet, header: _Header, out: BinaryIO) -> None:
    """Writes a line for each row of the sheet, to keep row numbers; rows without values become blank lines."""
    columns = header.columns
    for index, cells in enumerate(sheet.iter_rows()):
        if index > header.row:
            out.write(_line(columns, cells).encode())
        out.write(b"\n")
    out.flush()


def _line(columns: Sequence[tuple[str, bool]], cells: Sequence[Any]) -> str:
    values = [_value(cell) for cell in cells]
    if all(value is None for value in values):
        return ""
    return _ENCODE(dict(_fields(columns, values)))


def _fields(columns: Sequence[tuple[str, bool]], values: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """The values of columns in the header, and of other columns that have a value."""
    for (name, is_named), value in zip(columns, values, strict=True):
        if is_named or value is not None:
            yield name, value


def _value(cell: Any) -> Any:
    """The JSON value of a cell: blank cells and errors are null, whole doubles are integers."""
    if isinstance(cell, str):
        return cell or None
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and abs(cell) < _EXACT_INTEGERS else cell
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return _duration(cell) if isinstance(cell, timedelta) else cell


def _duration(value: timedelta) -> str:
    """Hours, minutes and seconds, as spreadsheets show durations."""
    seconds, fraction = divmod(round(value / timedelta(microseconds=1)), 10**6)
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    text = f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:06}" if fraction else text


FORMAT = TextFormat(
    (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), excel_file, ("sheet", "header_row", *NULL_OPTIONS), magic=MAGIC
)
