"""Causes of failed states and executions."""

from __future__ import annotations

import json
from typing import Any


def readable_cause(cause: str) -> str:
    """Returns the message of an error of Lambda, whose cause is JSON, and any other cause unchanged.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    """
    try:
        error: Any = json.loads(cause)
    except ValueError:
        return cause
    if not isinstance(error, dict) or not {"errorType", "errorMessage"} <= error.keys():
        return cause
    return str(error["errorMessage"])
