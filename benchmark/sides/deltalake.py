"""deltalake: another table format, for reference."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow.parquet
from deltalake import DeltaTable, write_deltalake

from benchmark.sides.arrow import csv_reader, parquet_reader


def append_csv(folder: str, path: str) -> None:
    """Appends a stream of batches to a table."""
    write_deltalake(f"{folder}/rows", csv_reader(path), mode="append")


def append_parquet(folder: str, path: str) -> None:
    """Appends a stream of batches to a table."""
    write_deltalake(f"{folder}/rows", parquet_reader(path), mode="append")


def merge(folder: str, path: str, keys: Sequence[str]) -> None:
    """Upserts a batch."""
    (
        DeltaTable(f"{folder}/rows")
        .merge(
            source=pyarrow.parquet.read_table(path),
            predicate=" AND ".join(f"target.{key} = source.{key}" for key in keys),
            source_alias="source",
            target_alias="target",
        )
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )
