"""Runs the sides of a comparison in turn, each in a separate process, and prints medians and ratios as Markdown."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

from benchmark.process import REPEATS_VARIABLE, RESULT_VARIABLE
from benchmark.records import record

MEGABYTE = 1 << 20
ZSTD = ", COMPRESSION zstd, COMPRESSION_LEVEL 1"
"""DuckDB options for the same compression as that of datalake_sdk."""
Command = Callable[[Path], Sequence[str]]
"""Returns a command line for the side's folder."""
Figures = Mapping[str, float]
WALL, WORK, CPU, PEAK = "wall s", "work s", "CPU s", "peak MB"


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Args:
        name: Name in the table.
        work: Command to measure.
        kind: Function of `benchmark.sides.row_counts` that counts the rows in the folder; None if `work` returns the
            number of rows.
        setup: Command that fills the folder once, which is not measured; each run starts from a copy. None leaves the
            folder empty.
        most_runs: Maximum number of runs, for a slow side.
        extra_rows: Rows that this side has in addition to the others.
    """

    name: str
    work: Command
    kind: str | None = None
    setup: Command | None = None
    most_runs: int = sys.maxsize
    extra_rows: int = 0


@dataclass(frozen=True)
class Run:
    """One finished process.

    Args:
        work_seconds: Time of the function call, measured in the process; None if the program does not report it.
        result: Return value of the function.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    work_seconds: float | None = None
    result: Any = None


class TooSlow(Exception):
    """A process was killed because it exceeded its time limit."""


def call(function: str, *arguments: object) -> Command:
    """Returns a command that calls a function such as `sides.duckdb.copy` with the folder as its first argument."""
    return lambda folder: [
        *(sys.executable, "-m", "benchmark.process", function),
        json.dumps([str(folder), *arguments]),
    ]


def made(function: str, *arguments: object) -> str:
    """Creates an input with a function of `benchmark.data` if it does not exist, and reads it into the page cache.

    Returns:
        Path of the input, which may be a folder.
    """
    path: str = run(call(f"data.{function}", *arguments)(_inputs())).result
    for each in Path(path).iterdir() if Path(path).is_dir() else [Path(path)]:
        with each.open("rb") as file, Path(os.devnull).open("wb") as nowhere:
            shutil.copyfileobj(file, nowhere)
    return path


def argument_parser(description: str | None, *rows: int) -> argparse.ArgumentParser:
    """Returns a parser for the arguments of every benchmark.

    Args:
        description: The program's docstring.
        rows: Default numbers of input rows, each for one table.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    shown = " ".join(map(str, rows))
    parser.add_argument("--rows", type=int, nargs="+", default=rows, help=f"rows of the input ({shown} by default)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each side (5 by default)")
    parser.add_argument("--sides", nargs="+", default=[""], help="only sides whose names contain one of these")
    parser.add_argument("--most-seconds", type=float, default=900, help="kill a run after this time (900 by default)")
    return parser


def compare(
    title: str, sides: Iterable[Side], arguments: argparse.Namespace, rows: int | None = None, repeats: int = 0
) -> None:
    """Runs all sides in turn and prints a table with the ratios of the first side to each other, run by run.

    Args:
        title: Title of the table.
        sides: Sides to compare; the first always runs.
        arguments: Parsed arguments of `argument_parser`.
        rows: Expected number of rows after the first run; None skips the check.
        repeats: Additional calls in one process; the first is then a warm-up; the median of the others is reported.

    Raises:
        SystemExit: A side failed or has a different number of rows; its output is printed.
    """
    first, *others = sides
    chosen = [first, *(side for side in others if any(name in side.name for name in arguments.sides))]
    with tempfile.TemporaryDirectory(prefix="datalake-sdk-benchmark-") as root:
        folders = {side.name: Path(root, str(number)) for number, side in enumerate(chosen)}
        for side in chosen:
            _set_up(side, folders[side.name])
        measured: dict[str, list[Run | None]] = {side.name: [] for side in chosen}
        for number in range(arguments.runs):
            for side in chosen:
                runs = measured[side.name]
                if number < side.most_runs and None not in runs:
                    _restore(side, folders[side.name])
                    runs.append(_run_within(arguments.most_seconds, side.work(folders[side.name]), repeats))
            if number == 0 and rows is not None:
                _check([side for side in chosen if None not in measured[side.name]], folders, measured, rows)
    print(table(title, measured, arguments.most_seconds), flush=True)
    record_runs(title, measured)


def run(command: Sequence[str], most_seconds: float = 3600, repeats: int = 0) -> Run:
    """Runs a process and waits for it.

    Raises:
        SystemExit: The process failed; its output is printed.
        TooSlow: The process was killed after `most_seconds`.
    """
    with tempfile.TemporaryDirectory() as folder, Path(folder, "output").open("wb+") as output:
        result_path = Path(folder, "result")
        variables = {
            RESULT_VARIABLE: str(result_path),
            REPEATS_VARIABLE: str(repeats),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
        }
        # Installed packages have bytecode; those of a working copy must get theirs.
        environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment | variables)
        timer = Timer(most_seconds, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode and wall > most_seconds:
            raise TooSlow
        if process.returncode:
            output.seek(0)
            printed = output.read().decode(errors="replace")
            sys.exit(f"{' '.join(command)} ended with {process.returncode}:\n{printed}")
        outcome = json.loads(result_path.read_text()) if result_path.exists() else {}
    cpu, peak = usage.ru_utime + usage.ru_stime, outcome.get("peak", usage.ru_maxrss) * _MAXRSS_UNIT
    return Run(wall, cpu, peak, outcome.get("seconds"), outcome.get("result"))


def table(title: str, measured: dict[str, list[Run | None]], most_seconds: float) -> str:
    """Formats runs as a Markdown table; None is a run that took longer than `most_seconds`."""
    first = _figures(next(iter(measured.values())))
    lines = [f"| {title} | wall s | work s | CPU s | peak MB | wall ratio | work ratio | runs |", "|---" * 8 + "|"]
    for name, runs in measured.items():
        cells = _bounds(first, most_seconds) if None in runs else _cells(first, _figures(runs))
        lines.append(f"| {' | '.join([name, *cells, str(len(runs))])} |")
    return "\n".join(lines) + "\n"


def record_runs(title: str, measured: Mapping[str, Sequence[Run | None]]) -> None:
    """Records the medians of all sides that finished within their time limit."""
    finished = {name: _figures(runs) for name, runs in measured.items() if None not in runs}
    first = _figures(next(iter(measured.values())))
    ratios = {name: _median_ratios(first, runs) for name, runs in finished.items() if first}
    record(title, {name: _medians(runs) for name, runs in finished.items()}, ratios)


_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""getrusage reports bytes on macOS and kilobytes on Linux: https://man7.org/linux/man-pages/man2/getrusage.2.html"""


def _inputs() -> Path:
    return Path(tempfile.gettempdir()) / "datalake-sdk-benchmark"


def _set_up(side: Side, folder: Path) -> None:
    folder.mkdir()
    if side.setup is not None:
        run(side.setup(folder))
        shutil.copytree(folder, _pristine(folder))


def _restore(side: Side, folder: Path) -> None:
    """Restores the folder at the same path, because metadata contain absolute paths, and flushes earlier writes."""
    shutil.rmtree(folder)
    if side.setup is None:
        folder.mkdir()
    else:
        shutil.copytree(_pristine(folder), folder)
    os.sync()


def _pristine(folder: Path) -> Path:
    return folder.with_suffix(".pristine")


def _run_within(most_seconds: float, command: Sequence[str], repeats: int) -> Run | None:
    try:
        return run(command, most_seconds, repeats)
    except TooSlow:
        return None


def _check(
    sides: Sequence[Side], folders: dict[str, Path], measured: dict[str, list[Run | None]], expected: int
) -> None:
    returned = {side.name: taken.result for side in sides if side.kind is None and (taken := measured[side.name][0])}
    stored = {side.name: (side.kind, str(folders[side.name])) for side in sides if side.kind is not None}
    counted = run(call("sides.row_counts.all_of", stored)(_inputs())).result if stored else {}
    for side in sides:
        rows = (returned | counted)[side.name]
        if rows != expected + side.extra_rows:
            sys.exit(f"{side.name} has {rows} rows instead of {expected + side.extra_rows}")


def _cells(first: Sequence[Figures], runs: Sequence[Figures]) -> list[str]:
    medians, ratios = _medians(runs), _median_ratios(first, runs)
    work = f"{medians[WORK]:.3f}" if WORK in medians else "-"
    work_ratio = f"{ratios[WORK]:.3f}" if WORK in ratios else "-"
    return [
        f"{medians[WALL]:.2f}",
        work,
        f"{medians[CPU]:.2f}",
        f"{medians[PEAK]:.0f}",
        f"{ratios[WALL]:.3f}",
        work_ratio,
    ]


def _figures(runs: Iterable[Run | None]) -> list[Figures]:
    return [_figures_of(taken) for taken in runs if taken]


def _figures_of(taken: Run) -> Figures:
    figures = {WALL: taken.wall_seconds, CPU: taken.cpu_seconds, PEAK: taken.peak_bytes / MEGABYTE}
    return figures if taken.work_seconds is None else figures | {WORK: taken.work_seconds}


def _medians(runs: Sequence[Figures]) -> Figures:
    return {name: statistics.median(figures[name] for figures in runs) for name in runs[0]}


def _median_ratios(first: Sequence[Figures], runs: Sequence[Figures]) -> Figures:
    pairs = list(zip(first, runs, strict=False))
    shared = [name for name in runs[0] if name in first[0] and all(figures[name] for figures in runs)]
    return {name: statistics.median(mine[name] / other[name] for mine, other in pairs) for name in shared}


def _bounds(first: Sequence[Figures], most_seconds: float) -> list[str]:
    ratios = [figures[WALL] / most_seconds for figures in first]
    ratio = f"< {statistics.median(ratios):.3f}" if ratios else "-"
    return [f"> {most_seconds:.0f}", "-", "-", "-", ratio, "-"]
