"""The logs of a task's process."""

from __future__ import annotations

import logging

_CHATTY = ("asyncio", "boto3", "botocore", "fsspec", "py4j", "pyiceberg", "s3transfer", "urllib3")
"""Libraries whose debug logs would hide the task's, and may show what requests and answers carry."""


def start_logs() -> None:
    """Writes what is logged to stderr, unless the process logs already."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")


def show_debug_logs() -> None:
    """Also logs what the SDK and the task's own code log at level DEBUG."""
    logging.getLogger().setLevel(logging.DEBUG)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.INFO)
