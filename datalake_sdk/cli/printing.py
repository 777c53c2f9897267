"""Listings and figures for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

UNLIMITED_WIDTH = 1_000_000


def print_json(value: Any) -> None:
    """Prints a value as one line of JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def print_fields(fields: Mapping[str, object]) -> None:
    """Prints names and values, the values below each other."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        click.echo(f"{name.ljust(width)}  {value}".rstrip())


def print_listing(headers: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints rows in columns, figures to the right; None is shown as nothing. Long cells wrap on a terminal only."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SQUARE)
    values = [list(row) for row in rows]
    for index, header in enumerate(headers):
        figures = any(isinstance(row[index], int) for row in values)
        table.add_column(header, justify="right" if figures else "left")
    for row in values:
        table.add_row(*map(_cell, row))
    Console(width=None if sys.stdout.isatty() else UNLIMITED_WIDTH, markup=False, highlight=False).print(table)


def size_text(size: int) -> str:
    """A number of bytes as people say it: `1.2 MB`."""
    from rich.filesize import decimal

    return decimal(size)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value)
