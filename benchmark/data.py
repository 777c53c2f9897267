"""Makes the benchmarks' inputs once: eight mixed columns, the same on every machine."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import duckdb

FOLDER = Path(tempfile.gettempdir()) / "datalake-sdk-benchmark"

_ROWS = """
SELECT i::BIGINT AS id,
       md5(i::VARCHAR) AS uid,
       (['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'])[1 + (hash(i) % 8)::INT] AS category,
       'name_' || (hash(i * 7) % 100000)::VARCHAR AS name,
       round((hash(i * 3) % 1000000) / 100.0, 2)::DOUBLE AS amount,
       ((hash(i * 5) % 1000000000) / 1e6)::DOUBLE AS score,
       (TIMESTAMP '2024-01-01' + to_seconds((hash(i * 11) % 31536000)::BIGINT))::TIMESTAMP AS ts,
       (DATE '2024-01-01' + ((i * 30) // {rows})::INT)::DATE AS dt
FROM range({rows}) AS numbers(i)
"""
_CHANGES = """
SELECT * REPLACE ('upd_' || name AS name, amount + 1 AS amount)
FROM ({rows_sql}) WHERE hash(id + 7) % {rows} < {updates}
UNION ALL
SELECT id + {rows} AS id, * EXCLUDE (id) FROM ({inserts_sql})
"""


def csv_file(rows: int) -> Path:
    """A CSV file of `rows` rows."""
    return _made(f"{rows}.csv", _ROWS.format(rows=rows), "FORMAT csv, HEADER")


def parquet_file(rows: int) -> Path:
    """The same rows as Parquet."""
    return _made(f"{rows}.parquet", _ROWS.format(rows=rows), "FORMAT parquet, COMPRESSION zstd")


def changes_file(rows: int, changes: int) -> Path:
    """About `changes` rows for an upsert into `rows` rows: nine in ten update random rows, the others are new."""
    updates = changes * 9 // 10
    select = _CHANGES.format(
        rows=rows, updates=updates, rows_sql=_ROWS.format(rows=rows), inserts_sql=_ROWS.format(rows=changes - updates)
    )
    return _made(f"{rows}-{changes}.parquet", select, "FORMAT parquet, COMPRESSION zstd")


def _made(name: str, select: str, options: str) -> Path:
    path = FOLDER / name
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        duckdb.execute(f"COPY ({select}) TO '{part}' ({options})")
        part.rename(path)
    return path
