"""ORC files: decoded one stripe at a time, large stripes in slices."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
from pyarrow import dataset, orc

from datalake_sdk.errors import CorruptInputError, UnsupportedInputSchemaError
from datalake_sdk.inputs.formats import TypedFormat
from datalake_sdk.inputs.source import InputFile
from datalake_sdk.inputs.typed_stream import Piece, Span
from datalake_sdk.plain_types import plain_schema

STRIPE_LIMIT = 8 << 20
"""Maximum compressed bytes of an average stripe that is decoded as one task; larger ones are streamed in slices."""
_SLICE_ROWS = 64 << 10
_DAMAGED = (pa.ArrowException, OSError)
"""Errors that Arrow raises for unreadable files."""


class OrcFile:
    """An ORC file; opening it reads the footer.

    Args:
        file: The file's bytes.
        stripe_limit: Maximum bytes of an average stripe that is decoded as a whole.

    Raises:
        CorruptInputError: The footer cannot be read.
        UnsupportedInputSchemaError: Its rows are not structs.
    """

    def __init__(self, file: InputFile, stripe_limit: int = STRIPE_LIMIT) -> None:
        self._file = file
        self.name = file.name
        self.size = file.size
        opened = self._open()
        self._rows = opened.nrows
        self._stripes = opened.nstripes
        self._is_sliced = self.size > stripe_limit * self._stripes > 0
        try:
            self.schema = plain_schema(opened.schema)
        except pa.ArrowNotImplementedError as error:
            raise UnsupportedInputSchemaError(file.name, str(error)) from None
        except UnicodeDecodeError as error:
            raise CorruptInputError(file.name, f"invalid column name: {error}") from None

    def spans(self) -> Iterator[Span]:
        if self._is_sliced:
            yield Span(0, self._stripes, self.size)
            return
        for stripe in range(self._stripes):
            yield Span(stripe, stripe + 1, self.size // self._stripes)

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[Piece]:
        if self._is_sliced:
            yield from self._slices()
            return
        for stripe in range(start, self._stripes if end is None else end):
            yield Piece(partial(self._decoded_stripe, stripe), self.size * (stripe + 1) // self._stripes)

    def _slices(self) -> Iterator[Piece]:
        fragment, rows = dataset.OrcFileFormat().make_fragment(self._file.open_for_arrow()), 0
        try:
            for batch in fragment.to_batches(batch_size=_SLICE_ROWS, batch_readahead=1, use_threads=False):
                rows += batch.num_rows
                yield Piece(lambda batch=batch: batch, self.size * rows // self._rows)  # type: ignore[misc]
        except _DAMAGED as error:
            raise CorruptInputError(self.name, str(error)) from None

    def _decoded_stripe(self, stripe: int) -> pa.RecordBatch:
        try:
            return self._open().read_stripe(stripe)
        except _DAMAGED as error:
            raise CorruptInputError(self.name, str(error)) from None

    def _open(self) -> orc.ORCFile:
        try:
            return orc.ORCFile(self._file.open_for_arrow())
        except _DAMAGED as error:
            raise CorruptInputError(self.name, str(error)) from None


FORMAT = TypedFormat((".orc",), OrcFile, magic=(b"ORC",))
