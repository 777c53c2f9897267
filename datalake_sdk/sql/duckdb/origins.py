"""Maps positions in a translated query to positions in the user's statement."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.generators.duckdb import DuckDBGenerator

_MARK = re.compile("\ue000(\\d+)\ue001")
"""Precedes each piece of the translation whose origin is known; the delimiters are private-use code points."""


class MarkedDuckDB(DuckDB):
    """DuckDB's SQL with marks."""

    class Generator(DuckDBGenerator):
        """Writes a mark before each piece that has a position in the statement."""

        def sql(self, expression: Any, key: str | None = None, comment: bool = True) -> str:
            """Generates SQL as the base class does, preceded by a mark."""
            text = super().sql(expression, key, comment)
            if key is not None or not isinstance(expression, exp.Expr) or "start" not in expression.meta:
                return text
            return f"\ue000{expression.meta['start']}\ue001{text}"


@dataclass(frozen=True)
class Origins:
    """Positions in a translation, ascending, and the positions in the statement that they come from."""

    positions: tuple[int, ...]
    starts: tuple[int, ...]

    def start_of(self, position: int) -> int | None:
        """Returns the position in the statement of the piece at, or next to, a position of the translation."""
        if not self.positions:
            return None
        return self.starts[min(bisect_left(self.positions, position), len(self.positions) - 1)]


def origins(tree: exp.Expr) -> Origins:
    """Finds where the pieces of a translated query come from."""
    marked = tree.sql(MarkedDuckDB, identify=True)
    positions, starts, removed = [], [], 0
    for mark in _MARK.finditer(marked):
        positions.append(mark.start() - removed)
        starts.append(int(mark[1]))
        removed += len(mark[0])
    return Origins(tuple(positions), tuple(starts))
