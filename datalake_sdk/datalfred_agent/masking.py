"""Masks secrets in results, by their form and by the names of fields and columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from datalake_sdk.redaction import MASK, redacted

_STRINGS = ("string", "large_string")
_FIELD = re.compile(r'(?:^|,)("(?:[^"]|"")*"|[^",]*)')
"""https://datatracker.ietf.org/doc/html/rfc4180#section-2"""


def masked(value: Any, is_secret: bool = False) -> Any:
    """Masks the secrets in a JSON-serializable value.

    Args:
        value: Value; mappings become dictionaries with string keys.
        is_secret: Whether each string in it is a secret, because the value belongs to a field such as `password`.
    """
    if isinstance(value, Mapping):
        entries = {str(key): entry for key, entry in value.items()}
        return {key: masked(entry, is_secret or _names_secret(key)) for key, entry in entries.items()}
    if isinstance(value, list | tuple):
        return [masked(each, is_secret) for each in value]
    if not isinstance(value, str):
        return value
    return MASK if is_secret and value else redacted(value)


def masked_lines(columns: Sequence[Mapping[str, str]], lines: Sequence[str]) -> list[str]:
    """Masks the secrets in rows.

    Args:
        columns: Names and types.
        lines: Rows as CSV.

    Returns:
        Rows as CSV, in which the strings of columns such as `password` are masked, too.
    """
    are_secret = [column["type"] in _STRINGS and _names_secret(column["name"]) for column in columns]
    return [_masked_line(line, are_secret) for line in lines]


def _names_secret(name: str) -> bool:
    return MASK in redacted(f'{name}="x"')


def _masked_line(line: str, are_secret: Sequence[bool]) -> str:
    return ",".join(_masked_field(*each) for each in zip(_FIELD.findall(line), are_secret, strict=True))


def _masked_field(field: str, is_secret: bool) -> str:
    value = field[1:-1].replace('""', '"') if field.startswith('"') else field
    shown = masked(value, is_secret)
    if shown == value:
        return field
    escaped = shown.replace('"', '""')
    return f'"{escaped}"'
