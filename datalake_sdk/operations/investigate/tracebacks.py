"""Tracebacks in the causes of failures."""

from __future__ import annotations

import re

_FRAME = re.compile(r'^  File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<function>.+)$', re.MULTILINE)
_CODE_FOLDER = "/code/"


def raising_line(cause: str) -> str:
    """Returns where an error was raised, for example `code/main.py, line 6, in main`.

    Args:
        cause: Cause of a failure, which may end with a traceback.

    Returns:
        The innermost frame in the code of the task, or else the innermost frame; empty without a traceback.
    """
    frames = list(_FRAME.finditer(cause))
    own = [frame for frame in frames if _CODE_FOLDER in frame["file"]]
    if not frames:
        return ""
    frame = (own or frames)[-1]
    _, folder, file = frame["file"].rpartition(_CODE_FOLDER)
    return f"{folder.lstrip('/')}{file}, line {frame['line']}, in {frame['function']}"
