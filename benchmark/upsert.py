"""Upsert of random rows by an integer key: `datalake_sdk ingest` against pyiceberg's `upsert` and DuckDB's MERGE."""

from __future__ import annotations

import sys

from benchmark.append_csv import ingest_command
from benchmark.data import changes_file, parquet_file
from benchmark.harness import Side, argument_parser, compare, python


def main() -> None:
    """Prints the comparison."""
    parser = argument_parser(__doc__, 5_000_000)
    parser.add_argument("--changes", type=int, default=1_000_000, help="rows of the batch (1,000,000 by default)")
    arguments = parser.parse_args()
    rows, changes = parquet_file(arguments.rows), changes_file(arguments.rows, arguments.changes)
    sides = [
        Side(
            "datalake_sdk",
            lambda folder: ingest_command(folder, changes, "upsert", "--upsert-keys", "id"),
            lambda folder: ingest_command(folder, rows, "overwrite"),
        ),
        *[
            Side(
                name,
                lambda folder, side=side: python("benchmark.upsert", side, changes, folder),
                lambda folder, side=side: python("benchmark.upsert", f"{side}_setup", rows, folder),
            )
            for name, side in (("pyiceberg upsert", "pyiceberg"), ("duckdb MERGE", "duckdb"))
        ],
    ]
    compare(f"upsert of {arguments.changes:,} into {arguments.rows:,} rows", sides, arguments.runs)


def _duckdb_setup(path: str, folder: str) -> None:
    import duckdb

    with duckdb.connect(f"{folder}/rows.db") as connection:
        connection.execute(f"CREATE TABLE rows AS SELECT * FROM read_parquet('{path}')")


def _duckdb(path: str, folder: str) -> None:
    import duckdb

    with duckdb.connect(f"{folder}/rows.db") as connection:
        connection.execute(
            f"MERGE INTO rows USING (SELECT * FROM read_parquet('{path}')) AS changes ON rows.id = changes.id "
            "WHEN MATCHED THEN UPDATE WHEN NOT MATCHED THEN INSERT"
        )
        connection.execute("CHECKPOINT")


def _pyiceberg_setup(path: str, folder: str) -> None:
    import pyarrow.parquet

    catalog = _catalog(folder)
    catalog.create_namespace("bench")
    rows = pyarrow.parquet.read_table(path)
    catalog.create_table("bench.rows", rows.schema).append(rows)


def _pyiceberg(path: str, folder: str) -> None:
    import pyarrow.parquet

    _catalog(folder).load_table("bench.rows").upsert(pyarrow.parquet.read_table(path), join_cols=["id"])


def _catalog(folder: str):
    from pyiceberg.catalog.sql import SqlCatalog

    return SqlCatalog("bench", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")


if __name__ == "__main__":
    work = {
        "duckdb": _duckdb,
        "duckdb_setup": _duckdb_setup,
        "pyiceberg": _pyiceberg,
        "pyiceberg_setup": _pyiceberg_setup,
    }
    if len(sys.argv) > 1 and sys.argv[1] in work:
        work[sys.argv[1]](*sys.argv[2:])
    else:
        main()
