"""Many consecutive small upserts, including automatic maintenance: compares the last hundred with the first.

Half of the rows of each batch update random rows of the table, the others are new.
"""

from __future__ import annotations

from benchmark.harness import argument_parser, call
from benchmark.small_writes import compare_writes

SIDES = {
    "datalake_sdk": "sides.datalake_sdk_job.small_upserts",
    "duckdb MERGE": "sides.duckdb.small_upserts",
    "deltalake merge": "sides.deltalake.small_upserts",
    "pyiceberg upsert": "sides.pyiceberg.small_upserts",
}


def main() -> None:
    """Prints the table."""
    parser = argument_parser(__doc__, 100)
    parser.add_argument("--upserts", type=int, default=400, help="upserts in a row (400 by default)")
    arguments = parser.parse_args()
    for rows in arguments.rows:
        sides = {name: call(side, arguments.upserts, rows) for name, side in SIDES.items()}
        compare_writes(f"{arguments.upserts:,} upserts of {rows:,} rows", sides, arguments)


if __name__ == "__main__":
    main()
