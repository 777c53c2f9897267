"""A task that fails in different ways, and what its execution reports."""

from __future__ import annotations

from typing import Any

from test.emulator import Emulator

FAULTY = """
import os, signal
import pyarrow as pa

def main(job):
    fault = job.task_additional_parameters["fault"]
    if fault == "exits":
        os._exit(0)
    if fault == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "raises":
        raise ValueError("no such column")
    job.ingest("daily_sales.faulty", pa.table({"id": [1, 2]}))
    raise ConnectionResetError("connection lost")
"""
FAULTY_TASK = {
    "path": "tasks/faulty",
    "retries": 1,
    "output_tables": {"daily_sales.faulty": {"ingestion_mode": "append"}},
    "additional_parameters": {"fault.$": "$.fault"},
}
EXITED = "EssentialContainerExited: Essential container in task exited; container faulty: "
FAULTS = {
    "exits": ("TerminalError", f"{EXITED}exit code 0", 1),
    "killed": ("TransientError", f"{EXITED}exit code 137", 2),
    "raises": ("TerminalError", "ValueError: no such column", 1),
    "loses its connection": ("TransientError", "ConnectionResetError: connection lost", 2),
}
"""By fault, the error of the execution, its cause after the name of the task, and the number of attempts."""


def failed_attempts(aws: Emulator, execution: dict[str, Any]) -> int:
    """Counts the attempts of an execution's tasks that failed."""
    history = aws.client("stepfunctions").get_execution_history(executionArn=execution["executionArn"])["events"]
    return sum(event["type"] == "TaskFailed" for event in history)
