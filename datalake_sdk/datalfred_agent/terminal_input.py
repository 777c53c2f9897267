"""Input of a user at a terminal."""

from __future__ import annotations

import termios


def discard_typed(descriptor: int) -> None:
    """Discards what was typed before a question is shown, and so cannot be its answer.

    Args:
        descriptor: File descriptor of the terminal.
    """
    termios.tcflush(descriptor, termios.TCIFLUSH)
