"""Parquet files: decoded one row group at a time, large row groups in slices."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from datalake_sdk.errors import CorruptInputError, DatalakeError, UnsupportedInputError
from datalake_sdk.inputs.formats import TypedFormat
from datalake_sdk.inputs.plain_arrays import single_batch
from datalake_sdk.inputs.source import SMALL_SIZE, InputFile
from datalake_sdk.inputs.typed_stream import Piece, Span
from datalake_sdk.plain_types import plain_schema

GROUP_LIMIT = 32 << 20
"""Maximum uncompressed bytes of a row group that is decoded as one task; larger ones are decoded in slices."""
_SLICE_ROWS = 64 << 10
_READ_SIZE = 1 << 20
_INT96_UNIT = "us"
"""INT96 timestamps are read as microseconds: nanoseconds, the default, overflow outside 1677 to 2262.

https://arrow.apache.org/docs/python/generated/pyarrow.parquet.ParquetFile.html
"""
_FAILURES = (ValueError, OSError, pa.ArrowException)


class ParquetFile:
    """A Parquet file; opening it reads the footer.

    Args:
        file: The file's bytes.
        group_limit: Maximum bytes of a row group that is decoded as a whole.

    Raises:
        CorruptInputError: The footer cannot be read.
    """

    def __init__(self, file: InputFile, group_limit: int = GROUP_LIMIT) -> None:
        self._file = file
        self._group_limit = group_limit
        self.name = file.name
        self.size = file.size
        try:
            with pq.ParquetFile(self._source(), coerce_int96_timestamp_unit=_INT96_UNIT) as opened:
                metadata, schema = opened.metadata, opened.schema_arrow
        except _FAILURES as error:
            raise self._failure(error) from None
        self.schema = plain_schema(schema)
        self._group_sizes: list[int] = [
            metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)
        ]
        # The footers of many small files need more memory than time to read them again.
        self._metadata = metadata if self.size > SMALL_SIZE else None

    def spans(self) -> Iterator[Span]:
        for group, size in enumerate(self._group_sizes):
            yield Span(group, group + 1, size)

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[Piece]:
        count = len(self._group_sizes)
        for group in range(start, count if end is None else end):
            reached = self.size * (group + 1) // count
            if self._group_sizes[group] <= self._group_limit:
                yield Piece(partial(self._decoded_group, group), reached)
                continue
            for batch in self._slices(group):
                yield Piece(lambda batch=batch: batch, reached)  # type: ignore[misc]

    def _decoded_group(self, group: int) -> pa.RecordBatch:
        try:
            with self._open() as file:
                table = file.read_row_group(group, use_threads=False)
        except _FAILURES as error:
            raise self._failure(error) from None
        return single_batch(table)

    def _slices(self, group: int) -> Iterator[pa.RecordBatch]:
        try:
            with self._open() as file:
                rows = self._slice_rows(group, file.metadata.row_group(group).num_rows)
                yield from file.iter_batches(rows, row_groups=[group], use_threads=False)
        except _FAILURES as error:
            raise self._failure(error) from None

    def _open(self) -> pq.ParquetFile:
        # Without these two options, Arrow holds the whole compressed row group in memory. https://github.com/apache/arrow/issues/39808
        return pq.ParquetFile(
            self._source(),
            metadata=self._metadata,
            pre_buffer=False,
            buffer_size=_READ_SIZE,
            coerce_int96_timestamp_unit=_INT96_UNIT,
        )

    def _source(self) -> pa.NativeFile:
        """A small file is read at once."""
        if self.size > SMALL_SIZE:
            return self._file.open_for_arrow()
        with self._file.open() as raw:
            return pa.BufferReader(raw.read())

    def _slice_rows(self, group: int, rows: int) -> int:
        """Rows per slice: fewer if values are large, to stay within the limit."""
        return max(1, min(_SLICE_ROWS, self._group_limit * rows // self._group_sizes[group]))

    def _failure(self, error: Exception) -> DatalakeError:
        # Only the message of Arrow's error distinguishes encrypted files from damaged ones.
        if isinstance(error, pa.ArrowNotImplementedError) or "crypt" in str(error):
            return UnsupportedInputError(self.name, str(error))
        return CorruptInputError(self.name, str(error))


FORMAT = TypedFormat((".parquet",), ParquetFile, magic=(b"PAR1",))
