"""Compares the rows of a table with the expected rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

_MISSING = "no such column"

Row = Mapping[str, Any]


def row_differences(expected: Sequence[Row], written: Sequence[Row]) -> list[str]:
    """Compares rows by value and in any order; columns that no expected row contains are ignored.

    Args:
        expected: Expected rows.
        written: Rows of the table.

    Returns:
        Lines: `- …` for each expected row that was not written, `+ …` for each other row that was; similar rows
        are adjacent.
    """
    columns = list(dict.fromkeys(column for row in expected or written for column in row))
    wanted = Counter(_text(row, columns, "null") for row in expected)
    found = Counter(_text(row, columns, _MISSING) for row in written)
    lines = [(text, "-") for text in (wanted - found).elements()] + [
        (text, "+") for text in (found - wanted).elements()
    ]
    return [f"{sign} {text}" for text, sign in sorted(lines, key=lambda line: (line[0], line[1] == "+"))]


def _text(row: Row, columns: Sequence[str], missing: str) -> str:
    return ", ".join(f"{name}={_value_text(row[name]) if name in row else missing}" for name in columns)


def _value_text(value: object) -> str:
    """Formats a value so that equal values of different types are equal.

    Examples are `1`, `1.0` and `Decimal("1.00")`, and an instant in two time zones.
    """
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float | Decimal):
        # A negative zero equals zero.
        number = format(Decimal(str(value or 0)), "f")
        return number.rstrip("0").rstrip(".") if "." in number else number
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.astimezone(UTC)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_value_text(value[name])}" for name in sorted(value, key=str)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value_text, value)) + "]"
    return repr(value)
