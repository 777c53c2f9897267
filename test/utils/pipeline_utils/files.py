"""The files of the integration pipeline."""

from __future__ import annotations

import json
from typing import Any

DELIVERED = "integration_tests/incoming/"
"""Prefix of the keys of files that start an execution; it deletes them after a successful check."""


def given_files(job: Any) -> list[str]:
    """Returns the keys of the files that the task was given, in the technical bucket."""
    return sorted(set(json.loads(job.task_additional_parameters["files"])))


def uri(job: Any, key: str) -> str:
    """Returns the URI of an object in the technical bucket."""
    return f"s3://{job.platform.environment.technical_bucket}/{key}"
