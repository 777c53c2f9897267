"""Reads `aims.yaml`: the programs of `make bench`, and the aims that their tables are compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmark.harness import WALL

FILE = Path(__file__).with_name("aims.yaml")


@dataclass(frozen=True)
class Aim:
    """An upper limit of a figure of `datalake_sdk`, or of its ratio to the fastest peer.

    Args:
        work: What is measured, in the words of the summary.
        table: Title of the table that contains the figure.
        limit: Maximum of the ratio; without peers, of the figure itself.
        figure: Name of the figure; its last word is the unit.
        side: Side of `datalake_sdk`.
        peers: Sides of which the ratio is computed to the fastest.
        in_readme: Whether the README of the repository shows the row.
    """

    work: str
    table: str
    limit: float
    figure: str = WALL
    side: str = "datalake_sdk"
    peers: Sequence[str] = ()
    in_readme: bool = False


@dataclass(frozen=True)
class Program:
    """A program of this package, its arguments, and its aims."""

    module: str
    arguments: Sequence[str] = ()
    aims: Sequence[Aim] = ()


def read_programs() -> list[Program]:
    """Reads all programs in the order in which they run."""
    return [_program(**entry) for entry in yaml.safe_load(FILE.read_text(encoding="utf-8"))]


def _program(program: str, aims: Sequence[dict[str, Any]], arguments: Sequence[object] = ()) -> Program:
    return Program(program, tuple(map(str, arguments)), tuple(Aim(**aim) for aim in aims))
