"""Tracebacks in the causes of failures."""

from __future__ import annotations

import re

_FRAME = re.compile(r'^  File "(?P<file>[^"\n]+)", line (?P<line>\d+), in (?P<function>.+)$', re.MULTILINE)
_CODE_FOLDER, _PACKAGES_FOLDER = "/code/", "/site-packages/"


def without_traceback(cause: str) -> str:
    """Returns the part of a cause before its traceback: the message and the hint."""
    return cause.partition("\n\nTraceback")[0]


def raising_line(cause: str) -> str:
    """Returns where an error was raised, for example `code/main.py, line 6, in main`.

    Args:
        cause: Cause of a failure, which may end with a traceback.

    Returns:
        The innermost frame in the code of the task, or else the innermost frame; empty without a traceback.
    """
    frames = list(_FRAME.finditer(cause))
    return raising_line_of_code(cause) or (_line(frames[-1]) if frames else "")


def raising_line_of_code(cause: str) -> str:
    """Returns the innermost frame in the code of the task like `raising_line`; empty if none is."""
    own = [frame for frame in _FRAME.finditer(cause) if _is_own(frame["file"])]
    return _line(own[-1]) if own else ""


def _is_own(file: str) -> bool:
    return _CODE_FOLDER in file and _PACKAGES_FOLDER not in file


def _line(frame: re.Match[str]) -> str:
    file = frame["file"]
    shown = _CODE_FOLDER.lstrip("/") + file.rpartition(_CODE_FOLDER)[2] if _is_own(file) else file
    return f"{shown}, line {frame['line']}, in {frame['function']}"
