"""Logging of a task's process."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(message)s"
_WARNING = re.compile(r"\d{4}-\d\d-\d\d \S+ WARNING (.*)")
_VERBOSE_LIBRARIES = ("asyncio", "boto3", "botocore", "fsspec", "py4j", "pyiceberg", "s3transfer", "urllib3")
"""Libraries whose debug logs are too verbose and may contain request and response bodies."""


def start_logs() -> None:
    """Logs to stderr, unless logging is already configured."""
    logging.basicConfig(level=logging.INFO, format=_FORMAT)


def logged_warnings(log: Path) -> Iterator[str]:
    """Yields the first line of each warning in the log of a local task.

    Args:
        log: Path of the log; a `*` in its name stands for the iterations of the task.
    """
    for file in sorted(log.parent.glob(log.name)):
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from (found[1] for found in map(_WARNING.match, lines) if found)


def show_debug_logs() -> None:
    """Includes debug logs of the SDK and of the task's code."""
    logging.getLogger().setLevel(logging.DEBUG)
    for name in _VERBOSE_LIBRARIES:
        logging.getLogger(name).setLevel(logging.INFO)
