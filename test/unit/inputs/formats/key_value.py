"""A text format for tests: lines of `name=value` pairs separated by spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from datalake_sdk.errors import DatalakeError, OversizedRowError
from datalake_sdk.inputs.formats import TextFormat
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.source import InputFile, TextSource
from datalake_sdk.inputs.text.blocks import ROW_LIMIT_TEXT, Block, TextInput, blocks
from datalake_sdk.inputs.text.columns import Column, Shape, start_type
from datalake_sdk.inputs.text.conversion import NULL_OPTIONS, usual_nulls
from datalake_sdk.inputs.text.decoding import decoded
from datalake_sdk.inputs.text.inference import ALL_FAMILIES, evidence_of


class KeyValueFile:
    names: Sequence[str] = ()

    def __init__(self, file: InputFile, options: InputOptions, block_size: int) -> None:
        self.name = file.name
        self.size = file.size
        self._input = TextInput(file, options.encoding)
        self._options = options
        self._nulls = usual_nulls(options)
        self._block_size = block_size

    def open(self) -> TextSource:
        return self._input.open()

    def beginning(self, source: TextSource) -> Block | None:
        return next(self.blocks(source), None)

    def blocks(self, source: TextSource) -> Iterator[Block]:
        return blocks(source, self._block_size, lambda data: data.rfind(b"\n") + 1, self._too_long)

    def shapes(self, block: Block, columns: Mapping[str, Column]) -> dict[str, Shape]:
        return {
            name: evidence_of(strings, self._nulls, ALL_FAMILIES, start_type(name, self._options))
            for name, strings in self._strings(block).items()
        }

    def arrays(self, block: Block, columns: Sequence[Column]) -> dict[str, pa.Array]:
        strings = self._strings(block)
        return {
            column.name: decoded(strings[column.name], column, self._nulls, ALL_FAMILIES, self._input.location)
            for column in columns
            if column.name in strings
        }

    def _strings(self, block: Block) -> dict[str, pa.StringArray]:
        rows = [dict(pair.split("=") for pair in line.split()) for line in block.rows.decode().splitlines()]
        names = dict.fromkeys(name for row in rows for name in row)
        return {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}

    def _too_long(self, block: Block) -> DatalakeError:
        return OversizedRowError(self._input.name, self._input.line(block.offset), ROW_LIMIT_TEXT)


def is_key_value(start: bytes) -> bool:
    return re.match(rb"\w+=", start) is not None


FORMAT = TextFormat((".kv",), KeyValueFile, ("encoding", *NULL_OPTIONS), recognizes=is_key_value)
