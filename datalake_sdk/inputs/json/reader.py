"""Reads JSON files: JSON Lines, sequences of objects and arrays; nested objects and lists keep their structure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from datalake_sdk.batches import TypesChangedError
from datalake_sdk.errors import (
    DatalakeError,
    EmptyInputError,
    InvalidJsonLineError,
    OversizedRowError,
)
from datalake_sdk.inputs.formats import TextFormat
from datalake_sdk.inputs.json.arrow_reader import fitted, leaf_evidence, read_with_arrow, shape_of_array
from datalake_sdk.inputs.json.documents import (
    array_as_lines,
    has_one_object_per_line,
    is_array,
    is_json,
    sequence_as_lines,
)
from datalake_sdk.inputs.json.exact_reader import (
    LineError,
    Nulls,
    Objects,
    are_of_type,
    array_of_values,
    read_objects,
    shape_of_values,
    strings_of,
)
from datalake_sdk.inputs.json.joiner import JsonJoiner
from datalake_sdk.inputs.options import InputOptions
from datalake_sdk.inputs.source import InputFile, TextSource
from datalake_sdk.inputs.text.blocks import ROW_LIMIT_TEXT, Block, TextInput, blocks
from datalake_sdk.inputs.text.columns import Column, Shape, column, joined_fields, start_type
from datalake_sdk.inputs.text.conversion import NULL_OPTIONS, usual_nulls
from datalake_sdk.inputs.text.decoding import decoded
from datalake_sdk.inputs.text.inference import TEMPORAL, Evidence

_SAMPLE_SIZE = 1 << 20
"""Bytes from which the first types are inferred."""
_EXACT_SAMPLE_SIZE = 64 << 10
"""Approximate bytes of the sample that are read with the exact reader, which is slower."""


def json_file(file: InputFile, options: InputOptions, block_size: int) -> JsonFile:
    """Opens a JSON file; arrays and sequences of objects are rewritten as JSON Lines while they are read.

    Args:
        file: The file's bytes.
        options: Encoding and null markers.
        block_size: Bytes of text per block.

    Raises:
        DatalakeError: The file is empty or is not JSON.
    """
    text = TextInput(file, options.encoding)
    start = _start(text)
    if is_array(start):
        text = replace(text, rewrite=array_as_lines, unit="object")
    elif not has_one_object_per_line(start):
        text = replace(text, rewrite=sequence_as_lines, unit="object")
    return JsonFile(text, options, block_size, names=() if is_array(start) else None)


class JsonFile:
    """A JSON Lines file, or a file that is rewritten as JSON Lines.

    Args:
        text: Lines with one object each.
        options: Null markers.
        block_size: Bytes of text per block.
        names: Columns that are known without reading rows; None if the file must not be empty.

    Raises:
        DatalakeError: The file is empty or is not JSON.
    """

    def __init__(
        self, text: TextInput, options: InputOptions, block_size: int, names: tuple[str, ...] | None = None
    ) -> None:
        self.name = text.name
        self.names = names or ()
        self.size = text.file.size
        self._input = text
        self._options = options
        self._block_size = block_size
        self._nulls = Nulls(usual_nulls(options), frozenset(options.null_values))
        if names is None:
            self._check_not_empty()

    def open(self) -> TextSource:
        return self._input.open()

    def beginning(self, source: TextSource) -> Block | None:
        size = min(self._block_size, _SAMPLE_SIZE)
        return next((block for block in self._blocks(source, size) if block.rows.strip()), None)

    def blocks(self, source: TextSource) -> Iterator[Block]:
        return self._blocks(source, self._block_size)

    def shapes(self, block: Block, columns: Mapping[str, Column]) -> dict[str, Shape]:
        if not columns:
            return self._first_shapes(block)
        regular = self._regular(block, list(columns.values()))
        return self._exact_shapes(block, columns) if regular is None else self._regular_shapes(regular, columns)

    def arrays(self, block: Block, columns: Sequence[Column]) -> dict[str, pa.Array]:
        regular = self._regular(block, columns)
        if regular is not None:
            return {column.name: self._regular_array(block, regular[column.name], column) for column in columns}
        objects = self._objects(block)
        if objects.names.keys() - {column.name for column in columns}:
            raise TypesChangedError
        return {column.name: self._exact_array(block, objects, column) for column in columns}

    def _check_not_empty(self) -> None:
        with self._input.open() as source:
            if self.beginning(source) is None:
                raise EmptyInputError(self._input.name)

    def _blocks(self, source: TextSource, size: int) -> Iterator[Block]:
        return blocks(source, size, lambda data: data.rfind(b"\n") + 1, self._too_long)

    def _first_shapes(self, block: Block) -> dict[str, Shape]:
        """Infers types from the first lines with the exact reader, and from the rest with Arrow if possible."""
        end = block.data.find(b"\n", _EXACT_SAMPLE_SIZE, block.size) + 1
        shapes = self._exact_shapes(replace(block, size=end or block.size), {})
        if not end or not shapes:
            return self._exact_shapes(block, {}) if end else shapes
        columns = {name: column(name, shape, self._options, is_final=False) for name, shape in shapes.items()}
        regular = self._regular(block, list(columns.values()))
        if regular is None:
            return self._exact_shapes(block, {})
        return joined_fields(shapes, self._regular_shapes(regular, columns))

    def _exact_shapes(self, block: Block, columns: Mapping[str, Column]) -> dict[str, Shape]:
        objects = self._objects(block)
        return {
            name: shape_of_values(objects.column(name), self._nulls, start_type(name, self._options))
            for name in objects.names
            if name not in columns or not columns[name].is_resolved
        }

    def _regular_shapes(self, regular: Mapping[str, pa.Array], columns: Mapping[str, Column]) -> dict[str, Shape]:
        return {
            column.name: shape_of_array(regular[column.name], column.start, self._evidence)
            for column in columns.values()
            if not column.is_resolved
        }

    def _regular(self, block: Block, columns: Sequence[Column]) -> dict[str, pa.Array] | None:
        self._check_text(block)
        return None if self._nulls.everywhere else read_with_arrow(block, columns)

    def _regular_array(self, block: Block, array: pa.Array, column: Column) -> pa.Array:
        if column.is_open and not column.admits(shape_of_array(array, column.start, self._text_evidence)):
            raise TypesChangedError
        if pa.types.is_string(array.type) or (column.is_declared and array.type != column.type):
            return decoded(array.cast(pa.string()), column, self._nulls.usual, TEMPORAL, self._locator(block))
        if (values := fitted(array, column.type, self._nulls.usual)) is None:
            raise TypesChangedError
        return values

    def _exact_array(self, block: Block, objects: Objects, column: Column) -> pa.Array:
        values = objects.column(column.name)
        if column.is_declared:
            return decoded(strings_of(values), column, self._nulls.usual, (), self._locator(block, objects.lines))
        is_of_type = column.is_resolved or are_of_type(values, column.type)
        if not is_of_type and not column.admits(shape_of_values(values, self._nulls, column.start)):
            raise TypesChangedError
        if (array := array_of_values(values, column.type, self._nulls)) is None:
            raise TypesChangedError
        return array

    def _check_text(self, block: Block) -> None:
        if not block.data.isascii() and (error := self._input.undecodable(block)):
            raise error

    def _objects(self, block: Block) -> Objects:
        self._check_text(block)
        try:
            return read_objects(block.rows.decode(), self._nulls)
        except LineError as error:
            location = self._input.location(self._input.line(block.offset) + error.index)
            raise InvalidJsonLineError(location, str(error)) from None

    def _evidence(self, array: pa.Array, start: pa.DataType | None) -> Evidence:
        return leaf_evidence(array, self._nulls.usual, start)

    def _text_evidence(self, array: pa.Array, start: pa.DataType | None) -> Evidence:
        return self._evidence(array, start) if pa.types.is_string(array.type) else Evidence()

    def _too_long(self, block: Block) -> DatalakeError:
        line = self._input.line(block.offset)
        return OversizedRowError(self._input.name, line, ROW_LIMIT_TEXT, self._input.unit)

    def _locator(self, block: Block, lines: Sequence[int] | None = None) -> Callable[[int], str]:
        def location(row: int) -> str:
            return self._input.location(self._input.line(block.offset) + (row if lines is None else lines[row]))

        return location


def _start(text: TextInput) -> bytes:
    with text.open() as source:
        return source.read(_EXACT_SAMPLE_SIZE)


FORMAT = TextFormat(
    (".json", ".jsonl", ".ndjson"),
    json_file,
    ("encoding", *NULL_OPTIONS),
    recognizes=is_json,
    joiner=lambda first, text: JsonJoiner(),
)
