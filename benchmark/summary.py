"""Runs all programs and writes a summary of their aims into benchmark/README.md and README.md."""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmark.aims import Aim, Program, read_programs
from benchmark.records import RECORDS_VARIABLE, Record, read_records

ROOT = Path(__file__).parents[1]
PACKAGES = ("duckdb", "pyarrow", "pyiceberg", "polars", "deltalake", "pyspark")
MAINTAINED = re.compile("(<!-- make bench -->\n).*?(<!-- end of make bench -->)", re.DOTALL)
HEAD = "| work | ours | best peer | ratio | aim | met |\n|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Result:
    """The measured figure of an aim; without a peer, `ratio` is None."""

    aim: Aim
    ours: float
    peer: str | None = None
    peer_figure: float | None = None
    ratio: float | None = None

    @property
    def met(self) -> bool:
        """Whether the ratio, or the figure if there is no peer, is within the limit, rounded as it is shown."""
        return round(self.ours if self.ratio is None else self.ratio, 2) <= self.aim.limit


class MissingFigure(Exception):
    """A program did not print the table or the side that an aim refers to."""


def main() -> None:
    """Prints and writes the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each side (5 by default)")
    parser.add_argument("--programs", nargs="+", help="only these programs; the summary is then only printed")
    arguments = parser.parse_args()
    started = time.monotonic()
    programs = [one for one in read_programs() if not arguments.programs or one.module in arguments.programs]
    results, problems = measured(programs, arguments.runs)
    text = f"{_conditions(arguments.runs, time.monotonic() - started)}\n\n{summary_table(results)}"
    print(text)
    if not arguments.programs and not problems:
        write_summary(ROOT / "benchmark/README.md", text)
        write_summary(ROOT / "README.md", summary_table([one for one in results if one.aim.in_readme]))
    if problems:
        sys.exit("\n".join(problems))


def measured(programs: Iterable[Program], runs: int) -> tuple[list[Result], list[str]]:
    """Runs programs one after another.

    Returns:
        The results of all aims whose figures were printed, and a description of each failure.
    """
    results, problems = [], []
    for program in programs:
        try:
            tables = _tables(program, runs)
            results += [result_of(aim, tables) for aim in program.aims]
        except (MissingFigure, subprocess.CalledProcessError) as problem:
            problems.append(f"benchmark.{program.module}: {problem}")
    return results, problems


def _tables(program: Program, runs: int) -> dict[str, Record]:
    command = [sys.executable, "-m", f"benchmark.{program.module}", *program.arguments, "--runs", str(runs)]
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder, "records")
        environment = os.environ | {RECORDS_VARIABLE: str(records)}
        subprocess.run(command, env=environment, cwd=ROOT, check=True)
        return {one.title: one for one in read_records(records)}


def result_of(aim: Aim, tables: Mapping[str, Record]) -> Result:
    """Looks up the figure of an aim, and that of the best of its peers.

    Raises:
        MissingFigure: There is no such table, side or figure.
    """
    if aim.table not in tables:
        raise MissingFigure(f"no table '{aim.table}' among {', '.join(sorted(tables)) or 'none'}")
    record = tables[aim.table]
    missing = [side for side in (aim.side, *aim.peers) if aim.figure not in record.figures.get(side, {})]
    if missing:
        raise MissingFigure(f"table '{aim.table}' has no '{aim.figure}' of {', '.join(missing)}")
    ours = record.figures[aim.side][aim.figure]
    if not aim.peers:
        return Result(aim, ours)
    best = min(aim.peers, key=lambda peer: record.figures[peer][aim.figure])
    return Result(aim, ours, best, record.figures[best][aim.figure], record.ratios[best][aim.figure])


def summary_table(results: Iterable[Result]) -> str:
    """Formats results as a Markdown table."""
    return "\n".join([HEAD, *map(_row, results)])


def write_summary(page: Path, summary: str) -> None:
    """Replaces what is between the two comments of a Markdown page that `make bench` maintains."""
    replaced, count = MAINTAINED.subn(lambda found: f"{found[1]}{summary}\n{found[2]}", page.read_text())
    if count != 1:
        sys.exit(f"{page.name} must contain '<!-- make bench -->' and '<!-- end of make bench -->' once")
    page.write_text(replaced)


def _conditions(runs: int, seconds: float) -> str:
    packages = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    python = ".".join(map(str, sys.version_info[:3]))
    return (
        f"Measured by `make bench` on {datetime.now(UTC):%Y-%m-%d} in {seconds / 60:.0f} minutes, {runs} runs of "
        f"each side, on {os.cpu_count()} cores ({_processor()}): Python {python}, {packages}."
    )


def _processor() -> str:
    """Returns the name of the processor, which only Linux lists in /proc/cpuinfo."""
    listed = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", listed.read_text()) if listed.exists() else None
    return found[1] if found else platform.processor()


def _row(result: Result) -> str:
    aim, unit = result.aim, result.aim.figure.rpartition(" ")[2].removeprefix("ratio")
    peer = (
        f"{result.peer} {_shown(result.peer_figure, unit)}" if result.peer and result.peer_figure is not None else "-"
    )
    ratio = f"{result.ratio:.2f}" if result.ratio is not None else "-"
    limit = f"{aim.limit:.2f}" if aim.peers else _shown(aim.limit, unit)
    cells = [aim.work, _shown(result.ours, unit), peer, ratio, limit, "yes" if result.met else "no"]
    return f"| {' | '.join(cells)} |"


def _shown(figure: float, unit: str) -> str:
    return f"{figure:,.0f} {unit}" if figure >= 100 else f"{figure:.2f} {unit}".rstrip()


if __name__ == "__main__":
    main()
