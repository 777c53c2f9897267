"""Prints the steps of a demonstration with the time elapsed since its start."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable

_INDENT = " " * 10


class Timeline:
    """Steps, each a line with the elapsed time, and notes below them.

    Args:
        clock: Returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._start = clock()

    def say(self, sentence: str) -> None:
        """Prints a step."""
        print(f"\n[{self._elapsed()}] {sentence}", flush=True)

    def note(self, text: str) -> None:
        """Prints what happened in a step."""
        print(f" {self._elapsed()}  {text}", flush=True)

    def quote(self, text: str) -> None:
        """Prints a text of the platform."""
        print(textwrap.indent(text, _INDENT), flush=True)

    def _elapsed(self) -> str:
        minutes, seconds = divmod(self._clock() - self._start, 60)
        return f"{minutes:.0f}:{seconds:04.1f}"
