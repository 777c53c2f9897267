"""Upsert in which 90 % of the rows update random rows, or with --tail the table's last ones, and 10 % are new."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from benchmark.harness import Side, argument_parser, call, compare, made

SLOW_CHANGES = 50_000
"""Above this number, pyiceberg runs once, and dlt, which calls pyiceberg for each thousand rows, does not run."""


def main() -> None:
    """Prints a table for each size."""
    parser = argument_parser(__doc__, 5_000_000)
    parser.add_argument(
        "--changes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="rows of the batch"
    )
    parser.add_argument("--keys", nargs="+", default=["id"], help="columns that identify a row (id by default)")
    parser.add_argument("--tail", action="store_true", help="change the last rows of the table")
    arguments = parser.parse_args()
    for rows in arguments.rows:
        for changes in arguments.changes:
            updates = changes * 9 // 10
            batch = made("changes_file", rows, changes, updates, arguments.tail)
            where = "the last" if arguments.tail else "random"
            title = f"upsert of {changes:,} into {rows:,} rows, {where}, by {', '.join(arguments.keys)}"
            sides = _sides(made("parquet_file", rows), batch, arguments.keys, changes)
            compare(title, sides, arguments, rows + changes - updates)


def _sides(table: str, batch: str, keys: Sequence[str], changes: int) -> list[Side]:
    def side(name: str, kind: str, work: str, setup: str, most_runs: int = sys.maxsize) -> Side:
        return Side(name, call(work, batch, keys), kind, call(setup, table), most_runs)

    slow = changes > SLOW_CHANGES
    pyiceberg = "sides.pyiceberg.upsert", "sides.pyiceberg.append_parquet"
    sides = [
        side("datalake_sdk", "datalake_sdk", "sides.datalake_sdk.upsert", "sides.datalake_sdk.append"),
        side("duckdb MERGE", "duckdb_table", "sides.duckdb.merge", "sides.duckdb.create"),
        side("deltalake merge", "deltalake", "sides.deltalake.merge", "sides.deltalake.append_parquet"),
        side("pyiceberg upsert", "pyiceberg", *pyiceberg, most_runs=1 if slow else sys.maxsize),
    ]
    if not slow:
        sides.append(side("dlt merge", "dlt", "sides.dlt.upsert", "sides.dlt.append_parquet", most_runs=1))
    return sides


if __name__ == "__main__":
    main()
