"""What a running task writes to CloudWatch Logs, line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datalake_sdk.errors import AwsRequestError, listed
from datalake_sdk.platforms.aws.failures import aws_errors
from datalake_sdk.platforms.aws.session import AwsSession

_NOT_YET = "ResourceNotFoundException"
"""A stream is made by its first line, and may have its group made with it."""


class TaskLog:
    """The log streams of one task.

    Args:
        session: Account.
        region: Where the log group is; None is the session's.
        group: Its name.
        streams: Their names.
    """

    def __init__(self, session: AwsSession, region: str | None, group: str, streams: Sequence[str]) -> None:
        self._session = session if region in (None, session.region) else AwsSession(region)
        self._group = group
        self._tokens: dict[str, str | None] = dict.fromkeys(streams)

    def __str__(self) -> str:
        return f"log group '{self._group}', stream {listed(self._tokens)}"

    def new_lines(self) -> list[str]:
        """Lines that came since the last call, those of one stream in order; none before a stream is there."""
        return [line for stream in self._tokens for line in self._lines(stream)]

    def _lines(self, stream: str) -> list[str]:
        lines: list[str] = []
        while True:
            given = self._tokens[stream]
            page = self._page(stream, given)
            lines += [event["message"] for event in page["events"]]
            self._tokens[stream] = page["nextForwardToken"]
            # A page may be empty and have a successor; after the last one comes the token that was given.
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
            if page["nextForwardToken"] == given:
                return lines

    def _page(self, stream: str, token: str | None) -> dict[str, Any]:
        more = {"nextToken": token} if token else {}
        try:
            with aws_errors():
                return dict(
                    self._session.client("logs").get_log_events(
                        logGroupName=self._group, logStreamName=stream, startFromHead=True, **more
                    )
                )
        except AwsRequestError as error:
            if error.code == _NOT_YET:
                return {"events": [], "nextForwardToken": token}
            raise
