"""Entry point of tasks on Lambda: runs a task in a process of its own and returns its result to the state."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import warnings
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any, NoReturn, Protocol

from datalake_sdk.errors import (
    DatalakeError,
    InvalidTaskEventError,
    TaskOutOfMemoryError,
    TaskProcessError,
    TaskTimeoutError,
    TerminalError,
    TransientError,
    ephemeral_storage_hint,
    memory_hint,
)
from datalake_sdk.ledger.recording import run_error
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
from datalake_sdk.platforms.invocations import run_line
from datalake_sdk.platforms.local.task_reports import FileReporter, TaskFileReport, read_report
from datalake_sdk.runtime.environment import TASK_ATTEMPT, TASK_LOG
from datalake_sdk.runtime.reporting import TRANSIENT_ERROR, ReportLimits, TaskReport, failure_of, task_label
from datalake_sdk.runtime.task_runs import record_failed_container
from datalake_sdk.task_execution import execute_task

RESERVED_SECONDS = 30
"""Part of the timeout of the function in which a task that takes too long is stopped and reported."""
_GRACE_SECONDS = 20
_LIMITS = ReportLimits(cause=15_000, output=250_000)
"""The state receives the result or the error as JSON, with escaped quotes and line breaks, and accepts the same size as
of a callback."""
_MEMORY_SIZE = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"
"""https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime"""
_LOG_GROUP = "AWS_LAMBDA_LOG_GROUP_NAME"
_HINTS = {
    r": (MemoryError|ArrowMemoryError|OutOfMemoryException)(:|$)": memory_hint,
    r"No space left on device": ephemeral_storage_hint,
}
"""By pattern in the first line of a cause."""

# Imported once while the function is initialized, instead of in each invocation.
import_module("datalake_sdk.platforms.aws.platform")

# Lambda has no /dev/shm, which locks and queues of multiprocessing need, but processes and pipes do not.
_FORKS = multiprocessing.get_context("fork")


class LambdaContext(Protocol):
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html."""

    def get_remaining_time_in_millis(self) -> int:
        """Returns the time until the timeout of the function."""


def handle(event: object, context: LambdaContext) -> Any:
    """Runs the task of this image.

    Each invocation has its own process and temporary folder, so that it finds the same environment in a new instance
    of the function and in one that has run before.

    Args:
        event: `variables` with environment variables that are added to those of the function, and `run`, an identifier
            of the invocation that is printed to its log.
        context: Context of the invocation.

    Returns:
        Result of the task, the output of its state.

    Raises:
        TerminalError: The task failed. The message is its cause as in a callback.
        TransientError: The task failed, and a retry may succeed.
    """
    label = task_label(os.environ)
    variables: dict[str, str] = {}
    try:
        variables = _variables(event)
        label = task_label({**os.environ, **variables})
        with tempfile.TemporaryDirectory(prefix="task-") as folder:
            report = _run(variables, Path(folder), context)
    except DatalakeError as error:
        _record(error, variables)
        failure = failure_of(error, label, _LIMITS.cause)
        _fail(failure.error, failure.cause)
    if report.error:
        _fail(report.error, _with_hint(report.cause))
    return report.output


def _variables(event: object) -> dict[str, str]:
    given = event.get("variables") if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(given, dict):
        raise InvalidTaskEventError(json.dumps(event))
    sys.stdout.write(f"{run_line(str(event.get('run')))}\n")
    sys.stdout.flush()
    # JSONPath cannot convert a number to a string.
    variables = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
    run, group = str(event.get("run")), os.environ.get(_LOG_GROUP, "")
    return {**variables, TASK_ATTEMPT: run, TASK_LOG: f"lambda:{group}:{run}"}


def _record(error: DatalakeError, variables: Mapping[str, str]) -> None:
    """Records in the run ledger why a task ended without a report."""
    if TASK_ATTEMPT in variables:
        record_failed_container({**os.environ, **variables}, run_error(error))


def _run(variables: Mapping[str, str], folder: Path, context: LambdaContext) -> TaskFileReport:
    """Runs the task until shortly before the timeout of the function.

    Raises:
        TaskTimeoutError: It took too long and was stopped.
        TaskOutOfMemoryError: It was killed.
        TaskProcessError: It exited without a report.
    """
    file = folder / "report.json"
    process = _started(variables, folder, file)
    seconds = max(0.0, context.get_remaining_time_in_millis() / 1000 - RESERVED_SECONDS)
    process.join(seconds)
    has_timed_out = process.is_alive()
    if has_timed_out:
        process.terminate()
        process.join(_GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()
    report = read_report(file)
    if report is None or (has_timed_out and report.error):
        raise _unreported(process.exitcode, seconds if has_timed_out else None)
    return report


def _started(variables: Mapping[str, str], folder: Path, file: Path) -> ForkProcess:
    process = _FORKS.Process(target=_execute, args=(variables, folder, file))
    with warnings.catch_warnings():
        # The libraries with threads of their own support forks.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()
    # Before the process has called setpgid itself. https://man7.org/linux/man-pages/man2/setpgid.2.html#ERRORS
    with suppress(PermissionError, ProcessLookupError):
        os.setpgid(process.pid or 0, process.pid or 0)
    return process


def _unreported(exit_code: int | None, seconds: float | None) -> TerminalError:
    memory = int(os.environ[_MEMORY_SIZE])
    if seconds is not None:
        return TaskTimeoutError(seconds, memory)
    # Lambda kills the process that uses the most memory.
    if exit_code == -signal.SIGKILL:
        return TaskOutOfMemoryError(memory)
    return TaskProcessError(exit_code)


def _execute(variables: Mapping[str, str], folder: Path, file: Path) -> NoReturn:
    """Runs the task in its process."""
    os.setpgid(0, 0)
    # Only the folder for temporary files is writable, and HOME is not set.
    os.environ.update(variables, HOME=str(folder), TMPDIR=str(folder))
    tempfile.tempdir = None
    # awslambdaric configures the root logger, without a level.
    logging.getLogger().setLevel(logging.INFO)
    if "numpy.random" in sys.modules:
        # Unlike that of `random`, the global generator is not seeded again after a fork.
        sys.modules["numpy.random"].seed()
    report = TaskReport(FileReporter(), str(file), task_label(os.environ), limits=_LIMITS)
    sys.exit(execute_task(NativePythonProcessingWrapper, report))


def _with_hint(cause: str) -> str:
    """Adds a hint to the cause of an error about exhausted memory or storage."""
    reason, separator, traceback = cause.partition("\n\n")
    summary = reason.partition("\n")[0]
    for pattern, hint in _HINTS.items():
        if re.search(pattern, summary):
            return f"{summary}\nHint: {hint(int(os.environ[_MEMORY_SIZE]))}{separator}{traceback}"
    return cause


def _fail(error: str, cause: str) -> NoReturn:
    """Ends the invocation with an error whose class is the name of the state's error."""
    raise (TransientError if error == TRANSIENT_ERROR else TerminalError)(cause) from None
