"""Reads CSV files: Arrow parses blocks of rows into string columns, which are then converted column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice

import pyarrow as pa
from pyarrow.csv import ConvertOptions, InvalidRow, ParseOptions, ReadOptions, read_csv

from datalake_sdk.errors import (
    CorruptInputError,
    DatalakeError,
    InvalidInputOptionError,
    OversizedRowError,
    RaggedRowError,
    UnclosedQuoteError,
)
from datalake_sdk.inputs.csv.dialect import Dialect, csv_dialect
from datalake_sdk.inputs.csv.header import read_header
from datalake_sdk.inputs.csv.joiner import CsvJoiner
from datalake_sdk.inputs.csv.rows import blanked, quote_pairs, row_starts, whole_rows
from datalake_sdk.inputs.formats import TextFormat
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.plain_arrays import single_array
from datalake_sdk.inputs.source import InputFile, TextSource
from datalake_sdk.inputs.text.blocks import ROW_LIMIT_TEXT, Block, TextInput, blocks
from datalake_sdk.inputs.text.columns import Column, Shape, start_type
from datalake_sdk.inputs.text.conversion import NULL_OPTIONS, QUOTED_EMPTY, usual_nulls, without
from datalake_sdk.inputs.text.decoding import decoded_columns
from datalake_sdk.inputs.text.inference import ALL_FAMILIES, evidence_of
from datalake_sdk.inputs.text.notation import NOTATION_OPTIONS, notation


def csv_file(file: InputFile, options: InputOptions, block_size: int) -> CsvFile:
    """Opens a CSV file; see `CsvFile`."""
    return CsvFile(TextInput(file, options.encoding), options, block_size)


def csv_joiner(first: CsvFile, text: bytes) -> CsvJoiner | None:
    """Returns a joiner of files that begin like a file with this text; None if its header is not a whole line."""
    with first.open() as source:
        rows = source.read(len(text))
    start = text[: len(text) - len(rows)]
    is_joinable = start.endswith((b"\n", b"\r")) and not first.dialect.escape
    return CsvJoiner(first.name, start, first.dialect) if is_joinable else None


class CsvFile:
    """A CSV file, or a file that is rewritten as CSV; opening it reads the header.

    Args:
        text: The text.
        options: Dialect, encoding, notation and null markers.
        block_size: Bytes of text per block.

    Raises:
        UsageError: An option has an invalid value.
        DatalakeError: The file has no valid header.
    """

    def __init__(self, text: TextInput, options: InputOptions, block_size: int) -> None:
        self.name = text.name
        self.size = text.file.size
        self._input = text
        self._options = options
        self._block_size = block_size
        self.dialect = csv_dialect(text.name, options)
        self._everywhere_null = pa.array(options.null_values, pa.string())
        self._nulls = usual_nulls(options)
        self._notation = notation(options)
        self._header = read_header(text.name, self._first_block(), self.dialect)

    @property
    def names(self) -> tuple[str, ...]:
        return self._header.names

    def open(self) -> TextSource:
        return self._input.open(self._header.end)

    def beginning(self, source: TextSource) -> Block | None:
        return next((block for block in self.blocks(source) if block.rows.strip(b"\r\n")), None)

    def blocks(self, source: TextSource) -> Iterator[Block]:
        cut = blocks(source, self._block_size, lambda data: whole_rows(data, self.dialect), self._too_long)
        return map(self._without_comments, cut) if self.dialect.comment else cut

    def shapes(self, block: Block, columns: Mapping[str, Column]) -> dict[str, Shape]:
        return {
            name: evidence_of(strings, self._nulls, ALL_FAMILIES, start_type(name, self._options), self._notation)
            for name, strings in self._strings(block).items()
            if name not in columns or not columns[name].is_resolved
        }

    def arrays(self, block: Block, columns: Sequence[Column]) -> dict[str, pa.Array]:
        strings, locate = self._strings(block), self._locator(block)
        return decoded_columns(strings, columns, self._nulls, ALL_FAMILIES, locate, self._notation)

    def _first_block(self) -> Block | None:
        if self._options.skip_rows < 0:
            raise InvalidInputOptionError("skip_rows", self._options.skip_rows, "a non-negative number of lines")
        with self._input.open(self._input.line_start(self._options.skip_rows + 1)) as source:
            first = self.beginning(source)
        if first is not None:
            self._check_quotes(first)
            if error := self._input.undecodable(first):
                raise error
        return first

    def _strings(self, block: Block) -> dict[str, pa.StringArray]:
        self._check_quotes(block)
        try:
            table = _parsed(block, self.names, self.dialect)
        except pa.ArrowInvalid as error:
            raise self._parse_error(block, error) from None
        strings = dict(zip(self.names, map(single_array, table.columns), strict=True))
        if len(self._everywhere_null):
            return {name: without(values, self._everywhere_null) for name, values in strings.items()}
        return strings

    def _parse_error(self, block: Block, error: pa.ArrowInvalid) -> DatalakeError:
        # Arrow prints a traceback for a ragged row that is not UTF-8, before it calls the handler of invalid rows.
        if undecodable := self._input.undecodable(block):
            return undecodable
        if (row := _ragged_row(block, self.names, self.dialect)) is None:
            return CorruptInputError(self._input.name, str(error))
        line = self._line_of_row(block, row.number - 1)
        return RaggedRowError(self._input.name, line, row.expected_columns, row.actual_columns)

    def _without_comments(self, block: Block) -> Block:
        return replace(block, data=blanked(block.rows, self.dialect))

    def _check_quotes(self, block: Block) -> None:
        if block.is_last:
            quotes = quote_pairs(block.rows, self.dialect)
            if len(quotes) % 2:
                line = self._input.line(block.offset + int(quotes[-1]))
                raise UnclosedQuoteError(self._input.name, line, "before the end of the file")

    def _too_long(self, block: Block) -> DatalakeError:
        quotes = quote_pairs(block.rows, self.dialect)
        if len(quotes) % 2:
            line = self._input.line(block.offset + int(quotes[-1]))
            return UnclosedQuoteError(self._input.name, line, ROW_LIMIT_TEXT)
        return OversizedRowError(self._input.name, self._input.line(block.offset), ROW_LIMIT_TEXT)

    def _locator(self, block: Block) -> Callable[[int], str]:
        return lambda row: f"input '{self._input.name}', line {self._line_of_row(block, row)}"

    def _line_of_row(self, block: Block, row: int) -> int:
        start = next(islice(row_starts(block.rows, self.dialect), row, None), 0)
        return self._input.line(block.offset + start)


def _ragged_row(block: Block, names: Sequence[str], dialect: Dialect) -> InvalidRow | None:
    """The first row whose number of fields differs from the number of columns."""
    ragged: list[InvalidRow] = []

    def reject(row: InvalidRow) -> str:
        ragged.append(row)
        return "error"

    with suppress(pa.ArrowInvalid):
        _parsed(block, names, dialect, reject)
    return ragged[0] if ragged else None


def _parsed(
    block: Block, names: Sequence[str], dialect: Dialect, reject: Callable[[InvalidRow], str] | None = None
) -> pa.Table:
    """Parses a block to strings: an empty field is null, a quoted empty field is an empty string."""
    is_quoted = dialect.quote and dialect.quote.encode() in block.data
    return read_csv(
        pa.BufferReader(_terminated(block)),
        ReadOptions(use_threads=False, block_size=block.size + 2, column_names=list(names)),
        ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote if is_quoted else False,
            escape_char=dialect.escape or False,
            invalid_row_handler=reject,
        ),
        ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[QUOTED_EMPTY],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            check_utf8=not block.data.isascii(),
        ),
    )


def _terminated(block: Block) -> pa.Buffer:
    """The rows with a final line break: without it, Arrow reads an empty last field as a quoted one."""
    if not block.is_last or block.rows.endswith((b"\n", b"\r")):
        return block.buffer
    return pa.py_buffer(block.rows + b"\n")


FORMAT = TextFormat(
    (".csv", ".tsv", ".txt"),
    csv_file,
    ("csv_delimiter", "quote", "escape", "comment", "skip_rows", "encoding", *NULL_OPTIONS, *NOTATION_OPTIONS),
    joiner=csv_joiner,
)
