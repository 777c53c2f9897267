"""Logging of a task's process."""

from __future__ import annotations

import logging

_VERBOSE_LIBRARIES = ("asyncio", "boto3", "botocore", "fsspec", "py4j", "pyiceberg", "s3transfer", "urllib3")
"""Libraries whose debug logs are too verbose and may contain request and response bodies."""


def start_logs() -> None:
    """Logs to stderr, unless logging is already configured."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")


def show_debug_logs() -> None:
    """Includes debug logs of the SDK and of the task's code."""
    logging.getLogger().setLevel(logging.DEBUG)
    for name in _VERBOSE_LIBRARIES:
        logging.getLogger(name).setLevel(logging.INFO)
