"""Many consecutive small upserts, including automatic maintenance: compares the last hundred with the first.

Half of the rows of each batch update random rows of the table, the others are new.
"""

from __future__ import annotations

from benchmark.small_writes import compare_writes

SIDES = {
    "datalake_sdk": "sides.datalake_sdk_job.small_upserts",
    "duckdb MERGE": "sides.duckdb.small_upserts",
    "deltalake merge": "sides.deltalake.small_upserts",
    "pyiceberg upsert": "sides.pyiceberg.small_upserts",
}


def main() -> None:
    """Prints a table for each number of rows."""
    compare_writes(__doc__, "upserts", 400, SIDES)


if __name__ == "__main__":
    main()
