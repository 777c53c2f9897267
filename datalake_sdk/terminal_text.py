"""Text from tables, logs and models, made safe for a terminal."""

from __future__ import annotations

import json
import re

_ESCAPE_SEQUENCE = r"\x1b\[[0-?]*[ -/]*[@-~]"
"""https://ecma-international.org/publications-and-standards/standards/ecma-48/"""
_INVISIBLE = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff"
    r"\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
"""Control characters, characters that hide or reorder text, and code points that are none and that XML does not allow:
https://www.unicode.org/reports/tr36/, https://www.w3.org/TR/xml/#charsets"""
_UNPRINTABLE = re.compile(f"{_ESCAPE_SEQUENCE}|{_INVISIBLE}")


def printable(text: str) -> str:
    """Removes escape sequences, control characters and characters that hide or reorder text.

    Line feeds and tabs are kept.

    Args:
        text: Text of any length.
    """
    return _UNPRINTABLE.sub("", text)


def printable_json(text: str) -> str:
    """Escapes in JSON the characters that `printable` removes.

    Args:
        text: JSON of any length.
    """
    return re.sub(_INVISIBLE, lambda found: json.dumps(found[0])[1:-1], text)


def short_label(text: str, length: int) -> str:
    """Returns printable text on one line, cut to a length.

    Args:
        text: Text of any length.
        length: In characters, at least one.
    """
    line = " ".join(printable(text).split())
    return line if len(line) <= length else f"{line[: length - 1]}…"
