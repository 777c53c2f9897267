"""One statement on Athena, from start to end: waited for, stopped when the caller goes, its failure in our words."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import awswrangler as wr
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
from datalake_sdk.platforms.base import QueryStatistics

DOLLARS_PER_BYTE = 5 / 1e12
"""Price in most regions: https://aws.amazon.com/athena/pricing/"""
LEAST_BILLED_BYTES = 10_000_000
"""Of a query that reads anything: https://aws.amazon.com/athena/pricing/"""
_POLL_INTERVAL_SECONDS = 0.25
_PLACE = re.compile(r"line (?P<line>\d+):(?P<column>\d+): ")
_FAILURES: dict[str, tuple[str, Callable[[str], DatalakeError]]] = {
    "COLUMN_NOT_FOUND": (r"Column '([^']+)' cannot be resolved", lambda name: UnknownColumnError(name, [])),
    "SCHEMA_NOT_FOUND": (r"Schema '([^']+)' does not exist", lambda name: UnknownDatabaseError(name, [])),
    "TABLE_NOT_FOUND": (r"Table 'awsdatacatalog\.([^']+)' does not exist", lambda name: UnknownTableError(name, [])),
}
"""Failures that have a class of their own: what names the thing, and the error."""


@dataclass(frozen=True)
class Wrapped:
    """A statement that holds the user's.

    Args:
        sql: What Athena runs.
        given: What the user wrote, for messages.
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
        statistics: What it took.
    """

    query_id: str
    output: str
    statistics: QueryStatistics


class AthenaRuns:
    """Runs statements in a workgroup.

    Args:
        session: Account and region.
        workgroup: Name of the workgroup; its settings decide where results are written.
        database: Database of tables that are named without one.
    """

    def __init__(self, session: AwsSession, workgroup: str, database: str | None = None) -> None:
        self._session = session
        self._workgroup = workgroup
        self._context = {"QueryExecutionContext": {"Database": database}} if database else {}

    def run(self, statement: Wrapped) -> Run:
        """Runs a statement to its end. However the caller is interrupted meanwhile, the query is stopped.

        Raises:
            DatalakeError: It is refused or fails.
        """
        # In a thread of its own: an interrupt must not lose the id of a query that has been started.
        with ThreadPoolExecutor(1) as pool:
            starting = pool.submit(self._start, statement)
            try:
                return self._finished(starting.result())
            except wr.exceptions.QueryFailed as error:
                raise _failure(str(error), starting.result(), statement) from error
            except wr.exceptions.QueryCancelled as error:
                raise QueryCancelledError(str(error), starting.result()) from error
            except BaseException:
                self._stop(starting)
                raise

    def columns(self, run: Run) -> list[dict[str, Any]]:
        """Names and types of a result's columns, as GetQueryResults gives them."""
        return list(self.first_page(run)["ResultSetMetadata"]["ColumnInfo"])

    def first_page(self, run: Run) -> dict[str, Any]:
        """Columns and the first two rows of a result, of which the first names the columns."""
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
            if place := _PLACE.search(error.message):
                raise _syntax_error(error.message, place, statement) from error
            raise

    def _finished(self, query_id: str) -> Run:
        with aws_errors():
            found = wr.athena.wait_query(
                query_id, self._session.boto3_session, athena_query_wait_polling_delay=_POLL_INTERVAL_SECONDS
            )
        return Run(query_id, found["ResultConfiguration"]["OutputLocation"], _statistics(found["Statistics"]))

    def _stop(self, starting: Future[str]) -> None:
        # Whatever ends the wait is what the caller hears of, not a query that cannot be stopped.
        with suppress(ClientError, BotoCoreError, DatalakeError):
            wr.athena.stop_query_execution(starting.result(), self._session.boto3_session)


def total(statistics: list[QueryStatistics]) -> QueryStatistics:
    """Statistics of several statements as of one."""
    return QueryStatistics(
        sum(each.seconds for each in statistics),
        sum(each.scanned_bytes for each in statistics),
        sum(each.cost for each in statistics),
    )


def _statistics(found: dict[str, Any]) -> QueryStatistics:
    scanned = int(found.get("DataScannedInBytes", 0))
    billed = max(scanned, LEAST_BILLED_BYTES) if scanned else 0
    return QueryStatistics(found.get("TotalExecutionTimeInMillis", 0) / 1000, scanned, billed * DOLLARS_PER_BYTE)


def _failure(reason: str, query_id: str, statement: Wrapped) -> DatalakeError:
    denied = access_denied(reason)
    if denied is not None:
        return denied
    kind = reason.partition(":")[0]
    if kind in _FAILURES:
        pattern, error = _FAILURES[kind]
        if named := re.search(pattern, reason):
            return error(named[1])
    return AthenaQueryError(_moved(reason, statement), query_id)


def _syntax_error(message: str, place: re.Match[str], statement: Wrapped) -> DatalakeError:
    reason = message[place.end() :].partition(". Expecting:")[0]
    return parse_error(statement.given, _line(place, statement), int(place["column"]), reason)


def _moved(reason: str, statement: Wrapped) -> str:
    """A reason whose places are those of the user's statement."""
    return _PLACE.sub(lambda place: f"line {_line(place, statement)}:{place['column']}: ", reason)


def _line(place: re.Match[str], statement: Wrapped) -> int:
    return max(int(place["line"]) - statement.lines_before, 1)
