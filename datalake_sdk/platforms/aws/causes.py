"""Errors and causes of failed states and executions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from datalake_sdk.errors import TerminalError, TransientError


def readable_cause(cause: str) -> str:
    """Returns the message of an error of Lambda or Glue, whose cause is JSON, and any other cause unchanged.

    https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html
    https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html
    """
    error = _parsed(cause)
    if {"errorType", "errorMessage"} <= error.keys():
        return str(error["errorMessage"])
    if "JobRunState" in error:
        return _job_run_error(error)[1]
    return cause


def error_name(error: str, cause: str) -> str:
    """Returns the name of the error that a task on Glue raised, which its state does not have, or the state's error."""
    job_run = _parsed(cause)
    return (_job_run_error(job_run)[0] or error) if "JobRunState" in job_run else error


def _job_run_error(job_run: Mapping[str, Any]) -> tuple[str, str]:
    """Returns name and message of the error of a job run."""
    message = str(job_run.get("ErrorMessage") or f"job run {job_run.get('Id', '')} ended as {job_run['JobRunState']}")
    for name in (TerminalError.__name__, TransientError.__name__):
        before, found, reason = message.partition(f"{name}: ")
        if found and before.rpartition(";")[2].strip() == "":
            return name, reason
    return "", message


def _parsed(cause: str) -> Mapping[str, Any]:
    try:
        value: Any = json.loads(cause)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
