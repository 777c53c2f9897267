"""What a task on Lambda and the readers of its log have in common."""

from __future__ import annotations


def run_line(run: str) -> str:
    """Returns the line with which the log of an invocation starts.

    Args:
        run: Identifier of the invocation; unlike that of Lambda, its caller knows it.
    """
    return f"Run {run}"
