"""Reads Avro files, several blocks at a time."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from datalake_sdk.errors import CorruptInputError, UnsupportedInputSchemaError
from datalake_sdk.inputs.avro.container import (
    MAGIC,
    SYNC_SIZE,
    AvroBlock,
    decompressed,
    read_blocks,
    read_header,
)
from datalake_sdk.inputs.avro.types import AvroType, UnsupportedSchemaError, avro_type
from datalake_sdk.inputs.formats import TypedFormat
from datalake_sdk.inputs.source import InputFile
from datalake_sdk.inputs.typed_stream import Piece, Span

_SPAN_SIZE = 16 << 20
_PIECE_SIZE = 1 << 20
_PIECE_ROWS = 64 << 10
_SCHEMA_KEYS = ("type", "name", "namespace", "fields", "symbols", "items", "values", "size")
_LOGICAL_KEYS = ("logicalType", "precision", "scale")
_UNDECODABLE = (ValueError, EOFError, LookupError, TypeError, OverflowError, MemoryError, RecursionError, struct.error)
"""Errors that fastavro raises for data that does not match the schema."""


class AvroFile:
    """An Avro file; opening it reads the header.

    Args:
        file: The file's bytes.

    Raises:
        CorruptInputError: The header cannot be read.
        UnsupportedInputSchemaError: A column has a type that cannot be stored.
    """

    def __init__(self, file: InputFile) -> None:
        self._file = file
        self.name = file.name
        self.size = file.size
        self._header = read_header(file)
        self._columns = _columns(file.name, self._header.schema)
        self.schema = pa.schema([(name, column.arrow) for name, column in self._columns.items()])

    def spans(self) -> Iterator[Span]:
        for start in range(0, self.size, _SPAN_SIZE):
            end = min(start + _SPAN_SIZE, self.size)
            yield Span(start, end, end - start)

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[Piece]:
        found = read_blocks(self._file, self._header, start, self.size if end is None else end)
        for blocks in _grouped(found):
            yield Piece(partial(self._decoded, blocks), blocks[-1].end)

    def _decoded(self, blocks: Sequence[AvroBlock]) -> pa.RecordBatch:
        rows = self._rows(blocks)
        try:
            arrays = [column.array([row[name] for row in rows]) for name, column in self._columns.items()]
        except (ValueError, TypeError, OverflowError) as error:
            raise CorruptInputError(self.name, str(error)) from None
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)

    def _rows(self, blocks: Sequence[AvroBlock]) -> list[dict[str, Any]]:
        import fastavro

        plain = [(block.rows, decompressed(self.name, self._header.codec, block.data)) for block in blocks]
        try:
            rows = list(fastavro.reader(_container(self._header.schema, plain), return_record_name=True))
        except _UNDECODABLE as error:
            raise CorruptInputError(self.name, f"its rows do not match its schema: {error}") from None
        return rows  # type: ignore[return-value]


def _grouped(blocks: Iterable[AvroBlock]) -> Iterator[Sequence[AvroBlock]]:
    """Groups consecutive blocks that are decoded together: streaming writers may write a block for each row."""
    group: list[AvroBlock] = []
    size = rows = 0
    for block in blocks:
        group.append(block)
        size, rows = size + len(block.data), rows + block.rows
        if size >= _PIECE_SIZE or rows >= _PIECE_ROWS:
            yield group
            group, size, rows = [], 0, 0
    if group:
        yield group


def _columns(name: str, schema: Any) -> dict[str, AvroType]:
    from fastavro.schema import SchemaParseException, UnknownType, parse_schema

    try:
        expanded = parse_schema(_reduced(schema, (*_SCHEMA_KEYS, *_LOGICAL_KEYS)), expand=True)
    except (SchemaParseException, UnknownType, AttributeError, *_UNDECODABLE) as error:
        raise CorruptInputError(name, f"its schema is not valid: {error}") from None
    if not isinstance(expanded, dict) or expanded.get("type") not in ("record", "error"):
        raise UnsupportedInputSchemaError(name, "its rows are not records")
    columns = {}
    for field in expanded["fields"]:
        try:
            columns[field["name"]] = avro_type(field["type"])
        except UnsupportedSchemaError as error:
            raise UnsupportedInputSchemaError(name, f"column '{field['name']}': {error}") from None
    return columns


def _reduced(schema: Any, keys: Sequence[str]) -> Any:
    """The schema reduced to these keys: defaults and documentation are irrelevant for decoding."""
    if isinstance(schema, list):
        return [_reduced(branch, keys) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: value if key in ("symbols", "name") else _reduced(value, keys)
        for key, value in schema.items()
        if key in keys
    }


def _container(schema: Any, blocks: Sequence[tuple[int, bytes]]) -> io.BytesIO:
    """An uncompressed in-memory file of blocks, without logical types: their values remain numbers."""
    text = json.dumps(_reduced(schema, _SCHEMA_KEYS)).encode()
    sync = bytes(SYNC_SIZE)
    out = io.BytesIO()
    out.write(MAGIC + _integer(1) + _bytes(b"avro.schema") + _bytes(text) + _integer(0) + sync)
    for rows, data in blocks:
        out.write(_integer(rows) + _bytes(data) + sync)
    out.seek(0)
    return out


def _bytes(data: bytes) -> bytes:
    return _integer(len(data)) + data


def _integer(value: int) -> bytes:
    """Zigzag encoding of a non-negative integer."""
    encoded, rest = bytearray(), value << 1
    while rest >= 0x80:
        encoded.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*encoded, rest])


FORMAT = TypedFormat((".avro",), AvroFile, magic=(MAGIC,))
