"""Listings: rows in a box."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

import click

from datalake_sdk.terminal_text import printable

_MIN_WIDTH = 8
_FRAME = 3
"""Characters that a column adds to its cells: a border and two spaces."""


def print_listing(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints rows in a box, without control characters in them.

    Integers are right-aligned, None is empty; long cells wrap on a terminal only.
    """
    values = [list(row) for row in rows]
    is_numeric = [any(isinstance(row[column], int) for row in values) for column in range(len(headers))]
    cells = [list(headers), *([_text(value) for value in row] for row in values)]
    widths = _column_widths(cells, shutil.get_terminal_size().columns if sys.stdout.isatty() else None)
    head, *body = [list(_lines(row, widths, is_numeric)) for row in cells]
    click.echo(_rule("┌┬┐", widths))
    click.echo("\n".join(head))
    click.echo(_rule("├┼┤", widths))
    for lines in body:
        click.echo("\n".join(lines))
    click.echo(_rule("└┴┘", widths))


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else printable(str(value)).replace("\t", " ")


def _column_widths(cells: Sequence[Sequence[str]], limit: int | None) -> list[int]:
    """Returns the width of the longest cell of each column; narrows the widest columns until the box fits."""
    widths = [max(_width(line) for cell in column for line in cell.split("\n")) for column in zip(*cells, strict=True)]
    while limit and sum(widths) + _FRAME * len(widths) + 1 > limit and max(widths) > _MIN_WIDTH:
        widths[widths.index(max(widths))] -= 1
    return widths


def _lines(row: Sequence[str], widths: Sequence[int], is_numeric: Sequence[bool]) -> Iterator[str]:
    wrapped = [list(_wrapped(cell, width)) for cell, width in zip(row, widths, strict=True)]
    for pieces in zip_longest(*wrapped, fillvalue=""):
        columns = zip(pieces, widths, is_numeric, strict=True)
        yield "│ " + " │ ".join(_padded(piece, width, right) for piece, width, right in columns) + " │"


def _wrapped(cell: str, width: int) -> Iterator[str]:
    """Yields the lines of a cell, broken at spaces if possible."""
    for line in cell.split("\n"):
        rest = line
        while _width(rest) > width:
            fits = next(end for end in range(len(rest), 0, -1) if _width(rest[:end]) <= width)
            space = rest.rfind(" ", 1, fits + 1)
            end = space if space > 0 else fits
            yield rest[:end]
            rest = rest[end:].lstrip()
        yield rest


def _padded(text: str, width: int, right: bool) -> str:
    padding = " " * (width - _width(text))
    return padding + text if right else text + padding


def _width(text: str) -> int:
    """Number of terminal columns that the text occupies: https://www.unicode.org/reports/tr11/."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def _rule(corners: str, widths: Sequence[int]) -> str:
    return corners[0] + corners[1].join("─" * (width + 2) for width in widths) + corners[2]
