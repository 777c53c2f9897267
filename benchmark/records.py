"""Results of benchmark programs in a file, from which the summary of all programs is made."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

RECORDS_VARIABLE = "BENCHMARK_RECORDS"
"""Names the file to which programs append their results; without it, they only print them."""


@dataclass(frozen=True)
class Record:
    """The figures of one table that a program printed.

    Args:
        title: Title of the table.
        figures: Medians of each side, by the name of the side and that of the figure, such as `wall s`.
        ratios: Medians of the ratios of the first side to each other, run by run, by the same names.
    """

    title: str
    figures: Mapping[str, Mapping[str, float]]
    ratios: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def record(title: str, figures: Mapping[str, Mapping[str, float]], ratios: Mapping[str, Mapping[str, float]]) -> None:
    """Appends the figures of a table to the file that `make bench` collects, if it is set."""
    if path := os.environ.get(RECORDS_VARIABLE):
        with Path(path).open("a") as file:
            file.write(json.dumps(asdict(Record(title, figures, ratios))) + "\n")


def read_records(path: Path) -> Iterable[Record]:
    """Returns the recorded tables, in the order in which they were printed."""
    return [Record(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []
