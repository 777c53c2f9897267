"""deltalake: another table format, for reference."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pyarrow.parquet
from deltalake import DeltaTable, write_deltalake

from benchmark.sides.arrow import csv_reader, parquet_reader, small_changes, timed


def append_csv(folder: str, path: str) -> None:
    """Appends a stream of batches to a table."""
    write_deltalake(f"{folder}/rows", csv_reader(path), mode="append")


def append_parquet(folder: str, path: str) -> None:
    """Appends a stream of batches to a table."""
    write_deltalake(f"{folder}/rows", parquet_reader(path), mode="append")


def merge(folder: str, path: str, keys: Sequence[str]) -> None:
    """Upserts a batch."""
    _merge(DeltaTable(f"{folder}/rows"), pyarrow.parquet.read_table(path), keys)


def small_upserts(folder: str, upserts: int, rows: int) -> list[float]:
    """Seconds of each upsert of `rows` rows."""
    write_deltalake(f"{folder}/rows", small_changes(0, 1).slice(0, 0))
    table = DeltaTable(f"{folder}/rows")
    return timed(partial(_merge, table, keys=["id"]), (small_changes(number, rows) for number in range(upserts)))


def _merge(table: DeltaTable, rows: pyarrow.Table, keys: Sequence[str]) -> None:
    (
        table.merge(
            source=rows,
            predicate=" AND ".join(f"target.{key} = source.{key}" for key in keys),
            source_alias="source",
            target_alias="target",
        )
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )
