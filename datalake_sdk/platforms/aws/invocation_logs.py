"""Logs of invocations on Lambda, which are parts of log streams."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Any

from datalake_sdk.errors import AwsRequestError, DatalakeError
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.log_tails import MISSING, NOT_FOUND, log_link
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.aws.task_logs import CloudWatchLog
from datalake_sdk.platforms.investigation import LogTail
from datalake_sdk.platforms.invocations import run_line

_CLOCK_DIFFERENCE = timedelta(minutes=1)
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
        self._stream = ""
        self._has_started = self._has_ended = False

    def __str__(self) -> str:
        return str(self._log or f"log group '{self._group}'")

    @property
    def link(self) -> str:
        """Page of its stream in the console; empty before its first line arrives."""
        return log_link(self._session.region, self._group, self._stream) if self._stream else ""

    def new_lines(self) -> list[str]:
        if self._log is None:
            first = first_event(self._session, self._group, self._first_line, self._since)
            if first is None:
                return []
            self._stream = first["logStreamName"]
            self._log = CloudWatchLog(self._session, self._group, [self._stream], first["timestamp"])
        return [line for line in self._log.new_lines() if self._is_of_invocation(line)]

    def _is_of_invocation(self, line: str) -> bool:
        if not self._has_started:
            self._has_started = line.rstrip() == self._first_line
            return False
        self._has_ended = self._has_ended or line.startswith(_END)
        return not self._has_ended


def invocation_tail(session: AwsSession, group: str, run: str, since: datetime, lines: int) -> LogTail:
    """Reads the end of the log of an invocation. A log that cannot be read is described in the result.

    Args:
        session: Account and region.
        group: Name of the log group of the function.
        run: Identifier of the invocation.
        since: Time at which it was requested.
        lines: Maximum number of lines.
    """
    log, last = InvocationLog(session, group, run, since), deque[str](maxlen=lines)
    try:
        while new := log.new_lines():
            last.extend(line.rstrip() for line in new)
    except DatalakeError as error:
        return LogTail(str(log), problem=error.message)
    return LogTail(str(log), tuple(last), log.link, "" if last else MISSING)


def first_event(session: AwsSession, group: str, first_line: str, since: datetime) -> dict[str, Any] | None:
    """Returns the event of the first line of an invocation, with its stream; None before it arrives.

    Args:
        session: Account and region.
        group: Name of the log group of the function.
        first_line: The line.
        since: Time at which the invocation was requested.
    """
    start = int((since - _CLOCK_DIFFERENCE).timestamp() * 1000)
    pages = session.client("logs").get_paginator("filter_log_events")
    try:
        with aws_errors():
            for page in pages.paginate(logGroupName=group, startTime=start, filterPattern=f'"{first_line}"'):
                for event in page["events"]:
                    return dict(event)
    except AwsRequestError as error:
        if error.code != NOT_FOUND:
            raise
    return None
