"""Reports of tasks in local runs: JSON files instead of callbacks. A task's token is the path of its file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from datalake_sdk.errors import LostRunError


@dataclass(frozen=True)
class TaskFileReport:
    """Report of a task.

    Args:
        output: Result of a task that succeeded.
        error: Name of the error of a task that failed, such as `TransientError` or `TerminalError`.
        cause: Task, class, message and hint of the error, and the end of its traceback.
    """

    output: Any = None
    error: str | None = None
    cause: str = ""


class FileReporter:
    """Writes the report of a task, in the process of the task."""

    def __init__(self) -> None:
        self._run = os.getppid()

    def send_heartbeat(self, token: str) -> None:
        """Checks that the run still waits for the task.

        Raises:
            LostRunError: The process of the run was killed.
        """
        if os.getppid() != self._run:
            raise LostRunError("the process of the run has ended")

    def send_success(self, token: str, output: str) -> None:
        write_report(Path(token), TaskFileReport(output=json.loads(output)))

    def send_failure(self, token: str, error: str, cause: str) -> None:
        write_report(Path(token), TaskFileReport(error=error, cause=cause))


def read_report(path: Path) -> TaskFileReport | None:
    """Reads the report of a task that ended; None if it ended without a report."""
    return TaskFileReport(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def write_report(path: Path, report: TaskFileReport) -> None:
    """Writes the report of a task atomically.

    Raises:
        LostRunError: The file cannot be written.
    """
    try:
        write_atomically(path, json.dumps(asdict(report)))
    except OSError as error:
        raise LostRunError(f"cannot write {path}: {error.strerror}") from error


def write_atomically(path: Path, text: str) -> None:
    """Writes a file such that a reader, also after a kill, finds the old or the new content."""
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.rename(path)
