"""The native engine compared with Spark (`local[2]`): appends, the smallest to measure start-up, and upserts."""

from __future__ import annotations

from argparse import Namespace

from benchmark.harness import Side, argument_parser, call, compare, made

ENGINES = {"datalake_sdk": "sides.datalake_sdk", "datalake_sdk on Spark": "sides.spark"}


def main() -> None:
    """Prints tables for each size."""
    arguments = argument_parser(__doc__, 1, 1_000_000, 5_000_000, 20_000_000).parse_args()
    for rows in arguments.rows:
        path = made("parquet_file", rows)
        sides = [Side(name, call(f"{module}.append", path), "datalake_sdk") for name, module in ENGINES.items()]
        compare(f"append of {rows:,} rows", sides, arguments, rows)
    for rows in arguments.rows:
        changes = rows // 10
        if changes:
            _compare_upserts(rows, changes, changes * 9 // 10, arguments)


def _compare_upserts(rows: int, changes: int, updates: int, arguments: Namespace) -> None:
    batch = made("changes_file", rows, changes, updates)
    setup = call("sides.datalake_sdk.append", made("parquet_file", rows))
    sides = [
        Side(name, call(f"{module}.upsert", batch, ["id"]), "datalake_sdk", setup) for name, module in ENGINES.items()
    ]
    compare(f"upsert of {changes:,} into {rows:,} rows", sides, arguments, rows + changes - updates)


if __name__ == "__main__":
    main()
