"""Operations on the AWS platform, run as processes against the emulator, which traces and delays their requests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from datalake_sdk.engine.table_properties import AUTOMATIC_MAINTENANCE
from datalake_sdk.ledger.delivery import flush
from datalake_sdk.operations.ingest import ingest
from datalake_sdk.platforms.select import open_platform
from datalake_sdk.settings import Environment, IngestionMode, IngestionRequest, TableName
from test.emulator import Emulator
from test.emulator.domain import create_domain

ENVIRONMENT = Environment("shop", "sales", "dev")
FILES, APPENDS = 100, 10
TABLES = 300
_APPLICATION = "round-trips"
_ROLE = "arn:aws:iam::123456789012:role/machine"
_ROOT = Path(__file__).parents[1]
_READ = """
from datalake_sdk.native_python_processing_wrapper import NativePythonProcessingWrapper
job = NativePythonProcessingWrapper(project_name="shop", domain_name="sales", stage_name="dev")
assert len(job.read_table("sales.{table}"))
"""
_TASK = """
import pyarrow as pa

def main(job):
    rows = pa.table({"id": [1, 2, 3]})
    return {"sales.TABLE": job.ProcessingResponse(dataframe=rows, job_end_message="loaded")}
"""


@dataclass(frozen=True)
class TracedRun:
    """A process and the requests that it made.

    Args:
        seconds: From the start of the process to its exit.
        requests: Attributes of each `TracedRequest`, in the order of their start.
    """

    seconds: float
    requests: Sequence[Mapping[str, Any]]


class Operations:
    """Prepares and runs operations, each on tables of its own.

    Args:
        aws: The emulator.
        folder: Folder for input files.
        rows: Number of rows of a small batch.
        tables: Number of tables to list.
    """

    def __init__(self, aws: Emulator, folder: Path, rows: int, tables: int = TABLES) -> None:
        self.aws = aws
        self._tables = tables
        self._folder = folder
        self._rows = rows
        self._numbers = count()
        create_domain(aws, ENVIRONMENT, ["sales"])
        self._platform = open_platform(ENVIRONMENT)

    def append_to_new_table(self, delay: float) -> TracedRun:
        """Appends a CSV file to a table that does not exist."""
        return self._ingest(self._name(), "append", self._batch(), delay)

    def append_to_existing_table(self, delay: float) -> TracedRun:
        """Appends a CSV file to a table with one snapshot."""
        table = self._table(self._batch())
        return self._ingest(table, "append", self._batch(), delay)

    def upsert(self, delay: float) -> TracedRun:
        """Upserts a CSV file whose keys are in one of the 100 files of a table."""
        table = self._table_of_many_files()
        batch = self._batch().set_column(0, "id", [[self._rows + number for number in range(self._rows)]])
        batch = batch.set_column(1, "part", pa.array([1] * self._rows))
        return self._ingest(table, "upsert", batch, delay, "--upsert-keys", "id")

    def query(self, delay: float) -> TracedRun:
        """Queries a table on Athena."""
        return self._command(["query", f"SELECT * FROM dev_sales.{self._table(self._batch())}"], delay)

    def read_table(self, delay: float) -> TracedRun:
        """Reads a table of one file in a Python process."""
        return self._traced(["-c", _READ.format(table=self._table(self._batch()))], delay)

    def list_tables(self, delay: float) -> TracedRun:
        """Lists the tables of a database."""
        self._fill_catalog()
        return self._command(["list_tables", "--database-name", "listed", "--json"], delay)

    def task(self, delay: float) -> TracedRun:
        """Runs a task that appends a few rows to a table, and calls back its state machine."""
        name = self._table(self._batch().select(["id"]))
        folder = self._folder / name
        (folder / "code").mkdir(parents=True)
        (folder / "code" / "main.py").write_text(_TASK.replace("TABLE", name))
        execution, token = self._waiting_execution(name)
        variables = {
            "PROJECT_NAME": "shop",
            "DOMAIN_NAME": "sales",
            "STAGE_NAME": "dev",
            "PIPELINE_NAME": "daily",
            "TASK_NAME": "load",
            "OUTPUT_TABLES": json.dumps({f"sales.{name}": {"ingestion_mode": "append"}}),
            "step_function_task_token": token,
            "step_function_execution_arn": execution,
        }
        module = ["-m", "datalake_sdk.native_python_processing_wrapper"]
        return self._traced(module, delay, variables, folder)

    def _name(self) -> str:
        return f"table_{next(self._numbers)}"

    def _batch(self) -> pa.Table:
        ids = pa.array(range(self._rows))
        return pa.table({"id": ids, "part": pc.multiply(ids, 0), "name": pc.cast(ids, pa.string())})

    def _table(self, rows: pa.Table) -> str:
        name = self._name()
        self._append(name, rows)
        return name

    def _append(self, name: str, rows: pa.Table, **more: Any) -> None:
        request = IngestionRequest(TableName("sales", name), IngestionMode.APPEND, **more)
        ingest(self._platform, request, rows)
        flush()

    def _table_of_many_files(self) -> str:
        """Creates a table of 100 files with different ranges of keys, from 10 commits."""
        name, per_append = self._name(), FILES // APPENDS
        for number in range(APPENDS):
            ids = pa.array(range(number * per_append * self._rows, (number + 1) * per_append * self._rows))
            rows = pa.table({"id": ids, "part": pc.divide(ids, self._rows), "name": pc.cast(ids, pa.string())})
            properties = {AUTOMATIC_MAINTENANCE.name: "false"}
            self._append(name, rows, partition_keys=("part",), properties=properties)
        return name

    def _fill_catalog(self) -> None:
        """Creates a database of many tables, whose metadata files are copies."""
        glue, s3 = self.aws.client("glue"), self.aws.client("s3")
        if any(found["Name"] == "dev_listed" for found in glue.get_databases()["DatabaseList"]):
            return
        glue.create_database(DatabaseInput={"Name": "dev_listed"})
        entry = glue.get_table(DatabaseName="dev_sales", Name=self._table(self._batch()))["Table"]
        bucket, _, key = entry["Parameters"]["metadata_location"].removeprefix("s3://").partition("/")
        for number in range(self._tables):
            copied = key.replace("sales/", f"listed/{number}/", 1)
            s3.copy_object(Bucket=bucket, Key=copied, CopySource={"Bucket": bucket, "Key": key})
            parameters = {**entry["Parameters"], "metadata_location": f"s3://{bucket}/{copied}"}
            kept = {name: entry[name] for name in ("TableType", "StorageDescriptor")}
            glue.create_table(
                DatabaseName="dev_listed", TableInput={"Name": f"table_{number}", "Parameters": parameters, **kept}
            )

    def _waiting_execution(self, name: str) -> tuple[str, str]:
        """Starts an execution that waits for a callback; returns its ARN and the token."""
        sqs, states = self.aws.client("sqs"), self.aws.client("stepfunctions")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}},
            "End": True,
        }
        definition = json.dumps({"StartAt": "Wait", "States": {"Wait": state}})
        machine = states.create_state_machine(name=name, definition=definition, roleArn=_role(self.aws))
        execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
        (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
        return execution, json.loads(message["Body"])["token"]

    def _ingest(self, table: str, mode: str, rows: pa.Table, delay: float, *more: str) -> TracedRun:
        path = self._folder / f"{table}.csv"
        csv.write_csv(rows, path)
        named = ["--database-name", "sales", "--table-name", table]
        return self._command(["ingest", *named, "--input-file-path", str(path), "--ingestion-mode", mode, *more], delay)

    def _command(self, arguments: Sequence[str], delay: float) -> TracedRun:
        names = ["-p", "shop", "-d", "sales", "-s", "dev"]
        return self._traced(["-m", "datalake_sdk.cli", *names, *arguments], delay)

    def _traced(
        self, python: Sequence[str], delay: float, variables: Mapping[str, str] | None = None, folder: Path = _ROOT
    ) -> TracedRun:
        flush()
        self.aws.trace_requests(_APPLICATION, delay)
        own = {"AWS_SDK_UA_APP_ID": _APPLICATION, "PYTHONPATH": str(_ROOT)}
        environment = {**os.environ, **self.aws.environment, **own, **(variables or {})}
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *python], env=environment, cwd=folder, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - start
        if done.returncode:
            sys.exit(f"{' '.join(python)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return TracedRun(seconds, self.aws.traced_requests())


OPERATIONS: Mapping[str, Callable[[Operations, float], TracedRun]] = {
    "append, new table": Operations.append_to_new_table,
    "append": Operations.append_to_existing_table,
    "upsert, 1 of 100 files": Operations.upsert,
    "query on Athena": Operations.query,
    "read of a table": Operations.read_table,
    "list_tables, 300 tables": Operations.list_tables,
    "ingestion in a task": Operations.task,
}


@contextmanager
def operations(folder: Path, rows: int) -> Iterator[Operations]:
    """Starts an emulator with an empty domain, which this process uses too until it exits."""
    with Emulator() as aws:
        os.environ.update(aws.environment)
        yield Operations(aws, folder, rows)


def _role(aws: Emulator) -> str:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "states.amazonaws.com"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    iam = aws.client("iam")
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="machine", AssumeRolePolicyDocument=document)
    return _ROLE
