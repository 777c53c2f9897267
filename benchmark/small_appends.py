"""Many consecutive small appends, including automatic maintenance: compares the last hundred with the first."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmark.harness import MEGABYTE, Run, argument_parser, call, run

SIDES = {"datalake_sdk": "sides.datalake_sdk_job.small_appends", "pyiceberg append": "sides.pyiceberg.small_appends"}


def main() -> None:
    """Prints the table."""
    parser = argument_parser(__doc__, 100)
    parser.add_argument("--appends", type=int, default=1000, help="appends in a row (1,000 by default)")
    arguments = parser.parse_args()
    first, *others = SIDES
    chosen = [first, *(name for name in others if any(part in name for part in arguments.sides))]
    for rows in arguments.rows:
        measured: dict[str, list[Run]] = {name: [] for name in chosen}
        for number in range(arguments.runs):
            for name in chosen if number == 0 else [first]:
                with tempfile.TemporaryDirectory(prefix="datalake-sdk-benchmark-") as folder:
                    command = call(SIDES[name], arguments.appends, rows)(Path(folder))
                    measured[name].append(run(command, arguments.most_seconds))
        print(_table(f"{arguments.appends:,} appends of {rows:,} rows", measured))


def _table(title: str, measured: dict[str, list[Run]]) -> str:
    head = f"| {title} | first hundred, ms | last hundred, ms | ratio | slowest, ms | wall s | CPU s | peak MB | runs |"
    lines = [head, "|---" * 9 + "|"]
    for name, runs in measured.items():
        firsts = [statistics.median(taken.result[:100]) for taken in runs]
        lasts = [statistics.median(taken.result[-100:]) for taken in runs]
        ratio = statistics.median(last / first for first, last in zip(firsts, lasts, strict=True))
        cells = [
            f"{statistics.median(firsts) * 1000:.1f}",
            f"{statistics.median(lasts) * 1000:.1f}",
            f"{ratio:.2f}",
            f"{statistics.median(max(taken.result) for taken in runs) * 1000:.0f}",
            f"{statistics.median(taken.wall_seconds for taken in runs):.1f}",
            f"{statistics.median(taken.cpu_seconds for taken in runs):.1f}",
            f"{statistics.median(taken.peak_bytes for taken in runs) / MEGABYTE:.0f}",
        ]
        lines.append(f"| {' | '.join([name, *cells, str(len(runs))])} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
