"""Executions of queries: their state, statistics, and results in S3 and for GetQueryResults."""

from __future__ import annotations

import csv
import io
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa
from botocore.exceptions import ClientError

from test.emulator.athena_errors import FailedError, StoppedError
from test.emulator.athena_session import Outcome, Session
from test.emulator.athena_statements import Statement
from test.emulator.athena_types import formatter

FINAL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")
_OTHER_CATEGORY, _USER_CATEGORY = 3, 2

_INTERRUPT_SECONDS = 0.05


class Execution:
    """A query, its state and its result.

    Args:
        workgroup: moto's object.
        text: The statement.
        statement: The parsed statement.
        session: The session that it runs in.
        details: Context, configuration and parameters of the call, as GetQueryExecution returns them.
        cutoff: Number of bytes that a query of the workgroup may scan; None for no limit.
    """

    def __init__(
        self,
        workgroup: Any,
        text: str,
        statement: Statement,
        session: Session,
        details: dict[str, Any],
        cutoff: int | None,
    ) -> None:
        self.id = session.query_id
        self.workgroup = workgroup
        self.query = text
        self.status = "QUEUED"
        self.reason: str | None = None
        self.error: dict[str, Any] | None = None
        self.outcome = Outcome()
        self._statement = statement
        self._session = session
        self._details = details
        self._cutoff = cutoff
        self.over = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._submitted = time.time()
        self._started = self._completed = 0.0
        self._manifest: str | None = None
        ending = f".{statement.ending}" if statement.ending else ""
        folder = "tables/" if statement.substatement in ("CREATE_TABLE_AS_SELECT", "INSERT") else ""
        self.output_location = f"{session.output_folder}{folder}{self.id}{ending}"

    def run(self, hold: Callable[[Execution], None]) -> None:
        """Runs the query to completion; `hold` returns when the query may continue."""
        try:
            self._run(hold)
        finally:
            self._ended.set()

    def _run(self, hold: Callable[[Execution], None]) -> None:
        if not self._change_state("RUNNING"):
            return
        self._started = time.time()
        try:
            hold(self)
            self._check_not_cancelled()
            self.outcome = self._statement.run(self._session)
            self._check_not_cancelled()
            self._store()
            self._change_state("SUCCEEDED")
        except StoppedError as error:
            self._change_state("CANCELLED", error.reason)
        except FailedError as error:
            self._fail(error.reason, _USER_CATEGORY, error.error_type)
        except (ClientError, OSError) as error:
            self._fail(f"PERMISSION_DENIED: {error}", _USER_CATEGORY, 1000)
        except Exception as error:
            traceback.print_exc()
            self._fail(f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}", _OTHER_CATEGORY, 200)

    def stop(self) -> None:
        """Cancels the query; a finished query is left unchanged."""
        if self._change_state("CANCELLED", "Query cancelled by user"):
            threading.Thread(target=self._interrupt, daemon=True).start()

    def _interrupt(self) -> None:
        """Interrupts DuckDB repeatedly: it ignores an interrupt between two statements."""
        self._session.interrupt()
        while not self._ended.wait(_INTERRUPT_SECONDS):
            self._session.interrupt()

    @property
    def is_finished(self) -> bool:
        return self.status in FINAL_STATES

    @property
    def has_header(self) -> bool:
        """Whether the first row of the first page contains the column names."""
        return self._statement.substatement == "SELECT"

    def rows(self) -> Iterator[list[str | None]]:
        """Yields the rows of the result as strings."""
        found = self.outcome.rows
        formats = [formatter(column.type) for column in self.outcome.columns]
        for batch in (found if found is not None else pa.table({})).to_batches(10_000):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                yield [show(value) for show, value in zip(formats, row, strict=True)]

    def description(self) -> dict[str, Any]:
        """Returns the execution as GetQueryExecution does."""
        status: dict[str, Any] = {"State": self.status, "SubmissionDateTime": self._submitted}
        if self.reason is not None:
            status["StateChangeReason"] = self.reason
        if self.error is not None:
            status["AthenaError"] = self.error
        if self.is_finished:
            status["CompletionDateTime"] = self._completed
        return {
            "QueryExecutionId": self.id,
            "Query": self.query,
            "StatementType": self._statement.kind,
            "SubstatementType": self._statement.substatement,
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
            "WorkGroup": self.workgroup.name,
            "Status": status,
            "Statistics": self._statistics(),
            **self._details,
            "ResultConfiguration": self._details["ResultConfiguration"] | {"OutputLocation": self.output_location},
        }

    def _statistics(self) -> dict[str, Any]:
        end = self._completed or time.time()
        queued = int(1000 * ((self._started or end) - self._submitted))
        total = int(1000 * (end - self._submitted))
        statistics = {
            "EngineExecutionTimeInMillis": max(total - queued, 0),
            "DataScannedInBytes": self._session.tables.scanned,
            "TotalExecutionTimeInMillis": total,
            "QueryQueueTimeInMillis": queued,
            "ServicePreProcessingTimeInMillis": 0,
            "QueryPlanningTimeInMillis": 0,
            "ServiceProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": False},
        }
        return statistics | ({"DataManifestLocation": self._manifest} if self._manifest else {})

    def _change_state(self, state: str, reason: str | None = None) -> bool:
        """Changes the state unless the query has finished; returns whether it did."""
        with self._lock:
            if self.is_finished:
                return False
            if state in FINAL_STATES:
                self._completed = time.time()
            self.reason = reason
            self.status = state
        if self.is_finished:
            self.over.set()
        return True

    def _fail(self, reason: str, category: int, error_type: int) -> None:
        # An interrupted query fails with various errors; its state is already CANCELLED.
        if not self.is_finished:
            self.error = {
                "ErrorCategory": category,
                "ErrorType": error_type,
                "Retryable": False,
                "ErrorMessage": reason,
            }
            self._change_state("FAILED", reason)

    def _check_not_cancelled(self) -> None:
        if self.is_finished:
            raise StoppedError("Query cancelled by user")
        if self._cutoff is not None and self._session.tables.scanned > self._cutoff:
            raise StoppedError("Query cancelled! : Bytes scanned limit was exceeded")

    def _store(self) -> None:
        """Writes the result, its metadata and the manifest to the output location."""
        if self._statement.ending:
            self._put(self.output_location, self._encoded())
        self._put(f"{self.output_location}.metadata", b"\x0a\x00")
        if self.outcome.files is not None:
            self._manifest = f"{self._session.output_folder}{self.id}-manifest.csv"
            self._put(self._manifest, "".join(f"{file}\n" for file in self.outcome.files).encode())

    def _encoded(self) -> bytes:
        text = io.StringIO()
        if self._statement.ending == "txt":
            csv.writer(text, delimiter="\t", lineterminator="\n").writerows(self.rows())
            return text.getvalue().encode()
        text.write(_line([column.name for column in self.outcome.columns]))
        for row in self.rows():
            text.write(_line(row))
        return text.getvalue().encode()

    def _put(self, location: str, body: bytes) -> None:
        bucket, _, key = location.removeprefix("s3://").partition("/")
        self._session.tables.s3.put_object(Bucket=bucket, Key=key, Body=body)


def _line(values: list[str] | list[str | None]) -> str:
    """Returns a line in Athena's CSV format: every value is quoted, and null is an empty field."""
    return ",".join("" if value is None else '"' + value.replace('"', '""') + '"' for value in values) + "\n"
