"""Append of CSV files with 50, 500 and 2,000 columns to a new table; all files have the same number of values."""

from __future__ import annotations

from benchmark.harness import ZSTD, Side, argument_parser, call, compare, made

_NARROWEST = 50


def main() -> None:
    """Prints a table for each size and number of columns; `--rows` are those of a file with 50 columns."""
    parser = argument_parser(__doc__, 500_000)
    parser.add_argument("--columns", type=int, nargs="+", default=[50, 500, 2000], help="columns (50 500 2000)")
    arguments = parser.parse_args()
    for narrow_rows in arguments.rows:
        for columns in arguments.columns:
            rows = max(1, narrow_rows * _NARROWEST // columns)
            path = made("wide_csv_file", rows, columns)
            sides = [
                Side("datalake_sdk", call("sides.datalake_sdk.append", path), "datalake_sdk"),
                Side("duckdb COPY", call("sides.duckdb.copy", "read_csv", path), "parquet"),
                Side("duckdb COPY, zstd level 1", call("sides.duckdb.copy", "read_csv", path, ZSTD), "parquet"),
                Side("pyiceberg append", call("sides.pyiceberg.append_csv", path), "pyiceberg"),
            ]
            compare(f"CSV append, {rows:,} rows of {columns:,} columns", sides, arguments, rows)


if __name__ == "__main__":
    main()
