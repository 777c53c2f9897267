"""Append of CSV to a new table."""

from __future__ import annotations

from benchmark.harness import ZSTD, Side, argument_parser, call, compare, made


def main() -> None:
    """Prints a table for each size."""
    arguments = argument_parser(__doc__, 5_000_000, 20_000_000).parse_args()
    for rows in arguments.rows:
        path = made("csv_file", rows)
        sides = [
            Side("datalake_sdk", call("sides.datalake_sdk.append", path), "datalake_sdk"),
            Side("duckdb COPY", call("sides.duckdb.copy", "read_csv", path), "parquet"),
            Side("duckdb COPY, zstd level 1", call("sides.duckdb.copy", "read_csv", path, ZSTD), "parquet"),
            Side("pyiceberg append", call("sides.pyiceberg.append_csv", path), "pyiceberg"),
            Side("polars sink_iceberg", call("sides.polars.append_csv", path), "pyiceberg"),
            Side("dlt, Iceberg destination", call("sides.dlt.append_csv", path), "dlt", most_runs=1),
            Side("deltalake", call("sides.deltalake.append_csv", path), "deltalake"),
        ]
        compare(f"CSV append, {rows:,} rows", sides, arguments, rows)


if __name__ == "__main__":
    main()
