"""Prints Markdown in a terminal as it is generated, one complete paragraph after the other."""

from __future__ import annotations

import re

from rich.console import Console
from rich.markdown import Markdown

from datalake_sdk.terminal_text import printable

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)


class MarkdownStream:
    """Prints Markdown in complete paragraphs, since lines that have scrolled off the screen cannot be redrawn.

    Args:
        console: Console to print to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pending = ""

    def add(self, text: str) -> None:
        """Adds text and prints the paragraphs that are complete."""
        self._pending += printable(text)
        ends = [found.end() for found in _BLANK_LINE.finditer(self._pending)]
        complete = [end for end in ends if len(_FENCE.findall(self._pending[:end])) % 2 == 0]
        if complete:
            self._print(self._pending[: complete[-1]])
            self._pending = self._pending[complete[-1] :]

    def end(self) -> None:
        """Prints the rest."""
        self._print(self._pending)
        self._pending = ""

    def _print(self, text: str) -> None:
        if text.strip():
            self._console.print(Markdown(text, hyperlinks=False))
