"""The SDK's Spark engine and plain Spark in one warm session (`local[2]`): appends and upserts.

Each side has its own table, which every run restores. The first run of a side is a warm-up. All sides share one Java
process, so their peak memory is the same.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmark.harness import Run, argument_parser, call, made, record_runs, run, table


def main() -> None:
    """Prints two tables for each size."""
    arguments = argument_parser(__doc__, 5_000_000).parse_args()
    for rows in arguments.rows:
        changes, stored = rows // 10, made("parquet_file", rows)
        updates = changes * 9 // 10
        batch = made("changes_file", rows, changes, updates)
        process = _process(arguments, stored, batch)
        appended, upserted = (process.result[name] for name in ("APPENDS", "UPSERTS"))
        _print(f"append of {rows:,} rows, warm", appended, process, arguments, 2 * rows)
        title = f"upsert of {changes:,} into {rows:,} rows, warm"
        _print(title, upserted, process, arguments, rows + changes - updates)


def _process(arguments: Namespace, *paths: str) -> Run:
    """Runs all sides in one process; the first side always runs."""
    command = call("sides.spark_session.alternate", arguments.sides, arguments.runs, *paths)
    with tempfile.TemporaryDirectory(prefix="datalake-sdk-benchmark-") as root:
        return run(command(Path(root)), arguments.most_seconds)


def _print(title: str, sides: Mapping[str, Any], process: Run, arguments: Namespace, rows: int) -> None:
    measured: dict[str, list[Run | None]] = {}
    for name, taken in sides.items():
        if taken["rows"] != rows:
            sys.exit(f"{name} has {taken['rows']} rows instead of {rows}")
        measured[name] = [Run(wall, cpu, process.peak_bytes, wall) for wall, cpu in taken["seconds"]]
    print(table(title, measured, arguments.most_seconds), flush=True)
    record_runs(title, measured)


if __name__ == "__main__":
    main()
