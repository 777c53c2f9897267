"""Append of CSV to a table partitioned by date: 30 and 400 sorted dates, and 400 shuffled ones."""

from __future__ import annotations

from benchmark.harness import ZSTD, Side, argument_parser, call, compare, made

DATES = {"30": (30, False), "400": (400, False), "400-shuffled": (400, True)}


def main() -> None:
    """Prints a table for each size and set of dates."""
    parser = argument_parser(__doc__, 5_000_000)
    parser.add_argument("--dates", nargs="+", choices=DATES, default=list(DATES), help="kinds (all by default)")
    arguments = parser.parse_args()
    for rows in arguments.rows:
        for dates in arguments.dates:
            path = made("csv_file", rows, *DATES[dates])
            duckdb = "sides.duckdb.copy_partitioned", "read_csv", path
            sides = [
                Side("datalake_sdk", call("sides.datalake_sdk.append", path, ["dt"]), "datalake_sdk"),
                Side("duckdb PARTITION_BY", call(*duckdb), "parquet"),
                Side("duckdb PARTITION_BY, zstd level 1", call(*duckdb, ZSTD), "parquet"),
                Side("pyiceberg append", call("sides.pyiceberg.append_csv_partitioned", path), "pyiceberg"),
            ]
            compare(f"partitioned append, {rows:,} rows, {dates} dates", sides, arguments, rows)


if __name__ == "__main__":
    main()
