"""Ends the DuckDB databases of a process in time."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable


def on_fork_or_exit(clear: Callable[[], None]) -> None:
    """Calls a function that forgets databases before each fork and at the end of the process."""
    # A forked process does not have the threads of a database.
    os.register_at_fork(before=clear)
    # Otherwise DuckDB prints a list of leaked objects: https://nanobind.readthedocs.io/en/latest/refleaks.html
    atexit.register(clear)
