"""Runs the sides of a comparison in turn, each as a process of its own, and prints medians and ratios."""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Args:
        name: What the table calls it.
        work: Command line that is measured, given an empty folder.
        setup: Command line run before it in the same folder, not measured; None for none.
    """

    name: str
    work: Callable[[Path], Sequence[str]]
    setup: Callable[[Path], Sequence[str]] | None = None


@dataclass(frozen=True)
class Run:
    """What the operating system says of one finished process."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int


def python(module: str, *arguments: object) -> list[str]:
    """Command line of a module of this repository."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def argument_parser(description: str | None, rows: int) -> argparse.ArgumentParser:
    """Arguments that every benchmark has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rows", type=int, default=rows, help=f"rows of the input ({rows:,} by default)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each side (5 by default)")
    return parser


def compare(title: str, sides: Sequence[Side], runs: int) -> None:
    """Runs all sides in turn, `runs` times, and prints a table; ratios are the first side's to each other's.

    Raises:
        SystemExit: A side failed; its output is printed.
    """
    measured: dict[str, list[Run]] = {side.name: [] for side in sides}
    for _ in range(runs):
        for side in sides:
            with tempfile.TemporaryDirectory(prefix="bench") as folder:
                if side.setup is not None:
                    _measure(side.setup(Path(folder)))
                measured[side.name].append(_measure(side.work(Path(folder))))
    _print_table(title, measured, runs)


def _measure(command: Sequence[str]) -> Run:
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{output.read().decode(errors='replace')}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _MAXRSS_UNIT)


_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""getrusage counts bytes on macOS and kilobytes on Linux: https://man7.org/linux/man-pages/man2/getrusage.2.html"""


def _print_table(title: str, measured: dict[str, list[Run]], runs: int) -> None:
    first = next(iter(measured.values()))
    width = max(len(name) for name in measured)
    print(f"{title} (median of {runs})")
    print(f"{'':{width}}  {'wall s':>8}  {'CPU s':>8}  {'peak MB':>8}  {'ratio':>8}")
    for name, side_runs in measured.items():
        wall = statistics.median(run.wall_seconds for run in side_runs)
        cpu = statistics.median(run.cpu_seconds for run in side_runs)
        peak = statistics.median(run.peak_bytes for run in side_runs) / MEGABYTE
        pairs = zip(first, side_runs, strict=True)
        ratio = statistics.median(mine.wall_seconds / other.wall_seconds for mine, other in pairs)
        print(f"{name:{width}}  {wall:8.2f}  {cpu:8.2f}  {peak:8.0f}  {ratio:8.3f}")
