"""Arrow data for the libraries that accept it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet


def csv_reader(path: str) -> pa.RecordBatchReader:
    """A stream of batches with microsecond timestamps, as Iceberg stores them."""
    options = pyarrow.csv.ConvertOptions(timestamp_parsers=["%Y-%m-%d %H:%M:%S"])
    rows = pyarrow.csv.open_csv(path, convert_options=options)
    return rows.cast(in_microseconds(rows.schema))


def parquet_reader(path: str) -> pa.RecordBatchReader:
    """A stream of batches."""
    file = pyarrow.parquet.ParquetFile(path)
    return pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())


def in_microseconds(schema: pa.Schema) -> pa.Schema:
    """The schema with microsecond timestamps."""
    stamp = pa.timestamp("us")
    return pa.schema([field.with_type(stamp) if pa.types.is_timestamp(field.type) else field for field in schema])


def small_batch(number: int, rows: int) -> pa.Table:
    """The rows of one small append."""
    return pa.table({"id": range(number * rows, (number + 1) * rows), "name": [f"batch {number}"] * rows})


def small_changes(number: int, rows: int) -> pa.Table:
    """The rows of one small upsert: half of them update random rows of the previous batches, the others are new."""
    new = rows if number == 0 else rows // 2
    known = rows + (number - 1) * (rows // 2) if number else 0
    updated = np.random.default_rng(number).choice(known, rows - new, replace=False) if number else []
    ids = pa.array(np.concatenate([updated, np.arange(known, known + new)]), pa.int64())
    return pa.table({"id": ids, "name": [f"batch {number}"] * rows})


def timed(write: Callable[[pa.Table], object], batches: Iterable[pa.Table]) -> list[float]:
    """Writes batches, and returns the seconds of each."""
    seconds = []
    for batch in batches:
        start = time.perf_counter()
        write(batch)
        seconds.append(time.perf_counter() - start)
    return seconds
