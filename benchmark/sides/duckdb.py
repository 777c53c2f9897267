"""DuckDB: `COPY` to Parquet, a database file with `MERGE`, and queries of bare files."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from benchmark.sides.arrow import small_changes, timed
from benchmark.sides.query import AGGREGATE


def copy(folder: str, reader: str, path: str, options: str = "") -> None:
    """Copies a file to Parquet; `reader` is `read_csv`, `read_json` or `read_parquet`."""
    duckdb.execute(f"COPY (FROM {reader}('{path}')) TO '{folder}/rows.parquet' (FORMAT parquet{options})")


def copy_partitioned(folder: str, reader: str, path: str, options: str = "") -> None:
    """Copies a file to Parquet files, with one folder per value of `dt`."""
    duckdb.execute(f"COPY (FROM {reader}('{path}')) TO '{folder}/rows' (FORMAT parquet, PARTITION_BY (dt){options})")


def create(folder: str, path: str) -> None:
    """Creates a table in a database file."""
    with duckdb.connect(f"{folder}/rows.db") as connection:
        connection.execute(f"CREATE TABLE rows AS FROM read_parquet('{path}')")


def merge(folder: str, path: str, keys: Sequence[str]) -> None:
    """Upserts into the table and writes the database file."""
    with duckdb.connect(f"{folder}/rows.db") as connection:
        connection.execute(_merge(f"(FROM read_parquet('{path}'))", keys))
        connection.execute("CHECKPOINT")


def small_upserts(folder: str, upserts: int, rows: int) -> list[float]:
    """Seconds of each upsert of `rows` rows, in a transaction of its own."""
    with duckdb.connect(f"{folder}/rows.db") as connection:
        connection.execute("CREATE TABLE rows (id BIGINT, name VARCHAR)")

        def upsert(batch: pa.Table) -> None:
            connection.register("batch", batch)
            connection.execute(_merge("batch", ["id"]))

        return timed(upsert, (small_changes(number, rows) for number in range(upserts)))


def _merge(source: str, keys: Sequence[str]) -> str:
    condition = " AND ".join(f"rows.{key} = changes.{key}" for key in keys)
    return (
        f"MERGE INTO rows USING {source} AS changes ON {condition} "
        "WHEN MATCHED THEN UPDATE WHEN NOT MATCHED THEN INSERT"
    )


def aggregate(folder: str, paths: Sequence[str]) -> int:
    """Number of rows that the query read from Parquet files."""
    source = f"read_parquet({list(paths)})"
    return sum(row[1] for row in duckdb.execute(AGGREGATE.format(source=source)).fetchall())
