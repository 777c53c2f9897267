"""The end of a task's log in CloudWatch Logs. Only the end is requested, regardless of the size of the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from datalake_sdk.errors import AwsRequestError, DatalakeError, listed
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession
from datalake_sdk.platforms.investigation import LogTail

_MAX_EMPTY_PAGES = 5
"""A page may be empty although the stream has events.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html"""
NOT_FOUND = "ResourceNotFoundException"
"""Error code for a group or stream that does not exist."""
MISSING = "it does not exist: the task has written nothing, or the log has expired or was deleted"
"""Reason why a log has no lines."""


def log_tail(session: AwsSession, group: str, streams: Sequence[str], lines: int) -> LogTail:
    """Reads the end of a log. A log that cannot be read is described in the result.

    Args:
        session: Account and region.
        group: Name of the log group.
        streams: Names of its streams that contain the log.
        lines: Maximum number of lines.
    """
    location = f"log group '{group}', stream {listed(streams)}"
    link = log_link(session.region, group, streams[0])
    try:
        events = [event for stream in streams for event in last_events(session, group, stream, lines)]
    except DatalakeError as error:
        return LogTail(location, link=link, problem=error.message)
    events.sort(key=lambda event: event["timestamp"])
    last = tuple(event["message"].rstrip() for event in events[-lines:])
    return LogTail(location, last, link, "" if last else MISSING)


def log_link(region: str, group: str, stream: str) -> str:
    """Returns the page of a log stream in the console, which encodes names twice, with `$` instead of `%`."""
    encoded = [quote(quote(name, safe=""), safe="").replace("%", "$") for name in (group, stream)]
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
    return f"{console}#logsV2:log-groups/log-group/{encoded[0]}/log-events/{encoded[1]}"


def last_events(session: AwsSession, group: str, stream: str, limit: int, **interval: int) -> list[dict[str, Any]]:
    """Returns the last events of a log stream, the oldest first; none if it does not exist.

    Args:
        session: Account and region.
        group: Name of the log group.
        stream: Name of the stream.
        limit: Maximum number of events; at most 1 MB is returned.
        interval: `startTime` and `endTime` in milliseconds since 1970.
    """
    logs = session.client("logs")
    token: dict[str, str] = {}
    for _ in range(_MAX_EMPTY_PAGES):
        try:
            with aws_errors():
                page = logs.get_log_events(
                    logGroupName=group, logStreamName=stream, startFromHead=False, limit=limit, **interval, **token
                )
        except AwsRequestError as error:
            if error.code == NOT_FOUND:
                return []
            raise
        if page["events"]:
            return list(page["events"])
        token = {"nextToken": page["nextBackwardToken"]}
    return []
