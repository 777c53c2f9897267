"""JSON files whose objects can be decoded together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress

from datalake_sdk.errors import CorruptInputError
from datalake_sdk.inputs.json.documents import (
    WHITE_SPACE,
    array_as_lines,
    has_one_object_per_line,
    is_array,
    sequence_as_lines,
)
from datalake_sdk.inputs.source import Rewrite

_END_OF_LINES = b"}\n"


class JsonJoiner:
    """Recognizes files of any layout, each of which is read as lines of one object."""

    def rows(self, name: str, text: bytes) -> bytes | None:
        if is_array(text):
            return _rewritten(name, text, array_as_lines)
        # A file of only white space is an error.
        if not (lines := text if text.endswith(_END_OF_LINES) else text.rstrip(WHITE_SPACE)):
            return None
        return lines if _has_lines(text) else _rewritten(name, text, sequence_as_lines)

    def are_separable(self, text: bytes, ends: Sequence[int]) -> bool:
        return True

    def count(self, rows: bytes) -> int:
        return sum(1 for line in rows.split(b"\n") if line.strip())


def _has_lines(text: bytes) -> bool:
    with suppress(ValueError):
        return isinstance(json.loads(text[: text.find(b"\n") + 1]), dict)
    return has_one_object_per_line(text)


def _rewritten(name: str, text: bytes, rewrite: Rewrite) -> bytes | None:
    pending = [text]
    read = rewrite(name, lambda _: pending.pop() if pending else b"")
    lines = []
    try:
        while data := read(len(text)):
            lines.append(data)
    except CorruptInputError:
        return None
    return b"".join(lines)
