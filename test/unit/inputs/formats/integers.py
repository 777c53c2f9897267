"""A typed format for tests: a signature, then little-endian 64-bit integers of one column."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa

from datalake_sdk.inputs.formats import TypedFormat
from datalake_sdk.inputs.source import InputFile
from datalake_sdk.inputs.typed_stream import Piece, Span

MAGIC = b"INTEGERS"
WIDTH = 8
ROWS_PER_PIECE = 10


class IntegersFile:
    schema = pa.schema([("n", pa.int64())])

    def __init__(self, file: InputFile) -> None:
        self._file = file
        self.name = file.name
        self.size = file.size

    def spans(self) -> Iterator[Span]:
        rows = (self.size - len(MAGIC)) // WIDTH
        for start in range(0, rows, ROWS_PER_PIECE):
            end = min(start + ROWS_PER_PIECE, rows)
            yield Span(start, end, (end - start) * WIDTH)

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[Piece]:
        for span in self.spans():
            if start <= span.start and (end is None or span.end <= end):
                yield Piece(partial(self._decoded, span), len(MAGIC) + span.end * WIDTH)

    def _decoded(self, span: Span) -> pa.RecordBatch:
        with self._file.open() as raw:
            raw.seek(len(MAGIC) + span.start * WIDTH)
            data = pa.py_buffer(raw.read(span.size))
        array = pa.Array.from_buffers(pa.int64(), span.end - span.start, [None, data])
        return pa.RecordBatch.from_arrays([array], schema=self.schema)


FORMAT = TypedFormat((".ints",), IntegersFile, magic=(MAGIC,))
