"""First and second run of a dbt project of three models: a table, an incremental merge and an aggregate."""

from __future__ import annotations

import os

from benchmark.harness import Side, argument_parser, call, compare, made
from test.dbt.packages import dbt_environment


def main() -> None:
    """Prints a table for each size and run."""
    arguments = argument_parser(__doc__, 1_000_000).parse_args()
    os.environ.update(dbt_environment())
    for rows in arguments.rows:
        path = made("parquet_file", rows)
        sides = {"datalake_sdk": "lake", "dbt-duckdb": "database"}
        for times, title in {1: "first run", 2: "first and second run"}.items():
            runs = [
                Side(name, call("sides.dbt_models.build", times), setup=call(f"sides.dbt_models.{source}", path))
                for name, source in sides.items()
            ]
            compare(f"dbt project of three models, {rows:,} rows, {title}", runs, arguments, rows=3)


if __name__ == "__main__":
    main()
