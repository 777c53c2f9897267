"""Generates the benchmarks' inputs: eight columns of different types, the same on every machine."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

_ROWS = """
SELECT i::BIGINT AS id,
       md5(i::VARCHAR) AS uid,
       (['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'])[1 + (hash(i) % 8)::INT] AS category,
       'name_' || (hash(i * 7) % 100000)::VARCHAR AS name,
       round((hash(i * 3) % 1000000) / 100.0, 2)::DOUBLE AS amount,
       ((hash(i * 5) % 1000000000) / 1e6)::DOUBLE AS score,
       (TIMESTAMP '2024-01-01' + to_seconds((hash(i * 11) % 31536000)::BIGINT))::TIMESTAMP AS ts,
       (DATE '2024-01-01' + ({day})::INT)::DATE AS dt
FROM range({start}, {stop}) AS numbers(i)
"""
_PARQUET = "FORMAT parquet, COMPRESSION zstd"
_WIDE_COLUMNS = (
    "hash(i * 31 + {c}) % 1000000",
    "round((hash(i * 37 + {c}) % 100000000) / 10000.0, 4)",
    "'value_' || hash(i * 41 + {c}) % 5000",
    "DATE '2020-01-01' + (hash(i * 43 + {c}) % 1500)::INT",
    "CASE WHEN hash(i * 47 + {c}) % 5 > 0 THEN hash(i * 53 + {c}) % 1000 END",
    "CASE WHEN hash(i * 59 + {c}) % 10 > 0 THEN (['low', 'medium', 'high'])[1 + (hash(i * 61 + {c}) % 3)::INT] END",
    "CASE WHEN hash(i * 67 + {c}) % 3 > 0 THEN (hash(i * 71 + {c}) % 1000000000) / 1e6 END",
    "hash(i * 73 + {c}) % 2 = 0",
)
"""Integers, doubles, strings, dates and booleans, some of them null; `c` is the column and `i` the row."""
_CHANGED = "* REPLACE ('upd_' || name AS name, amount + 1 AS amount)"


def csv_file(folder: str, rows: int, days: int = 30, shuffled: bool = False) -> str:
    """A CSV file of `rows` rows, in which the column `dt` has `days` values."""
    name = f"{rows}-{days}{'-shuffled' if shuffled else ''}.csv"
    return _made(folder, name, _rows(rows, days, shuffled), "FORMAT csv, HEADER")


def wide_csv_file(folder: str, rows: int, columns: int) -> str:
    """A CSV file of `rows` rows and `columns` columns."""
    chosen = (_WIDE_COLUMNS[c % len(_WIDE_COLUMNS)].format(c=c) + f" AS column_{c}" for c in range(columns))
    return _made(
        folder,
        f"{rows}-rows-{columns}-columns.csv",
        f"SELECT {', '.join(chosen)} FROM range({rows}) AS numbers(i)",
        "FORMAT csv, HEADER",
    )


def json_file(folder: str, rows: int) -> str:
    """A file of the same rows as JSON Lines."""
    return _made(folder, f"{rows}.jsonl", _rows(rows), "FORMAT json")


def parquet_file(folder: str, rows: int) -> str:
    """A file of the same rows as Parquet."""
    return _made(folder, f"{rows}.parquet", _rows(rows), _PARQUET)


def small_files(folder: str, rows: int, rows_per_file: int, extension: str) -> str:
    """A folder of files of the same rows, in the order of their names; `extension` is `csv`, `jsonl` or `parquet`."""
    path = Path(folder, f"{rows}-{rows_per_file}-{extension}")
    if path.exists():
        return str(path)
    part = path.with_suffix(f".{os.getpid()}")
    part.mkdir(parents=True)
    options = {"csv": "FORMAT csv, HEADER", "jsonl": "FORMAT json", "parquet": _PARQUET}[extension]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE rows AS {_rows(rows)}")
        for start in range(0, rows, rows_per_file):
            chosen = f"FROM rows WHERE id >= {start} AND id < {start + rows_per_file}"
            connection.execute(f"COPY ({chosen}) TO '{part}/{start:010}.{extension}' ({options})")
    part.rename(path)
    return str(path)


def changes_file(folder: str, rows: int, changes: int, updates: int, tail: bool = False) -> str:
    """A batch of `changes` rows for an upsert into `rows` rows: `updates` of them update rows, the others are new.

    Updated rows are random, or with `tail` the last ones of the table; the file is ordered by `id`.
    """
    order = "i DESC" if tail else "hash(i + 7)"
    chosen = f"SELECT i FROM range({rows}) AS numbers(i) ORDER BY {order} LIMIT {updates}"
    changed = f"SELECT {_CHANGED} FROM ({_rows(rows)}) WHERE id IN ({chosen})"
    new = _ROWS.format(day=29, start=rows, stop=rows + changes - updates)
    name = f"{rows}-{changes}-{updates}{'-tail' if tail else ''}.parquet"
    return _made(folder, name, f"FROM ({changed} UNION ALL {new}) ORDER BY id", _PARQUET)


def _rows(rows: int, days: int = 30, shuffled: bool = False) -> str:
    day = f"hash(i * 13) % {days}" if shuffled else f"(i * {days}) // {rows}"
    return _ROWS.format(day=day, start=0, stop=rows)


def _made(folder: str, name: str, select: str, options: str) -> str:
    path = Path(folder, name)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        duckdb.execute(f"COPY ({select}) TO '{part}' ({options})")
        part.rename(path)
    return str(path)
