"""polars: lazy scans into `sink_iceberg`, and `scan_iceberg`."""

from __future__ import annotations

import polars as pl

from benchmark.sides.pyiceberg import catalog, load_lake_table


def append_csv(folder: str, path: str) -> None:
    """Creates a table from a file."""
    _sink(folder, pl.scan_csv(path, try_parse_dates=True))


def append_parquet(folder: str, path: str) -> None:
    """Creates a table from a file."""
    _sink(folder, pl.scan_parquet(path))


def aggregate(folder: str) -> int:
    """Number of rows that the query read."""
    measures = pl.len().alias("number"), pl.sum("amount"), pl.mean("score"), pl.max("score").alias("most")
    rows = pl.scan_iceberg(load_lake_table(folder)).group_by("category").agg(*measures)
    return int(rows.sort("category").collect()["number"].sum())


def _sink(folder: str, rows: pl.LazyFrame) -> None:
    rows.sink_iceberg(
        "bench.rows",
        mode="append",
        create_if_not_exists=True,
        create_namespace_if_not_exists=True,
        catalog=catalog(folder),
    )
