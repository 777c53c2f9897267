"""dlt: Arrow data through its filesystem destination, `table_format="iceberg"`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import dlt
import pyarrow as pa
import pyarrow.parquet
from dlt.common.schema.typing import TWriteDispositionConfig

from benchmark.sides.arrow import csv_reader, parquet_reader


def append_csv(folder: str, path: str) -> None:
    """Appends a stream of batches to a table."""
    _run(folder, csv_reader(path), "append", ())


def append_parquet(folder: str, path: str) -> None:
    """Appends a stream of batches to a table."""
    _run(folder, parquet_reader(path), "append", ())


def upsert(folder: str, path: str, keys: Sequence[str]) -> None:
    """Upserts a batch."""
    _run(folder, [pyarrow.parquet.read_table(path)], {"disposition": "merge", "strategy": "upsert"}, keys)


def _run(
    folder: str, batches: Iterable[pa.RecordBatch | pa.Table], write: TWriteDispositionConfig, keys: Sequence[str]
) -> None:
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=f"{folder}/pipelines",
        destination=dlt.destinations.filesystem(bucket_url=f"file://{folder}/lake"),
        dataset_name="bench",
    )
    rows = dlt.resource(
        batches, name="rows", table_format="iceberg", write_disposition=write, primary_key=list(keys) or None
    )
    pipeline.run(rows)
