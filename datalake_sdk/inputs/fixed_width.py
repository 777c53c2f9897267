"""Fixed-width text, rewritten while it is read as text with a character between the fields."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from datalake_sdk.errors import (
    CorruptInputError,
    InvalidInputOptionError,
    LongLineError,
    OversizedRowError,
    UndecodableInputError,
)
from datalake_sdk.inputs.csv.reader import CsvFile
from datalake_sdk.inputs.formats import TextFormat
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.source import InputFile, Pull
from datalake_sdk.inputs.text.blocks import ROW_LIMIT, ROW_LIMIT_TEXT, TextInput
from datalake_sdk.inputs.text.conversion import NULL_OPTIONS
from datalake_sdk.inputs.text.notation import NOTATION_OPTIONS

_SEPARATOR = "\x1f"
_CHUNK_SIZE = 1 << 20
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_COLUMN = re.compile(r"(?:(?P<name>[^:]*):)?\s*(?:(?P<start>[1-9]\d*)-(?P<end>[1-9]\d*)|(?P<width>[1-9]\d*))\s*")
_RULE = (
    "a comma-separated list of columns, each a number of characters (10) or positions (1-10), all or none of them "
    "after a name (id:1-10)"
)


@dataclass(frozen=True)
class FixedColumn:
    """Where a column is in each line.

    Args:
        name: None where the first line has the names.
        start: Index of its first character.
        end: Index after its last character.
    """

    name: str | None
    start: int
    end: int


def fixed_width_file(file: InputFile, options: InputOptions, block_size: int) -> CsvFile:
    """Opens a fixed-width file.

    Args:
        file: Where its bytes are.
        options: Columns, comments, lines to skip, encoding and what CSV files have for values.
        block_size: Bytes of text in a block.

    Raises:
        UsageError: An option has no usable value.
        DatalakeError: The file has no usable header.
    """
    columns = fixed_columns(options.widths)
    is_named = columns[0].name is not None
    text = TextInput(file, options.encoding, partial(_as_delimited, columns, options), added_lines=1 if is_named else 0)
    delimited = replace(options, csv_delimiter=_SEPARATOR, quote="", comment=None, skip_rows=min(options.skip_rows, 0))
    return CsvFile(text, delimited, block_size)


def fixed_columns(widths: Sequence[str | int]) -> list[FixedColumn]:
    """The columns that a user gives, as `10`, `1-10`, `id:10` or `id:1-10`, each or all of them separated by commas.

    Raises:
        InvalidInputOptionError: There are none, or they are written otherwise.
    """
    text = ",".join(map(str, widths))
    columns: list[FixedColumn] = []
    for item in text.split(","):
        if (match := _COLUMN.fullmatch(item)) is None:
            raise InvalidInputOptionError("widths", text, _RULE)
        before = columns[-1].end if columns else 0
        start = int(match["start"]) - 1 if match["start"] else before
        end = int(match["end"]) if match["end"] else before + int(match["width"])
        columns.append(FixedColumn(match["name"] and match["name"].strip(), start, end))
    if any(column.end <= column.start for column in columns) or len({column.name is None for column in columns}) > 1:
        raise InvalidInputOptionError("widths", text, _RULE)
    return columns


def _as_delimited(columns: Sequence[FixedColumn], options: InputOptions, name: str, pull: Pull) -> Pull:
    """Makes a source of delimited lines, as many as the file has; comments and skipped lines are blank."""
    lines = _Lines(name, columns, options)
    pending = [lines.header()]

    def pull_lines(size: int) -> bytes:
        while not pending:
            data = pull(max(size, _CHUNK_SIZE))
            if rewritten := lines.rewritten(data):
                pending.append(rewritten)
            if not data:
                break
        return pending.pop() if pending else b""

    return pull_lines


class _Lines:
    """Rewrites lines, which come in chunks."""

    def __init__(self, name: str, columns: Sequence[FixedColumn], options: InputOptions) -> None:
        self._name = name
        self._columns = columns
        self._comment = options.comment
        self._skipped = options.skip_rows
        self._encoding = options.encoding
        self._end = max(column.end for column in columns)
        self._held = b""
        self._count = 0
        self._offset = 0

    def header(self) -> bytes:
        names = [column.name for column in self._columns if column.name is not None]
        return f"{_SEPARATOR.join(names)}\n".encode() if names else b""

    def rewritten(self, data: bytes) -> bytes:
        """The lines that end in the next chunk; empty data are the end of the file."""
        text = self._held + data
        end = self._end_of_lines(text) if data else len(text)
        self._held = text[end:]
        if len(self._held) > ROW_LIMIT:
            raise OversizedRowError(self._name, self._count + 1, ROW_LIMIT_TEXT)
        if not end:
            return b""
        lines = _LINE_BREAK.split(self._decoded(text[:end]))
        if not lines[-1]:
            lines.pop()
        result = self._delimited(pa.array(lines, pa.string()))
        self._count += len(lines)
        return result

    def _end_of_lines(self, text: bytes) -> int:
        """A carriage return at the very end may be half of a line break."""
        found = text.rfind(b"\n")
        return max(found, text.rfind(b"\r", found + 1, len(text) - 1)) + 1

    def _decoded(self, data: bytes) -> str:
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            offset = self._offset + error.start
            raise UndecodableInputError(self._name, offset, data[error.start], self._encoding) from None
        self._offset += len(data)
        return text

    def _delimited(self, lines: pa.StringArray) -> bytes:
        lines = self._without_comments(lines)
        self._check(lines)
        fields = [
            pc.utf8_trim(pc.utf8_slice_codeunits(lines, column.start, column.end), " ") for column in self._columns
        ]
        is_blank = pc.equal(pc.utf8_trim(lines, " "), "")
        rows = pc.if_else(is_blank, "", pc.binary_join_element_wise(*fields, _SEPARATOR))
        whole = pa.ListArray.from_arrays(pa.array([0, len(rows)], pa.int32()), rows)
        return str(pc.binary_join(whole, "\n")[0]).encode() + b"\n"

    def _without_comments(self, lines: pa.StringArray) -> pa.StringArray:
        skipped = max(self._skipped - self._count, 0)
        if skipped:
            blank = pa.array([""] * min(skipped, len(lines)), pa.string())
            lines = pa.concat_arrays([blank, lines.slice(skipped)])
        return pc.if_else(pc.starts_with(lines, self._comment), "", lines) if self._comment else lines

    def _check(self, lines: pa.StringArray) -> None:
        lengths = pc.utf8_length(pc.utf8_rtrim(lines, " "))
        is_long = pc.greater(lengths, self._end)
        if pc.any(is_long).as_py():
            row = pc.index(is_long, True).as_py()
            raise LongLineError(self._name, self._count + row + 1, lengths[row].as_py(), self._end)
        if pc.any(pc.match_substring(lines, _SEPARATOR)).as_py():
            raise CorruptInputError(self._name, "it holds the control character 0x1f")


FORMAT = TextFormat(
    (".fwf",),
    fixed_width_file,
    ("widths", "comment", "skip_rows", "encoding", *NULL_OPTIONS, *NOTATION_OPTIONS),
    implied_by="widths",
)
