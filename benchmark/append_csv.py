"""CSV into a new table: `datalake_sdk ingest` against DuckDB's `COPY csv TO parquet` and pyiceberg's `append`."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmark.data import csv_file
from benchmark.harness import Side, argument_parser, compare, python


def main() -> None:
    """Prints the comparison."""
    arguments = argument_parser(__doc__, 20_000_000).parse_args()
    path = csv_file(arguments.rows)
    sides = [
        Side("datalake_sdk", lambda folder: ingest_command(folder, path, "overwrite")),
        Side("duckdb COPY", lambda folder: python("benchmark.append_csv", "duckdb", path, folder)),
        Side("pyiceberg append", lambda folder: python("benchmark.append_csv", "pyiceberg", path, folder)),
    ]
    compare(f"CSV append, {arguments.rows:,} rows", sides, arguments.runs)


def ingest_command(folder: Path, path: Path, mode: str, *options: str) -> list[str]:
    """Command line that ingests a file into the table `bench.rows` of a lake in a folder."""
    table = ["--database-name", "bench", "--table-name", "rows"]
    group = ["--local", str(folder)]
    return python(
        "datalake_sdk.cli", *group, "ingest", *table, "--input-file-path", path, "--ingestion-mode", mode, *options
    )


def _duckdb(path: str, folder: str) -> None:
    import duckdb

    duckdb.execute(f"COPY (SELECT * FROM read_csv('{path}')) TO '{folder}/rows.parquet' (FORMAT parquet)")


def _pyiceberg(path: str, folder: str) -> None:
    import pyarrow.csv
    from pyiceberg.catalog.sql import SqlCatalog

    catalog = SqlCatalog("bench", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
    catalog.create_namespace("bench")
    rows = pyarrow.csv.open_csv(
        path, convert_options=pyarrow.csv.ConvertOptions(timestamp_parsers=["%Y-%m-%d %H:%M:%S"])
    )
    schema = pyarrow.schema(
        [
            field.with_type(pyarrow.timestamp("us")) if pyarrow.types.is_timestamp(field.type) else field
            for field in rows.schema
        ]
    )
    catalog.create_table("bench.rows", schema).append(rows.cast(schema))


if __name__ == "__main__":
    work = {"duckdb": _duckdb, "pyiceberg": _pyiceberg}
    if len(sys.argv) > 1 and sys.argv[1] in work:
        work[sys.argv[1]](*sys.argv[2:])
    else:
        main()
