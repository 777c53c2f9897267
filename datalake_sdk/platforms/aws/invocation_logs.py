"""Logs of invocations on Lambda, which are parts of log streams."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from datalake_sdk.errors import AwsRequestError, DatalakeError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.log_tails import MISSING, NOT_FOUND, last_events, log_link
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.task_logs import CloudWatchLog
from datalake_sdk.platforms.investigation import LogTail
from datalake_sdk.platforms.invocations import run_line

_CLOCK_DIFFERENCE = timedelta(minutes=1)
_LONGEST = timedelta(minutes=15)
_MAX_EVENTS = 10_000
"""https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html"""
_END = "END RequestId: "
"""Lambda writes the line at the end of every invocation.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""


class InvocationLog:
    """The log of one invocation.

    Args:
        session: Account and region.
        group: Name of the log group of the function.
        run: Identifier of the invocation, which the task prints first.
        since: Time at which the invocation was requested.
    """

    def __init__(self, session: AwsSession, group: str, run: str, since: datetime) -> None:
        self._session = session
        self._group = group
        self._first_line = run_line(run)
        self._since = since
        self._log: CloudWatchLog | None = None
        self._has_started = self._has_ended = False

    def __str__(self) -> str:
        return str(self._log or f"log group '{self._group}'")

    def new_lines(self) -> list[str]:
        if self._log is None:
            first = first_event(self._session, self._group, self._first_line, self._since)
            if first is None:
                return []
            self._log = CloudWatchLog(self._session, self._group, [first["logStreamName"]], first["timestamp"])
        return [line for line in self._log.new_lines() if self._is_of_invocation(line)]

    def _is_of_invocation(self, line: str) -> bool:
        if not self._has_started:
            self._has_started = line.rstrip() == self._first_line
            return False
        self._has_ended = self._has_ended or line.startswith(_END)
        return not self._has_ended


def invocation_tail(
    session: AwsSession, group: str, run: str, since: datetime, until: datetime | None, lines: int
) -> LogTail:
    """Reads the end of the log of an invocation. A log that cannot be read is described in the result.

    Args:
        session: Account and region.
        group: Name of the log group of the function.
        run: Identifier of the invocation.
        since: Time at which it was requested.
        until: Time at which it ended; None if it has not.
        lines: Maximum number of lines.
    """
    location = f"log group '{group}'"
    try:
        first = first_event(session, group, run_line(run), since)
        if first is None:
            return LogTail(location, problem=MISSING)
        stream, interval = first["logStreamName"], {"startTime": first["timestamp"]}
        if until is not None:
            interval["endTime"] = _milliseconds(until + _CLOCK_DIFFERENCE)
        events = last_events(session, group, stream, _MAX_EVENTS, **interval)
    except DatalakeError as error:
        return LogTail(location, problem=error.message)
    last = _lines_of(run_line(run), [event["message"].rstrip() for event in events])[-lines:]
    link = log_link(session.region, group, stream)
    return LogTail(f"{location}, stream '{stream}'", tuple(last), link, "" if last else MISSING)


def _lines_of(first_line: str, lines: list[str]) -> list[str]:
    """Returns the lines of an invocation, among others of its stream; its first line may be missing."""
    start = lines.index(first_line) + 1 if first_line in lines else 0
    ends = (position for position, line in enumerate(lines) if position >= start and line.startswith(_END))
    return lines[start : next(ends, len(lines))]


def _milliseconds(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def first_event(session: AwsSession, group: str, first_line: str, since: datetime) -> dict[str, Any] | None:
    """Returns the event of the first line of an invocation, with its stream; None before it arrives.

    Args:
        session: Account and region.
        group: Name of the log group of the function.
        first_line: The line.
        since: Time at which the invocation was requested.
    """
    interval = {
        "startTime": _milliseconds(since - _CLOCK_DIFFERENCE),
        "endTime": _milliseconds(since + _LONGEST + _CLOCK_DIFFERENCE),
    }
    pages = session.client("logs").get_paginator("filter_log_events")
    try:
        with aws_errors():
            for page in pages.paginate(logGroupName=group, **interval, filterPattern=f'"{first_line}"'):
                for event in page["events"]:
                    return dict(event)
    except AwsRequestError as error:
        if error.code != NOT_FOUND:
            raise
    return None
