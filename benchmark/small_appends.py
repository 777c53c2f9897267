"""Many consecutive small appends, including automatic maintenance: compares the last hundred with the first."""

from __future__ import annotations

from benchmark.small_writes import compare_writes

SIDES = {"datalake_sdk": "sides.datalake_sdk_job.small_appends", "pyiceberg append": "sides.pyiceberg.small_appends"}


def main() -> None:
    """Prints a table for each number of rows."""
    compare_writes(__doc__, "appends", 1000, SIDES)


if __name__ == "__main__":
    main()
