"""Prints results as fields or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from datalake_sdk.terminal_text import printable, printable_json


def print_json(value: Any) -> None:
    """Prints a value as one line of JSON."""
    click.echo(printable_json(json.dumps(value, ensure_ascii=False, default=str)))


def print_fields(fields: Mapping[str, object]) -> None:
    """Prints names and values in two columns, without control characters in the values."""
    width = max(map(len, fields), default=0)
    for name, value in fields.items():
        click.echo(f"{name.ljust(width)}  {printable(str(value))}".rstrip())
