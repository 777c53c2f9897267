"""Reads fixed-width text by rewriting it as delimited text."""

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
from datalake_sdk.inputs.source import InputFile, ReadChunk
from datalake_sdk.inputs.text.blocks import ROW_LIMIT, ROW_LIMIT_TEXT, TextInput
from datalake_sdk.inputs.text.conversion import NULL_OPTIONS
from datalake_sdk.inputs.text.notation import NOTATION_OPTIONS

_SEPARATOR = "\x1f"
_CHUNK_SIZE = 1 << 20
_LINE_BREAK = re.compile(r"(\r\n|\r|\n)")
_COLUMN = re.compile(r"(?:(?P<name>[^:]*):)?\s*(?:(?P<start>[1-9]\d*)-(?P<end>[1-9]\d*)|(?P<width>[1-9]\d*))\s*")
_RULE = "a comma-separated list of columns: widths (10) or positions (1-10), either all or none with a name (id:1-10)"


@dataclass(frozen=True)
class FixedColumn:
    """Position of a column in each line.

    Args:
        name: Name of the column; None if the first line is the header.
        start: Index of its first character.
        end: Index after its last character.
    """

    name: str | None
    start: int
    end: int


def fixed_width_file(file: InputFile, options: InputOptions, block_size: int) -> CsvFile:
    """Opens a fixed-width file.

    Args:
        file: The file's bytes.
        options: Column widths, encoding, comments, lines to skip, and notation of values.
        block_size: Bytes of text per block.

    Raises:
        UsageError: An option has an invalid value.
        DatalakeError: The file has no valid header.
    """
    columns = fixed_columns(options.widths)
    original = TextInput(file, options.encoding)
    rewrite = partial(_as_delimited, columns, options, original)
    text = replace(original, rewrite=rewrite, prefix_size=len(_header(columns)))
    delimited = replace(options, csv_delimiter=_SEPARATOR, quote="", comment=None, skip_rows=min(options.skip_rows, 0))
    return CsvFile(text, delimited, block_size)


def fixed_columns(widths: Sequence[str | int]) -> list[FixedColumn]:
    """Parses columns such as `10`, `1-10`, `id:10` or `id:1-10`, one or several per string, separated by commas.

    Raises:
        InvalidInputOptionError: The list is empty or malformed.
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


def _header(columns: Sequence[FixedColumn]) -> bytes:
    names = [column.name for column in columns if column.name is not None]
    return f"{_SEPARATOR.join(names)}\n".encode() if names else b""


def _as_delimited(
    columns: Sequence[FixedColumn], options: InputOptions, original: TextInput, name: str, read_chunk: ReadChunk
) -> ReadChunk:
    """Rewrites each line as a delimited line with the same line break; comments and skipped lines become blank."""
    lines = _Lines(original, columns, options)
    pending = [_header(columns)]

    def read_lines(size: int) -> bytes:
        while not pending:
            data = read_chunk(max(size, _CHUNK_SIZE))
            if rewritten := lines.rewritten(data):
                pending.append(rewritten)
            if not data:
                break
        return pending.pop() if pending else b""

    return read_lines


class _Lines:
    """Rewrites lines that arrive in chunks.

    Args:
        original: The text before rewriting, used to locate errors.
        columns: Position of each field.
        options: Comments, lines to skip and encoding.
    """

    def __init__(self, original: TextInput, columns: Sequence[FixedColumn], options: InputOptions) -> None:
        self._original = original
        self._columns = columns
        self._comment = options.comment
        self._encoding = options.encoding
        self._end = max(column.end for column in columns)
        self._to_skip = options.skip_rows
        self._held = b""
        self._offset = 0

    def rewritten(self, data: bytes) -> bytes:
        """Rewrites the lines that end in the next chunk; an empty chunk marks the end of the file."""
        text = self._held + data
        end = self._end_of_lines(text) if data else len(text)
        self._held = text[end:]
        if len(self._held) > ROW_LIMIT:
            line = self._original.line(self._offset + end)
            raise OversizedRowError(self._original.name, line, ROW_LIMIT_TEXT)
        if not end:
            return b""
        result = self._delimited(self._decoded(text[:end]))
        self._offset += end
        return result

    def _end_of_lines(self, text: bytes) -> int:
        """Length of the complete lines; a carriage return at the very end may be half of a line break."""
        found = text.rfind(b"\n")
        return max(found, text.rfind(b"\r", found + 1, len(text) - 1)) + 1

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            offset = self._offset + error.start
            raise UndecodableInputError(self._original.name, offset, data[error.start], self._encoding) from None

    def _delimited(self, text: str) -> bytes:
        parts = _LINE_BREAK.split(text)
        lines, breaks = pa.array(parts[::2], pa.string()), pa.array([*parts[1::2], ""], pa.string())
        rows = pc.binary_join_element_wise(self._rows(lines, text), breaks, "")
        whole = pa.ListArray.from_arrays(pa.array([0, len(rows)], pa.int32()), rows)
        return str(pc.binary_join(whole, "")[0]).encode()

    def _rows(self, lines: pa.StringArray, text: str) -> pa.StringArray:
        lines = self._without_comments(lines)
        self._check(lines, text)
        fields = [
            pc.utf8_trim(pc.utf8_slice_codeunits(lines, column.start, column.end), " ") for column in self._columns
        ]
        is_blank = pc.equal(pc.utf8_trim(lines, " "), "")
        return pc.if_else(is_blank, "", pc.binary_join_element_wise(*fields, _SEPARATOR))

    def _without_comments(self, lines: pa.StringArray) -> pa.StringArray:
        # The last string of a chunk is the text after its last line break.
        skipped = min(self._to_skip, len(lines) - 1)
        if skipped:
            self._to_skip -= skipped
            lines = pa.concat_arrays([pa.array([""] * skipped, pa.string()), lines.slice(skipped)])
        return pc.if_else(pc.starts_with(lines, self._comment), "", lines) if self._comment else lines

    def _check(self, lines: pa.StringArray, text: str) -> None:
        lengths = pc.utf8_length(pc.utf8_rtrim(lines, " "))
        is_long = pc.greater(lengths, self._end)
        if pc.any(is_long).as_py():
            row = pc.index(is_long, True).as_py()
            raise LongLineError(self._original.name, self._line(text, row), lengths[row].as_py(), self._end)
        if pc.any(pc.match_substring(lines, _SEPARATOR)).as_py():
            raise CorruptInputError(self._original.name, "it contains the control character 0x1f")

    def _line(self, text: str, row: int) -> int:
        """Number of a row of a chunk in the file."""
        before = "".join(_LINE_BREAK.split(text)[: 2 * row])
        return self._original.line(self._offset + len(before.encode()))


FORMAT = TextFormat(
    (".fwf",),
    fixed_width_file,
    ("widths", "comment", "skip_rows", "encoding", *NULL_OPTIONS, *NOTATION_OPTIONS),
    implied_by="widths",
)
