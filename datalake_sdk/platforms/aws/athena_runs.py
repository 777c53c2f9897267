"""Runs statements on Athena to completion, stops them if the caller is interrupted, and converts errors."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from datalake_sdk.errors import (
    AthenaQueryError,
    AwsRequestError,
    DatalakeError,
    NoSuchWorkgroupError,
    QueryCancelledError,
    UnknownColumnError,
    UnknownDatabaseError,
    UnknownTableError,
)
from datalake_sdk.platforms.aws.athena_text import parse_error
from datalake_sdk.platforms.aws.denials import access_denied
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.base import DOLLARS_PER_SCANNED_BYTE, QueryStatistics

MINIMUM_BILLED_BYTES = 10_000_000
"""Minimum for a query that reads data: https://aws.amazon.com/athena/pricing/"""
_FIRST_POLL_SECONDS, _MAX_POLL_SECONDS, _POLL_FACTOR = 0.1, 0.5, 1.25
"""Intervals between requests for the state of a query: each is longer than the one before."""
_UNFINISHED = ("QUEUED", "RUNNING")
_POSITION = re.compile(r"line (?P<line>\d+):(?P<column>\d+): ")
_FAILURES: dict[str, tuple[str, Callable[[str], DatalakeError]]] = {
    "COLUMN_NOT_FOUND": (r"Column '([^']+)' cannot be resolved", lambda name: UnknownColumnError(name, [])),
    "SCHEMA_NOT_FOUND": (r"Schema '([^']+)' does not exist", lambda name: UnknownDatabaseError(name, [])),
    "TABLE_NOT_FOUND": (r"Table '[^'.]+\.([^']+)' does not exist", lambda name: UnknownTableError(name, [])),
}
"""Failures with an error class of the SDK: a pattern for the name, and the error."""


@dataclass(frozen=True)
class Wrapped:
    """A statement that contains the user's query.

    Args:
        sql: The statement that Athena runs.
        given: The user's query, for error messages.
        lines_before: Lines of `sql` before `given`.
    """

    sql: str
    given: str
    lines_before: int = 0


@dataclass(frozen=True)
class Run:
    """A statement that succeeded.

    Args:
        query_id: Id of the execution.
        output: Location of its result.
    """

    query_id: str
    output: str


class AthenaRuns:
    """Runs statements in a workgroup.

    Args:
        session: Account and region.
        workgroup: Name of the workgroup; its settings decide where results are written.
        database: Database of unqualified tables.
        catalog: Catalog of the tables; None is Glue's default catalog.

    Attributes:
        ended: Statistics of all statements that ended, including those that failed or were stopped.
    """

    def __init__(
        self, session: AwsSession, workgroup: str, database: str | None = None, catalog: str | None = None
    ) -> None:
        self.ended: list[QueryStatistics] = []
        self._session = session
        self._workgroup = workgroup
        names = {"Catalog": catalog, "Database": database}
        given = {name: value for name, value in names.items() if value}
        self._context = {"QueryExecutionContext": given} if given else {}

    def run(self, statement: Wrapped) -> Run:
        """Runs a statement to completion; stops it if the caller is interrupted.

        Raises:
            DatalakeError: Athena rejects it, or it fails.
        """
        # The query is started in a thread, so that an interrupt cannot lose the id of a started query.
        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(self._start, statement)
            try:
                execution = self._finished(starting.result())
            except BaseException:
                self._stop(starting)
                raise
        self.ended.append(_statistics(execution))
        return _succeeded(execution, statement)

    def columns(self, run: Run) -> list[dict[str, Any]]:
        """Returns names and types of a result's columns, as in GetQueryResults."""
        return list(self.first_page(run)["ResultSetMetadata"]["ColumnInfo"])

    def first_page(self, run: Run) -> dict[str, Any]:
        """Returns the columns and the first two rows of a result, the first of which holds the column names."""
        with aws_errors():
            client = self._session.client("athena")
            return dict(client.get_query_results(QueryExecutionId=run.query_id, MaxResults=2)["ResultSet"])

    def _start(self, statement: Wrapped) -> str:
        client = self._session.client("athena")
        try:
            with aws_errors():
                started = client.start_query_execution(
                    QueryString=statement.sql, WorkGroup=self._workgroup, **self._context
                )
                return str(started["QueryExecutionId"])
        except AwsRequestError as error:
            if "WorkGroup is not found" in error.message:
                raise NoSuchWorkgroupError(self._workgroup, self._session.region) from error
            if position := _POSITION.search(error.message):
                raise _syntax_error(error.message, position, statement) from error
            raise

    def _finished(self, query_id: str) -> dict[str, Any]:
        client = self._session.client("athena")
        wait = _FIRST_POLL_SECONDS
        with aws_errors():
            while True:
                time.sleep(wait)
                execution = dict(client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"])
                if execution["Status"]["State"] not in _UNFINISHED:
                    return execution
                wait = min(wait * _POLL_FACTOR, _MAX_POLL_SECONDS)

    def _stop(self, starting: Future[str]) -> None:
        # The caller gets the error that ended the wait, not an error from stopping the query.
        with suppress(ClientError, BotoCoreError, DatalakeError):
            client, query_id = self._session.client("athena"), starting.result()
            client.stop_query_execution(QueryExecutionId=query_id)
            execution = client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            self.ended.append(_statistics(execution))


def total(statistics: list[QueryStatistics]) -> QueryStatistics:
    """Adds up the statistics of several statements."""
    return QueryStatistics(
        sum(each.seconds for each in statistics),
        sum(each.scanned_bytes for each in statistics),
        sum(each.cost for each in statistics),
    )


def _succeeded(execution: dict[str, Any], statement: Wrapped) -> Run:
    query_id, status = execution["QueryExecutionId"], execution["Status"]
    reason = status.get("StateChangeReason", "")
    if status["State"] == "CANCELLED":
        raise QueryCancelledError(reason, query_id)
    if status["State"] == "FAILED":
        raise _failure(reason, query_id, statement)
    return Run(query_id, execution["ResultConfiguration"]["OutputLocation"])


def _statistics(execution: dict[str, Any]) -> QueryStatistics:
    found = execution.get("Statistics", {})
    scanned = int(found.get("DataScannedInBytes", 0))
    billed = max(scanned, MINIMUM_BILLED_BYTES) if scanned else 0
    return QueryStatistics(
        found.get("TotalExecutionTimeInMillis", 0) / 1000, scanned, billed * DOLLARS_PER_SCANNED_BYTE
    )


def _failure(reason: str, query_id: str, statement: Wrapped) -> DatalakeError:
    denied = access_denied(reason)
    if denied is not None:
        return denied
    kind = reason.partition(":")[0]
    if kind in _FAILURES:
        pattern, error = _FAILURES[kind]
        if named := re.search(pattern, reason):
            return error(named[1])
    return AthenaQueryError(_repositioned(reason, statement), query_id)


def _syntax_error(message: str, position: re.Match[str], statement: Wrapped) -> DatalakeError:
    reason = message[position.end() :].partition(". Expecting:")[0]
    return parse_error(statement.given, _line(position, statement), int(position["column"]), reason)


def _repositioned(reason: str, statement: Wrapped) -> str:
    """Returns a reason with positions in the user's query."""
    return _POSITION.sub(lambda position: f"line {_line(position, statement)}:{position['column']}: ", reason)


def _line(position: re.Match[str], statement: Wrapped) -> int:
    return max(int(position["line"]) - statement.lines_before, 1)
