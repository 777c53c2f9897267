"""Where in the user's statement a place in the translated one comes from."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.generators.duckdb import DuckDBGenerator

from datalake_sdk.sql.athena import excerpt

_MARK = re.compile("\ue000(\\d+)\ue001")
"""Stands before each piece of the translation whose origin is known; the characters are of Unicode's private use."""


class MarkedDuckDB(DuckDB):
    """DuckDB's SQL with marks."""

    class Generator(DuckDBGenerator):
        """Writes a mark before each piece that the parser has given a position."""

        def sql(self, expression: Any, key: str | None = None, comment: bool = True) -> str:
            """As the generator's own, with a mark."""
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
        """The position in the statement of what stands at a position of the translation, or next to it."""
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


def place(statement: str, node: exp.Expr) -> tuple[int, int, str]:
    """Line and column where a piece of a statement begins, from 1, and the line with a caret."""
    return shown(statement, _start(node))


def shown(statement: str, start: int) -> tuple[int, int, str]:
    """Line and column of a position, from 1, and the line with a caret."""
    before = statement[:start]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return line, column, excerpt(statement, line, column)


def _start(node: exp.Expr) -> int:
    """The parser notes the start of names, functions and literals only."""
    starts = [child.meta["start"] for child in node.walk() if "start" in child.meta]
    if starts or node.parent is None or isinstance(node.parent, exp.Query):
        return min(starts, default=0)
    return _start(node.parent)
