"""Input of a user at a terminal."""

from __future__ import annotations

import termios


def discard_typed(descriptor: int) -> None:
    """Discards pending input: it was typed before the question was shown, so it cannot be the answer.

    Args:
        descriptor: File descriptor of the terminal.
    """
    termios.tcflush(descriptor, termios.TCIFLUSH)
