"""Writes the rows of a query as a table, CSV, JSON or Parquet, batch by batch."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import IO

import click
import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from datalake_sdk.row_format import csv_header, csv_rows, json_rows

TABLE_ROWS = 40
"""Maximum number of rows in a table."""
ROWS_PER_CHUNK = 65_536
"""Number of rows formatted at a time."""
UNLIMITED_WIDTH = 1_000_000


def show_table(rows: pa.RecordBatchReader) -> None:
    """Prints the first rows in a box as wide as the terminal; a note on stderr reports that there are more."""
    head = _first_rows(rows, TABLE_ROWS + 1)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    drawing = connection.from_arrow(head.slice(0, TABLE_ROWS))
    drawing.show(max_rows=TABLE_ROWS, max_width=None if sys.stdout.isatty() else UNLIMITED_WIDTH)
    if head.num_rows > TABLE_ROWS:
        click.echo(
            f"Only the first {TABLE_ROWS} rows are shown. For all rows use --format csv or --output FILE.csv", err=True
        )


def write_csv(rows: pa.RecordBatchReader, stream: IO[bytes]) -> None:
    """Writes a header and a line for each row; null is empty, an empty string is `""`."""
    stream.write(csv_header(rows.schema).encode())
    for batch in _small_batches(rows):
        stream.write("".join(f"{row}\n" for row in csv_rows(batch)).encode())


def write_json(rows: pa.RecordBatchReader, stream: IO[bytes]) -> None:
    """Writes one array with an object on each line."""
    stream.write(b"[")
    separator = "\n"
    for batch in _small_batches(rows):
        stream.write((separator + ",\n".join(json_rows(batch))).encode())
        separator = ",\n"
    stream.write(b"\n]\n")


def write_parquet(rows: pa.RecordBatchReader, stream: IO[bytes]) -> None:
    """Writes a Parquet file, zstd-compressed."""
    with pq.ParquetWriter(stream, rows.schema, compression="zstd") as writer:
        for batch in rows:
            writer.write_batch(batch)


WRITERS: dict[str, Callable[[pa.RecordBatchReader, IO[bytes]], None]] = {
    "csv": write_csv,
    "json": write_json,
    "parquet": write_parquet,
}


def _first_rows(rows: pa.RecordBatchReader, count: int) -> pa.Table:
    batches = []
    missing = count
    for batch in rows:
        batches.append(batch)
        missing -= batch.num_rows
        if missing <= 0:
            break
    return pa.Table.from_batches(batches, rows.schema).slice(0, count)


def _small_batches(rows: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    for batch in rows:
        for start in range(0, batch.num_rows, ROWS_PER_CHUNK):
            yield batch.slice(start, ROWS_PER_CHUNK)
