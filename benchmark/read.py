"""Aggregation of a table with and without deleted rows; each library reads the same data files."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmark.harness import Command, Side, argument_parser, call, compare, made, run

REPEATS = 5


def main() -> None:
    """Prints two tables for each size."""
    parser = argument_parser(__doc__, 20_000_000)
    parser.add_argument("--deleted", type=int, default=100_000, help="rows marked as deleted (100,000 by default)")
    arguments = parser.parse_args()
    for rows in arguments.rows:
        path, title = made("parquet_file", rows), f"aggregate over {rows:,} rows"
        replacements = made("changes_file", rows, arguments.deleted, arguments.deleted)
        with tempfile.TemporaryDirectory(prefix="datalake-sdk-benchmark-") as folder:
            files = run(call("sides.datalake_sdk_query.append_for_reading", path, replacements)(Path(folder))).result
            compare(title, _sides(Path(folder, "whole"), files["whole"], 0), arguments, rows, REPEATS)
            title = f"{title}, {arguments.deleted:,} deleted"
            sides = _sides(Path(folder, "marked"), files["marked"], arguments.deleted)
            compare(title, sides, arguments, rows, REPEATS)


def _sides(lake: Path, files: Sequence[str], extra_rows: int) -> list[Side]:
    def at_lake(command: Command) -> Command:
        return lambda _: command(lake)

    return [
        Side("datalake_sdk", at_lake(call("sides.datalake_sdk_query.aggregate"))),
        Side("duckdb on the bare files", call("sides.duckdb.aggregate", files), extra_rows=extra_rows),
        Side("polars scan_iceberg", at_lake(call("sides.polars.aggregate"))),
        Side("pyiceberg to_duckdb", at_lake(call("sides.pyiceberg.aggregate"))),
    ]


if __name__ == "__main__":
    main()
