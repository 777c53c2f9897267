"""Values of secrets that this process has read, and their removal from text that leaves it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus

from datalake_sdk.redaction import MASK

_MINIMUM_LENGTH = 4
"""Shorter values would also mask parts of ordinary words."""
_masked: set[str] = set()


def mask_value(secret: str) -> None:
    """Masks a secret, and each string in it if it is JSON, in logs and in reports of the task.

    Args:
        secret: Value; values with less than 4 characters are not masked.
    """
    for value in (secret, *_leaves(secret)):
        forms = {value, json.dumps(value)[1:-1], repr(value)[1:-1], quote(value, safe=""), quote_plus(value)}
        _masked.update(form for form in forms if len(value) >= _MINIMUM_LENGTH)


def without_masked_values(text: str) -> str:
    """Replaces all masked values in text."""
    for value in sorted(_masked, key=len, reverse=True):
        text = text.replace(value, MASK)
    return text


def with_masked_strings(value: Any) -> Any:
    """Replaces all masked values in the strings of a JSON-serializable value; numbers and keys stay as they are."""
    if isinstance(value, Mapping):
        return {key: with_masked_strings(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_masked_strings(item) for item in value]
    return without_masked_values(value) if isinstance(value, str) else value


def mask_logs() -> None:
    """Removes masked values from the output of the handlers of the root logger."""
    for handler in logging.getLogger().handlers:
        if not isinstance(handler.formatter, _MaskingFormatter):
            handler.setFormatter(_MaskingFormatter(handler.formatter or logging.Formatter()))


class _MaskingFormatter(logging.Formatter):
    def __init__(self, formatter: logging.Formatter) -> None:
        super().__init__()
        self._formatter = formatter

    def format(self, record: logging.LogRecord) -> str:
        return without_masked_values(self._formatter.format(record))


def _leaves(text: str) -> Iterator[str]:
    try:
        yield from _strings(json.loads(text))
    except ValueError:
        return


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value
