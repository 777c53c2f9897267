"""Counts the rows in the folder of each side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def all_of(_: str, stored: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Counts the rows of each side.

    Args:
        stored: Name of a function of this module, and the folder to count, by the side's name.
    """
    return {name: globals()[kind](folder) for name, (kind, folder) in stored.items()}


def datalake_sdk(folder: str) -> int:
    """Rows that pyiceberg reads from the table."""
    return _iceberg_rows(folder, "glue_catalog", "dev_bench.rows")


def pyiceberg(folder: str) -> int:
    """Rows that pyiceberg reads from the table."""
    return _iceberg_rows(folder, "bench", "bench.rows")


def parquet(folder: str) -> int:
    """Rows of all Parquet files below the folder."""
    import duckdb

    return _single(duckdb.execute(f"SELECT count(*) FROM read_parquet('{folder}/**/*.parquet')").fetchone())


def duckdb_table(folder: str) -> int:
    """Rows of the table in a database file."""
    import duckdb

    with duckdb.connect(f"{folder}/rows.db", read_only=True) as connection:
        return _single(connection.execute("SELECT count(*) FROM rows").fetchone())


def dlt(folder: str) -> int:
    """Rows of the table with the newest metadata file, without a catalog."""
    from pyiceberg.table import StaticTable

    newest = max(Path(folder, "lake/bench/rows/metadata").glob("*.json"))
    return StaticTable.from_metadata(str(newest)).scan().count()


def deltalake(folder: str) -> int:
    """Rows of the Delta table."""
    from deltalake import DeltaTable

    return DeltaTable(f"{folder}/rows").count()


def _iceberg_rows(folder: str, catalog: str, table: str) -> int:
    from pyiceberg.catalog.sql import SqlCatalog

    stored = SqlCatalog(catalog, uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    return stored.load_table(table).scan().count()


def _single(row: tuple[int, ...] | None) -> int:
    return row[0] if row else 0
