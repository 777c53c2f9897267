"""Examples at the end of help texts."""

from __future__ import annotations


def example(arguments: str) -> str:
    """Formats the epilog of a command; the example is not wrapped.

    Args:
        arguments: Arguments of the program, after those that select the embedded lake in the folder `lake`.
    """
    # https://click.palletsprojects.com/en/stable/documentation/#preventing-rewrapping
    return f"\b\nExample:\n  datalake_sdk --local lake {arguments}"
