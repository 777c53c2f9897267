"""Tasks that fail in different ways, and what their executions report."""

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
    if fault == "loses its connection":
        job.ingest("daily_sales.faulty", pa.table({"id": [1, 2]}))
        raise ConnectionResetError("connection lost")
"""
READER = """
import boto3

def main(job):
    if job.task_additional_parameters["fault"] == "is denied":
        boto3.client("s3").download_file("shop-inbox", "bills/2026-01.csv", "bills.csv")
"""
FAULTY_TASK = {
    "path": "tasks/faulty",
    "retries": 1,
    "output_tables": {"daily_sales.faulty": {"ingestion_mode": "append"}},
    "additional_parameters": {"fault.$": "$.fault"},
}
READER_TASK = {
    "path": "tasks/reader",
    "retries": 1,
    "output_tables": {},
    "additional_parameters": {"fault.$": "$.fault"},
}
DECLARED_INPUT = {"input_paths": ["s3://shop-inbox/bills/"]}
EXITED = "faulty: EssentialContainerExited: Essential container in task exited; container faulty: "
DENIED = (
    "reader: AccessDeniedError: access denied: s3:GetObject on 'arn:aws:s3:::shop-inbox/bills/2026-01.csv' for role '"
)
HINT = 'Hint: Add to the task in Terraform: input_paths = ["s3://shop-inbox/bills/"].'
FAULTS = {
    "exits": ("TerminalError", f"{EXITED}exit code 0", 1),
    "killed": ("TransientError", f"{EXITED}exit code 137", 2),
    "raises": ("TerminalError", "faulty: ValueError: no such column", 1),
    "loses its connection": ("TransientError", "faulty: ConnectionResetError: connection lost", 2),
    "is denied": ("TerminalError", DENIED, 1),
}
"""By fault, the error of the execution, the start of its cause, and the number of attempts."""


def failed_attempts(aws: Emulator, execution: dict[str, Any]) -> int:
    """Counts the attempts of an execution's tasks that failed."""
    history = aws.client("stepfunctions").get_execution_history(executionArn=execution["executionArn"])["events"]
    return sum(event["type"] == "TaskFailed" for event in history)
