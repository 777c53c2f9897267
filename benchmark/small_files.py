"""Append of a folder of small files to a new table."""

from __future__ import annotations

from benchmark.harness import ZSTD, Side, argument_parser, call, compare, made

READERS = {"csv": "read_csv", "jsonl": "read_json", "parquet": "read_parquet"}


def main() -> None:
    """Prints a table for each format and size."""
    parser = argument_parser(__doc__, 1_000_000, 2_000_000)
    parser.add_argument("--rows-per-file", type=int, default=200, help="rows of each file (200 by default)")
    arguments = parser.parse_args()
    for rows in arguments.rows:
        for extension, reader in READERS.items():
            folder = made("small_files", rows, arguments.rows_per_file, extension)
            pattern = f"{folder}/*.{extension}"
            sides = [
                Side("datalake_sdk", call("sides.datalake_sdk.append", folder), "datalake_sdk"),
                Side("duckdb COPY", call("sides.duckdb.copy", reader, pattern), "parquet"),
                Side("duckdb COPY, zstd level 1", call("sides.duckdb.copy", reader, pattern, ZSTD), "parquet"),
            ]
            files = -(-rows // arguments.rows_per_file)
            compare(f"{files:,} {extension} files of {arguments.rows_per_file:,} rows", sides, arguments, rows)


if __name__ == "__main__":
    main()
