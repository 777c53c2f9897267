"""CSV files: blocks of rows that Arrow parses into text columns, to be converted column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

import pyarrow as pa
from pyarrow.csv import ConvertOptions, InvalidRow, ParseOptions, ReadOptions, read_csv

from datalake_sdk.errors import (
    CorruptInputError,
    DatalakeError,
    InvalidDelimiterError,
    OversizedRowError,
    RaggedRowError,
    UnclosedQuoteError,
)
from datalake_sdk.inputs.blocks import ROW_LIMIT_TEXT, Block, TextInput, blocks
from datalake_sdk.inputs.columns import Column, Shape, start_type
from datalake_sdk.inputs.conversion import QUOTED_EMPTY, USUAL_NULLS, without
from datalake_sdk.inputs.csv_header import read_header
from datalake_sdk.inputs.csv_rows import QUOTE, quote_pairs, row_starts, whole_rows
from datalake_sdk.inputs.decoding import decoded
from datalake_sdk.inputs.formats import csv_delimiter
from datalake_sdk.inputs.inference import ALL_FAMILIES, evidence_of
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.source import InputFile, TextSource


class CsvFile:
    """One CSV file whose header was read.

    Args:
        file: Where its bytes are.
        options: Delimiter, encoding and spellings of null.
        block_size: Bytes of text in a block.

    Raises:
        DatalakeError: The file has no usable header.
    """

    def __init__(self, file: InputFile, options: InputOptions, block_size: int) -> None:
        self._input = TextInput(file, options.encoding)
        self._options = options
        self._block_size = block_size
        self._delimiter = _checked(csv_delimiter(file, options))
        self._everywhere_null = pa.array(options.null_values or (), pa.string())
        self._nulls = USUAL_NULLS if options.null_values is None else pa.array([QUOTED_EMPTY])
        self._header = read_header(file.name, self._first_block(), self._delimiter)

    @property
    def names(self) -> tuple[str, ...]:
        return self._header.names

    def open(self) -> TextSource:
        return self._input.open(self._header.end)

    def beginning(self, source: TextSource) -> Block | None:
        return next((block for block in self.blocks(source) if block.rows.strip()), None)

    def blocks(self, source: TextSource) -> Iterator[Block]:
        return blocks(source, self._block_size, lambda data: whole_rows(data, self._delimiter), self._too_long)

    def shapes(self, block: Block, columns: Mapping[str, Column]) -> dict[str, Shape]:
        return {
            name: evidence_of(texts, self._nulls, ALL_FAMILIES, start_type(name, self._options))
            for name, texts in self._texts(block).items()
            if name not in columns or not columns[name].is_settled
        }

    def arrays(self, block: Block, columns: Sequence[Column]) -> dict[str, pa.Array]:
        texts = self._texts(block)
        return {
            column.name: decoded(texts[column.name], column, self._nulls, ALL_FAMILIES, self._places(block))
            for column in columns
            if column.name in texts
        }

    def _first_block(self) -> Block | None:
        with self._input.open() as source:
            first = self.beginning(source)
        if first is not None:
            self._check_quotes(first)
            if error := self._input.undecodable(first):
                raise error
        return first

    def _texts(self, block: Block) -> dict[str, pa.StringArray]:
        self._check_quotes(block)
        ragged: list[InvalidRow] = []
        try:
            table = _parsed(block, self.names, self._delimiter, ragged)
        except pa.ArrowInvalid as error:
            raise self._parse_error(block, ragged, error) from None
        texts = {name: _whole(table.column(name)) for name in self.names}
        if len(self._everywhere_null):
            return {name: without(values, self._everywhere_null) for name, values in texts.items()}
        return texts

    def _parse_error(self, block: Block, ragged: Sequence[InvalidRow], error: pa.ArrowInvalid) -> DatalakeError:
        if ragged:
            line = self._line_of_row(block, ragged[0].number - 1)
            return RaggedRowError(self._input.name, line, ragged[0].expected_columns, ragged[0].actual_columns)
        return self._input.undecodable(block) or CorruptInputError(self._input.name, str(error))

    def _check_quotes(self, block: Block) -> None:
        if block.is_last and QUOTE in block.data:
            quotes = quote_pairs(block.rows, self._delimiter)
            if len(quotes) % 2:
                line = self._input.line(block.offset + int(quotes[-1]))
                raise UnclosedQuoteError(self._input.name, line, "before the end of the file")

    def _too_long(self, block: Block) -> DatalakeError:
        quotes = quote_pairs(block.rows, self._delimiter)
        if len(quotes) % 2:
            line = self._input.line(block.offset + int(quotes[-1]))
            return UnclosedQuoteError(self._input.name, line, ROW_LIMIT_TEXT)
        return OversizedRowError(self._input.name, self._input.line(block.offset), ROW_LIMIT_TEXT)

    def _places(self, block: Block) -> Callable[[int], str]:
        return lambda row: f"input '{self._input.name}', line {self._line_of_row(block, row)}"

    def _line_of_row(self, block: Block, row: int) -> int:
        start = next(islice(row_starts(block.rows, self._delimiter), row, None), 0)
        return self._input.line(block.offset + start)


def _checked(delimiter: str) -> str:
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
        raise InvalidDelimiterError(delimiter)
    return delimiter


def _parsed(block: Block, names: Sequence[str], delimiter: str, ragged: list[InvalidRow]) -> pa.Table:
    """Parses a block to texts: an empty field is null, a quoted empty one is an empty text."""

    def refuse(row: InvalidRow) -> str:
        ragged.append(row)
        return "error"

    quote = QUOTE if QUOTE in block.data else False
    return read_csv(
        pa.BufferReader(block.buffer),
        ReadOptions(use_threads=False, block_size=block.size + 1, column_names=list(names)),
        ParseOptions(delimiter=delimiter, quote_char=quote, invalid_row_handler=refuse),
        ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[QUOTED_EMPTY],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            check_utf8=not block.data.isascii(),
        ),
    )


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
