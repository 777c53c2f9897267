"""Many consecutive small appends, including automatic maintenance: compares the last hundred with the first."""

from __future__ import annotations

from benchmark.harness import argument_parser, call
from benchmark.small_writes import compare_writes

SIDES = {"datalake_sdk": "sides.datalake_sdk_job.small_appends", "pyiceberg append": "sides.pyiceberg.small_appends"}


def main() -> None:
    """Prints the table."""
    parser = argument_parser(__doc__, 100)
    parser.add_argument("--appends", type=int, default=1000, help="appends in a row (1,000 by default)")
    arguments = parser.parse_args()
    for rows in arguments.rows:
        sides = {name: call(side, arguments.appends, rows) for name, side in SIDES.items()}
        compare_writes(f"{arguments.appends:,} appends of {rows:,} rows", sides, arguments)


if __name__ == "__main__":
    main()
