"""Many consecutive small writes in one process: compares the last hundred with the first."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmark.harness import MEGABYTE, Command, Run, argument_parser, call, run
from benchmark.records import record

FIRST, LAST, RATIO = "first hundred s", "last hundred s", "ratio"
_FIGURES = (FIRST, LAST, RATIO, "median of the first ms", "median of the last ms", "slowest ms", "wall s", "CPU s")


def compare_writes(description: str | None, writes: str, count: int, sides: Mapping[str, str]) -> None:
    """Parses the arguments of a program, runs its sides and prints a table for each number of rows.

    Args:
        description: The program's docstring.
        writes: Name of the writes in the plural, also the name of the option with their number.
        count: Number of writes by default.
        sides: Function by name; each returns the seconds of every write. The first always runs.
    """
    parser = argument_parser(description, 100)
    parser.add_argument(
        f"--{writes}", dest="count", type=int, default=count, help=f"{writes} in a row ({count:,} by default)"
    )
    arguments = parser.parse_args()
    for rows in arguments.rows:
        commands = {name: call(side, arguments.count, rows) for name, side in sides.items()}
        _compare(f"{arguments.count:,} {writes} of {rows:,} rows", commands, arguments)


def _compare(title: str, sides: Mapping[str, Command], arguments: argparse.Namespace) -> None:
    """Runs each side and prints a table; sides other than the first run once, because some take minutes."""
    first, *others = sides
    chosen = [first, *(name for name in others if any(part in name for part in arguments.sides))]
    measured: dict[str, list[Run]] = {name: [] for name in chosen}
    for number in range(arguments.runs):
        for name in chosen if number == 0 else [first]:
            with tempfile.TemporaryDirectory(prefix="datalake-sdk-benchmark-") as folder:
                measured[name].append(run(sides[name](Path(folder)), arguments.most_seconds))
    figures = {name: _medians(runs) for name, runs in measured.items()}
    record(title, figures, {})
    print(_table(title, figures, {name: len(runs) for name, runs in measured.items()}))


def _medians(runs: Sequence[Run]) -> dict[str, float]:
    figures = [_figures_of(taken) for taken in runs]
    return {name: statistics.median(figure[name] for figure in figures) for name in figures[0]}


def _figures_of(taken: Run) -> dict[str, float]:
    first, last = taken.result[:100], taken.result[-100:]
    values = (
        sum(first),
        sum(last),
        sum(last) / sum(first),
        statistics.median(first) * 1000,
        statistics.median(last) * 1000,
        max(taken.result) * 1000,
        taken.wall_seconds,
        taken.cpu_seconds,
    )
    return dict(zip(_FIGURES, values, strict=True)) | {"peak MB": taken.peak_bytes / MEGABYTE}


def _table(title: str, figures: Mapping[str, Mapping[str, float]], runs: Mapping[str, int]) -> str:
    names = list(next(iter(figures.values())))
    lines = [f"| {' | '.join([title, *names, 'runs'])} |", "|---" * (len(names) + 2) + "|"]
    for side, values in figures.items():
        cells = [f"{value:.2f}" if value < 10 else f"{value:.0f}" for value in values.values()]
        lines.append(f"| {' | '.join([side, *cells, str(runs[side])])} |")
    return "\n".join(lines) + "\n"
