"""Append of Parquet to a new table."""

from __future__ import annotations

from benchmark.harness import ZSTD, Side, argument_parser, call, compare, made


def main() -> None:
    """Prints a table for each size."""
    arguments = argument_parser(__doc__, 20_000_000).parse_args()
    for rows in arguments.rows:
        path = made("parquet_file", rows)
        sides = [
            Side("datalake_sdk", call("sides.datalake_sdk.append", path), "datalake_sdk"),
            Side("duckdb COPY", call("sides.duckdb.copy", "read_parquet", path), "parquet"),
            Side("duckdb COPY, zstd level 1", call("sides.duckdb.copy", "read_parquet", path, ZSTD), "parquet"),
            Side("pyiceberg append", call("sides.pyiceberg.append_parquet", path), "pyiceberg"),
            Side("polars sink_iceberg", call("sides.polars.append_parquet", path), "pyiceberg"),
        ]
        compare(f"Parquet append, {rows:,} rows", sides, arguments, rows)


if __name__ == "__main__":
    main()
