"""Start-up time of the command: ingestion of a small CSV file, a query, the list of tables, and `--help`."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmark.harness import Side, argument_parser, compare, made


def main() -> None:
    """Prints a table for each size."""
    arguments = argument_parser(__doc__, 1_000).parse_args()
    program = str(Path(sys.executable).with_name("datalake_sdk"))

    def query(folder: Path) -> list[str]:
        return [program, "--local", str(folder), "query", "SELECT count(*) FROM dev_bench.rows"]

    def list_tables(folder: Path) -> list[str]:
        return [program, "--local", str(folder), "list_tables"]

    for rows in arguments.rows:
        path = made("csv_file", rows)

        def ingest(folder: Path, path: str = path) -> list[str]:
            table = ["--database-name", "bench", "--table-name", "rows"]
            return [
                program,
                "--local",
                str(folder),
                "ingest",
                *table,
                "--input-file-path",
                path,
                "--ingestion-mode",
                "append",
            ]

        sides = [
            Side("datalake_sdk ingest", ingest, "datalake_sdk"),
            Side("datalake_sdk query", query, "datalake_sdk", setup=ingest),
            Side("datalake_sdk list_tables", list_tables, "datalake_sdk", setup=ingest),
            Side("datalake_sdk --help", lambda _: [program, "--help"]),
        ]
        compare(f"process start to exit, {rows:,} rows", sides, arguments)


if __name__ == "__main__":
    main()
