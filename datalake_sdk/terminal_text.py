"""Text from tables, logs and models, made safe for a terminal."""

from __future__ import annotations

import re

_ESCAPE_SEQUENCE = r"\x1b\[[0-?]*[ -/]*[@-~]"
"""https://ecma-international.org/publications-and-standards/standards/ecma-48/"""
_INVISIBLE = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
"""Control characters, and characters that hide or reorder text: https://www.unicode.org/reports/tr36/"""
_UNPRINTABLE = re.compile(f"{_ESCAPE_SEQUENCE}|{_INVISIBLE}")


def printable(text: str) -> str:
    """Removes escape sequences, control characters and characters that hide or reorder text.

    Line feeds and tabs are kept.

    Args:
        text: Text of any length.
    """
    return _UNPRINTABLE.sub("", text)


def short_label(text: str, length: int) -> str:
    """Returns printable text on one line, cut to a length.

    Args:
        text: Text of any length.
        length: In characters, at least one.
    """
    line = " ".join(printable(text).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
