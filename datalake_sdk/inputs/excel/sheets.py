"""Selects the sheet of a workbook, and checks that it can be loaded."""

from __future__ import annotations

import io
import logging
import lzma
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import TYPE_CHECKING
from xml.parsers.expat import ExpatError

from datalake_sdk.errors import (
    CorruptInputError,
    EmptyInputError,
    OversizedInputError,
    PasswordProtectedInputError,
    UnknownSheetError,
)
from datalake_sdk.inputs.excel.ods import CONTENT_PART, largest_table

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

SIZE_LIMIT = 512 << 20
"""Maximum bytes of a workbook and of each decompressed part; cells need about twice the memory of their XML."""
_CELL_LIMIT = 20_000_000
_ZIP_MAGIC = b"PK\x03\x04"
MAGIC = (_ZIP_MAGIC, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""First bytes of workbooks that are ZIP archives, and of workbooks of Excel 2003 and earlier."""
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
    *(NotImplementedError, RuntimeError, EOFError, OSError, ValueError),
)
"""Errors that zipfile raises for unreadable archives."""
_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml")
_WIDE_REFERENCE = re.compile(rb'\br="([A-Z]{2,3})\d')
_REFERENCE = re.compile(rb'\br="[A-Z]{1,3}(\d+)"')
_LETTERS = 26
_CHUNK_SIZE = 1 << 20
_LOOK_BACK = 64 << 10
"""Bytes at the end of a chunk that contain its last row reference; rows are in order."""
_REFERENCE_SIZE = 16

logger = logging.getLogger(__name__)


def chosen_sheet(name: str, content: io.BytesIO, sheet: str | None) -> CalamineSheet:
    """Loads a sheet by name, or the first visible one.

    Args:
        name: Name of the file, for messages.
        content: The workbook.
        sheet: Name of the sheet; None for the first visible one.

    Raises:
        UnknownSheetError: The sheet does not exist.
        EmptyInputError: The workbook has no worksheet.
        PasswordProtectedInputError: The workbook is protected by a password.
        OversizedInputError: The sheet has too many cells.
        CorruptInputError: The workbook is damaged.
    """
    with _library_errors(name):
        workbook = _workbook(name, content)
        names = _sheet_names(workbook)
    if sheet is not None and sheet not in workbook.sheet_names:
        raise UnknownSheetError(name, sheet, names)
    if not names:
        raise EmptyInputError(name)
    if sheet is None and len(names) > 1:
        logger.warning("input '%s' has the sheets %s: reading '%s'", name, ", ".join(names), names[0])
    with _library_errors(name):
        loaded = workbook.get_sheet_by_name(names[0] if sheet is None else sheet)
    if (cells := loaded.height * loaded.width) > _CELL_LIMIT:
        raise OversizedInputError(name, f"{cells:,} cells, including blank ones, in sheet {loaded.name}")
    return loaded


def check_sizes(name: str, content: io.BytesIO) -> None:
    """Checks that the workbook fits into memory; blank cells inside the used range count as cells.

    Raises:
        OversizedInputError: A part of the workbook is too large.
        CorruptInputError: The file starts like a workbook but is invalid.
    """
    if content.getbuffer()[: len(_ZIP_MAGIC)] != _ZIP_MAGIC:
        return
    try:
        with zipfile.ZipFile(content) as parts:
            for part in parts.infolist():
                if part.file_size > SIZE_LIMIT:
                    raise OversizedInputError(name, f"{part.file_size >> 20} MB in part {part.filename}")
                if (cells := _cells(parts, part)) > _CELL_LIMIT:
                    raise OversizedInputError(name, f"{cells:,} cells, including blank ones, in {part.filename}")
    except _UNREADABLE as error:
        raise CorruptInputError(name, f"it is not a workbook: {error}") from None
    except ExpatError as error:
        raise CorruptInputError(name, f"its part {CONTENT_PART} is not XML: {error}") from None


@contextmanager
def _library_errors(name: str) -> Iterator[None]:
    from python_calamine import CalamineError, PasswordError

    try:
        yield
    except PasswordError:
        raise PasswordProtectedInputError(name) from None
    except (CalamineError, OSError, ValueError) as error:
        raise CorruptInputError(name, str(error)) from None
    except BaseException as error:
        # A panic of the library's Rust code is not an Exception, and its class cannot be imported.
        # https://docs.rs/pyo3/latest/pyo3/panic/struct.PanicException.html
        if type(error).__name__ != "PanicException":
            raise
        raise CorruptInputError(name, str(error)) from None


def _workbook(name: str, content: io.BytesIO) -> CalamineWorkbook:
    from python_calamine import CalamineError, CalamineWorkbook

    content.seek(0)
    try:
        return CalamineWorkbook.from_filelike(content)
    except CalamineError:
        # For bytes the library only reports that no format matches; for a file with an extension it reports the cause.
        # https://github.com/dimastbk/python-calamine
        with tempfile.NamedTemporaryFile(suffix=PurePath(name).suffix) as file:
            file.write(content.getbuffer())
            file.flush()
            return CalamineWorkbook.from_path(file.name)


def _sheet_names(workbook: CalamineWorkbook) -> list[str]:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return visible or [sheet.name for sheet in sheets]


def _cells(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Number of cells of a part; 0 if it is not a sheet."""
    if part.filename == CONTENT_PART:
        # The library hangs on truncated XML. https://github.com/tafia/calamine
        with parts.open(part) as content:
            return largest_table(content)
    return _sheet_cells(parts, part) if _SHEET_PART.fullmatch(part.filename) else 0


def _sheet_cells(parts: zipfile.ZipFile, part: zipfile.ZipInfo) -> int:
    """Rows times columns of a sheet, from the references of its cells."""
    rows, columns, tail = 0, _LETTERS, b""
    with parts.open(part) as source:
        while chunk := source.read(_CHUNK_SIZE):
            text = tail + chunk
            for letters in set(_WIDE_REFERENCE.findall(text)):
                columns = max(columns, _column(letters))
            rows = max([rows, *map(int, _REFERENCE.findall(text[-_LOOK_BACK:]))])
            tail = text[-_REFERENCE_SIZE:]
    return rows * columns


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number
