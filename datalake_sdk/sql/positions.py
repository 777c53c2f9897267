"""Lines and columns of a statement, for error messages."""

from __future__ import annotations

from sqlglot import exp

_EXCERPT_BEFORE = 60
_EXCERPT_LENGTH = 100


def locate(statement: str, node: exp.Expr) -> tuple[int, int, str]:
    """Returns the line and column, from 1, where a node begins, and an excerpt with a caret."""
    return locate_offset(statement, _start(node))


def locate_offset(statement: str, offset: int) -> tuple[int, int, str]:
    """Returns the line and column, from 1, of an offset, and an excerpt with a caret."""
    before = statement[:offset]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return line, column, excerpt(statement, line, column)


def excerpt(statement: str, line: int, column: int) -> str:
    """Returns a line of a statement, truncated, and below it a caret at the column."""
    lines = statement.split("\n")
    start = max(column - _EXCERPT_BEFORE, 0)
    shown = lines[min(line, len(lines)) - 1].replace("\t", " ")[start : start + _EXCERPT_LENGTH]
    return f"  {shown}\n  {' ' * (column - 1 - start)}^"


def _start(node: exp.Expr) -> int:
    # sqlglot records the positions of names, functions and literals only.
    starts = [child.meta["start"] for child in node.walk() if "start" in child.meta]
    if starts or node.parent is None or isinstance(node.parent, exp.Query):
        return min(starts, default=0)
    return _start(node.parent)
