"""ORC files: decoded one stripe at a time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
from pyarrow import orc

from datalake_sdk.errors import CorruptInputError
from datalake_sdk.inputs.plain_types import plain_schema
from datalake_sdk.inputs.source import InputFile
from datalake_sdk.inputs.typed_stream import Piece, Span

_DAMAGED = (pa.ArrowException, OSError)
"""What Arrow raises for a file that it cannot read."""


class OrcFile:
    """One ORC file whose footer was read.

    Args:
        file: Where its bytes are.

    Raises:
        CorruptInputError: The file has no readable footer.
    """

    def __init__(self, file: InputFile) -> None:
        self._file = file
        self.name = file.name
        self.size = file.size
        opened = self._open()
        self._stripes = opened.nstripes
        self.schema = plain_schema(opened.schema)

    def spans(self) -> Iterator[Span]:
        for stripe in range(self._stripes):
            yield Span(stripe, stripe + 1, self.size // self._stripes)

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[Piece]:
        for stripe in range(start, self._stripes if end is None else end):
            yield Piece(partial(self._decoded_stripe, stripe), self.size * (stripe + 1) // self._stripes)

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
