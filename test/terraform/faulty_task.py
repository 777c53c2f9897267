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
LISTED = """
import pyarrow as pa

def main(job):
    table = job.task_additional_parameters["table_name"]
    if table == "sales.customers":
        raise ValueError("no customers")
    return {"daily_sales.listed": job.ProcessingResponse(dataframe=pa.table({"name": [table]}))}
"""
HANDLER = """
import pyarrow as pa

def main(job):
    caught = job.task_additional_parameters
    job.ingest("daily_sales.caught", pa.table({name: [value] for name, value in caught.items()}))
    raise ValueError("caught " + caught["caught_cause"].splitlines()[0])
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
LISTED_TASK = {
    "path": "tasks/listed",
    "infra_type": "Lambda",
    "when": "$input.fault = 'is listed'",
    "for_each": {"tables": "sales"},
    "catch": "handler",
    "output_tables": {"daily_sales.listed": {"ingestion_mode": "append"}},
}
HANDLER_TASK = {
    "path": "tasks/handler",
    "output_tables": {"daily_sales.caught": {"ingestion_mode": "append"}},
}
ADDITIONAL_TASKS = {
    "faulty": (FAULTY, FAULTY_TASK),
    "reader": (READER, READER_TASK),
    "listed": (LISTED, LISTED_TASK),
    "handler": (HANDLER, HANDLER_TASK),
}
"""Code and attributes of the tasks."""
DECLARED_INPUT = {"input_paths": ["s3://shop-inbox/bills/"]}
EXITED = "faulty: EssentialContainerExited: Essential container in task exited; container faulty: "
DENIED = (
    "reader: AccessDeniedError: access denied: s3:GetObject on 'arn:aws:s3:::shop-inbox/bills/2026-01.csv' for role '"
)
LISTED_CAUSE = "listed (table_name=sales.customers): ValueError: no customers"
HINT = 'Hint: Add to the task in Terraform: input_paths = ["s3://shop-inbox/bills/"].'
FAULTS = {
    "exits": ("TerminalError", f"{EXITED}exit code 0", 1),
    "killed": ("TransientError", f"{EXITED}exit code 137", 2),
    "raises": ("TerminalError", "faulty: ValueError: no such column", 1),
    "loses its connection": ("TransientError", "faulty: ConnectionResetError: connection lost", 2),
    "is denied": ("TerminalError", DENIED, 1),
    "is listed": ("TerminalError", f"handler: ValueError: caught {LISTED_CAUSE}", 2),
}
"""By fault, the error of the execution, the start of its cause, and the number of attempts."""


def failed_attempts(aws: Emulator, execution: dict[str, Any]) -> int:
    """Counts the attempts of an execution's tasks that failed."""
    history = aws.client("stepfunctions").get_execution_history(executionArn=execution["executionArn"])["events"]
    return sum(event["type"] == "TaskFailed" for event in history)
