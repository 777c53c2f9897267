"""Arrow data for the libraries that accept it."""

from __future__ import annotations

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
