"""Streams dataframes: pandas, and objects that contain or export Arrow data."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import pyarrow as pa

from datalake_sdk.batches import BatchStream, BatchTask
from datalake_sdk.errors import InvalidValuesError, RepeatedColumnError, UnsupportedDataframeError
from datalake_sdk.inputs.dataframes.pandas_columns import series_array, series_type
from datalake_sdk.inputs.dataframes.unsupported_types import check_types
from datalake_sdk.inputs.plain_arrays import plain_array
from datalake_sdk.plain_types import plain_schema

_BATCH_ROWS, _BATCH_BYTES = 128 << 10, 8 << 20
"""Maximum size of a task."""
_COPIED_BYTES = 32 << 20
"""Larger batches of a one-pass source are copied in parts, so that queued tasks do not hold several batches."""


def stream_from_dataframe(value: object) -> BatchStream:
    """Streams a dataframe, without importing any dataframe library other than its own.

    Args:
        value: A pandas DataFrame (its index is dropped), a pyarrow Table, RecordBatch, RecordBatchReader or Dataset, a
            polars DataFrame or LazyFrame, a DuckDB relation, or anything with `__arrow_c_stream__`.

    Returns:
        Batches in plain types. Readers and other one-pass sources are not buffered and can be read only once.

    Raises:
        UnsupportedDataframeError: The value is not a supported dataframe.
        MixedColumnError: A pandas column has values without a common type.
        UnreadableColumnTypeError: A column has a type without an Arrow equivalent.
        RepeatedColumnError: Two columns have the same name.
    """
    stream = _stream(value)
    names = stream.schema.names
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise RepeatedColumnError("dataframe", repeated)
    return stream


class _ArrowStream:
    """Slices of batches, converted to plain types by the tasks.

    Args:
        schema: Schema of every batch.
        batches: Returns the batches.
        is_one_pass: Whether nothing but the tasks keeps batches in memory.
    """

    def __init__(
        self, schema: pa.Schema, batches: Callable[[], Iterable[pa.RecordBatch]], *, is_one_pass: bool = False
    ) -> None:
        self.schema = plain_schema(schema)
        self._batches = batches
        self._is_one_pass = is_one_pass

    def tasks(self) -> Iterator[BatchTask]:
        for batch in self._batches():
            yield from (partial(_plain, part, self.schema) for part in self._parts(batch))
            # The source creates the next batch before the loop replaces this one.
            del batch

    def _parts(self, batch: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
        size = batch.nbytes
        rows = _rows_per_task(batch.num_rows, size)
        parts = (batch.slice(start, rows) for start in range(0, batch.num_rows, rows))
        return map(_copied, parts) if self._is_one_pass and size > _COPIED_BYTES else parts

    def resolve_types(self) -> None:
        """Does nothing: the data has types."""


class _PandasStream:
    """Slices of a pandas DataFrame, converted by the tasks."""

    def __init__(self, dataframe: Any) -> None:
        self._dataframe = dataframe
        self._types = [
            series_type(str(name), dataframe.iloc[:, position]) for position, name in enumerate(dataframe.columns)
        ]
        names = [str(name) for name in dataframe.columns]
        self.schema = plain_schema(pa.schema(list(zip(names, self._types, strict=True))))

    def tasks(self) -> Iterator[BatchTask]:
        for start in range(0, len(self._dataframe), _BATCH_ROWS):
            yield partial(self._decoded, self._dataframe.iloc[start : start + _BATCH_ROWS])

    def resolve_types(self) -> None:
        """Does nothing: the types were inferred from all values."""

    def _decoded(self, rows: Any) -> pa.RecordBatch:
        arrays = [
            _plain_column(series_array(rows.iloc[:, position], data_type), field)
            for position, (data_type, field) in enumerate(zip(self._types, self.schema, strict=True))
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _stream(value: Any) -> BatchStream:
    library, kind = type(value).__module__.partition(".")[0].lstrip("_"), type(value).__name__
    check_types(value, library)
    if isinstance(value, pa.Table):
        return _ArrowStream(value.schema, value.to_batches)
    if isinstance(value, pa.RecordBatch):
        return _ArrowStream(value.schema, lambda: [value])
    if library == "pyarrow" and hasattr(value, "scanner"):
        return _ArrowStream(value.schema, lambda: value.to_batches(batch_readahead=1, fragment_readahead=1))
    if library == "pandas" and kind == "DataFrame":
        return _PandasStream(value)
    if library == "polars" and kind == "LazyFrame":
        return _ArrowStream(_reader(value.collect_schema().to_frame()).schema, partial(_polars_batches, value))
    reader = value.to_arrow_reader(_BATCH_ROWS) if library.endswith("duckdb") else _reader(value)
    return _ArrowStream(reader.schema, lambda: reader, is_one_pass=True)


def _reader(value: Any) -> pa.RecordBatchReader:
    if isinstance(value, pa.RecordBatchReader):
        return value
    try:
        return pa.RecordBatchReader.from_stream(value)
    except (TypeError, ValueError):
        raise UnsupportedDataframeError(f"{type(value).__module__}.{type(value).__qualname__}") from None


def _polars_batches(frame: Any) -> Iterator[pa.RecordBatch]:
    for rows in frame.collect_batches(chunk_size=_BATCH_ROWS, lazy=True):
        yield from _reader(rows)


def _rows_per_task(rows: int, size: int) -> int:
    parts = max(1, math.ceil(size / _BATCH_BYTES))
    return max(1, min(_BATCH_ROWS, math.ceil(rows / parts)))


def _copied(batch: pa.RecordBatch) -> pa.RecordBatch:
    try:
        # Arrow returns a single batch as it is.
        return pa.concat_batches([batch, batch.slice(0, 0)])
    except pa.ArrowNotImplementedError:
        return batch


def _plain(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    arrays = [_plain_column(array, field) for array, field in zip(batch.columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _plain_column(array: pa.Array, field: pa.Field) -> pa.Array:
    try:
        return plain_array(array, field.type)
    except pa.ArrowException as error:
        raise InvalidValuesError("dataframe", field.name, str(error)) from None
