"""The first line in the log of a task on Lambda, by which readers find the log."""

from __future__ import annotations


def run_line(run: str) -> str:
    """Returns the line with which the log of an invocation starts.

    Args:
        run: Identifier of the invocation; unlike that of Lambda, its caller knows it.
    """
    return f"Run {run}"
